// Requests to the etcd of a cluster's masters, through the scheduler's connections to masters.
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { CkeError } from "@cke/foundation";
import type { MasterConnections } from "../access/master-connections.ts";
import type { EtcdTransport, GatewayAnswer } from "./etcd-gateway.ts";

/** A call of etcd takes as long as an election of its own leader at most. */
const timeoutMs = 10_000;
const maxAnswerBytes = 256 * 1024;

/** `signal`: ends every call. */
export function etcdTransport(
  masters: Pick<MasterConnections, "request">,
  cluster: string,
  signal?: AbortSignal,
): EtcdTransport {
  return {
    post: async (master, path, body) => {
      const late = AbortSignal.timeout(timeoutMs);
      const ends = signal === undefined ? late : AbortSignal.any([signal, late]);
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      const request = masters.request(
        { cluster, service: "etcd", identity: "cke", master },
        { method: "POST", path, headers, signal: ends },
      );
      try {
        const answered = once(request, "response");
        // It stays, because an answer may break off.
        request.on("error", () => {});
        request.end(body);
        const [response] = await answered;
        return await read(response);
      } catch (error) {
        request.destroy();
        if (!late.aborted || signal?.aborted === true) throw error;
        const words = `the etcd of "${master}" gives no answer within ${timeoutMs / 1_000} s`;
        throw new CkeError("etcd_silent", words, { status: 504, retryable: true, cause: error });
      }
    },
  };
}

async function read(response: IncomingMessage): Promise<GatewayAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.iterator()) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxAnswerBytes)
      throw new CkeError("etcd_answer", `an answer of etcd is longer than ${maxAnswerBytes} bytes`);
  }
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") };
}
