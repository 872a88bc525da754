// Sends a request exactly as recorded and keeps the answer exactly as received: header order, body text, records.
import { request as httpRequest } from "node:http";
import { gunzipSync } from "node:zlib";
import { RecordIoDecoder } from "@cke/mesos";

interface RawRequest {
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  /** Called for every record of a streaming answer. */
  readonly onRecord: (text: string) => void;
}

export interface RawAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly (readonly [string, string])[];
  /** Whole body; for a streaming answer only known at its end, and then empty. */
  readonly body: Promise<string>;
  /** How many bytes the body had on the wire; 0 for a streaming answer. */
  bytes(): number;
  abort(): void;
}

function plain(body: Buffer, headers: RawAnswer["headers"]): string {
  const gzip = headers.some(([name, value]) => name === "Content-Encoding" && value === "gzip");
  return (gzip ? gunzipSync(body) : body).toString("utf8");
}

/** Resolves with the head of the answer. */
export function sendRaw(raw: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      host: "127.0.0.1",
      port: raw.port,
      method: raw.method,
      path: raw.path,
      headers: raw.headers.flat(),
      setDefaultHeaders: false,
      agent: false,
    });
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      const headers: [string, string][] = [];
      for (let index = 0; index < response.rawHeaders.length; index += 2) {
        headers.push([response.rawHeaders[index] ?? "", response.rawHeaders[index + 1] ?? ""]);
      }
      const streaming = headers.some(([name, value]) => name === "Transfer-Encoding" && value === "chunked");
      const decoder = new RecordIoDecoder();
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => {
        if (!streaming) chunks.push(chunk);
        else for (const record of decoder.push(chunk)) raw.onRecord(Buffer.from(record).toString("utf8"));
      });
      const body = new Promise<string>((done) =>
        response.on("close", () => done(plain(Buffer.concat(chunks), headers))),
      );
      response.on("error", () => {});
      resolve({
        status: response.statusCode ?? 0,
        reason: response.statusMessage ?? "",
        headers,
        body,
        bytes: () => chunks.reduce((sum, { length }) => sum + length, 0),
        abort: () => outgoing.destroy(),
      });
    });
    outgoing.end(raw.body);
  });
}
