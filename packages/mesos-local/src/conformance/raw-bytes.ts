// Replays the recording raw-bytes over plain TCP: every byte of the answers counts, chunk headers and pipelining included.
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import * as z from "zod";
import { Correspondence, maskText } from "./masking.ts";
import type { ExchangeResult } from "./replay.ts";

const piece = z.object({ text: z.string() });
const recordingSchema = z.object({
  connections: z.array(z.object({ label: z.string(), sent: z.array(piece), received: z.array(piece) })),
});

/** Plays every connection; the first one is the subscription, which lasts until the last one tears it down. */
export async function replayRawBytes(directory: string, port: number): Promise<readonly ExchangeResult[]> {
  const { connections } = recordingSchema.parse(JSON.parse(readFileSync(`${directory}/raw-bytes.json`, "utf8")));
  const ids = new Correspondence();
  const results: ExchangeResult[] = [];
  const open: { label: string; connection: RawConnection; recorded: string }[] = [];
  for (const { label, sent, received } of connections) {
    const connection = new RawConnection(port);
    const recorded = received.map(({ text }) => text).join("");
    for (const { text } of sent) connection.send(ids.translate(text));
    // The subscription goes on; its ids are needed by the others as soon as its first offers are there.
    const enough = (text: string) =>
      label === "SUBSCRIBE" ? /"OFFERS".*\r\n$/s.test(text) : text.length >= recorded.length;
    await connection.until(enough);
    if (label === "SUBSCRIBE") {
      const upTo = recorded.slice(
        0,
        recorded.indexOf('\r\n17\r\n20\n{"type":"HEARTBEAT"}\r\n', recorded.indexOf("OFFERS")),
      );
      ids.difference(maskBytes(`${upTo}\r\n`), maskBytes(connection.text));
      open.push({ label, connection, recorded });
      continue;
    }
    const difference = ids.difference(maskBytes(recorded), maskBytes(connection.text));
    results.push({
      file: "raw-bytes",
      seq: results.length + 2,
      label,
      differences: difference === undefined ? [] : [difference],
    });
    connection.close();
  }
  for (const { label, connection, recorded } of open) {
    await connection.until((text) => text.endsWith("0\r\n\r\n"));
    const difference = ids.difference(maskBytes(recorded), maskBytes(connection.text));
    results.unshift({ file: "raw-bytes", seq: 1, label, differences: difference === undefined ? [] : [difference] });
    connection.close();
  }
  return results;
}

/** Dates are masked, lengths of records that hold a port are compared with the bytes themselves, heartbeats are a matter
 * of pace. */
function maskBytes(text: string) {
  const plain = text
    .replace(/Date: [^\r]+/g, "Date: DATE")
    .replaceAll('17\r\n20\n{"type":"HEARTBEAT"}\r\n', "")
    .replace(/(^|\r\n)([0-9a-f]+)\r\n(\d+)\n(\{[^\r]*\})(?=\r\n)/g, (_, start, chunk, record, body) => {
      const right =
        Buffer.byteLength(body) === Number(record) && record.length + 1 + Number(record) === Number.parseInt(chunk, 16);
      return `${start}${right ? "CHUNK" : `${chunk}/${record}`}\r\n${body}`;
    });
  return maskText(plain);
}

class RawConnection {
  readonly #socket;
  #notify = () => {};
  text = "";

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.setEncoding("utf8");
    this.#socket.on("data", (chunk: string) => {
      this.text += chunk;
      this.#notify();
    });
    this.#socket.on("error", () => {});
  }

  send(text: string): void {
    this.#socket.write(text);
  }

  /** Resolves when the received text is enough, or after 3 s. */
  async until(enough: (text: string) => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, 3_000);
      this.#notify = () => {
        if (!enough(this.text)) return;
        clearTimeout(timer);
        resolve();
      };
      this.#notify();
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}
