// The event stream of one executor: RecordIO on a chunked answer, one record per chunk. Header order as recorded.
import type { ServerResponse } from "node:http";
import { encodeRecord, type KnownExecutorEvent } from "@cke/mesos";
import { type MediaType, writeBody } from "../../wire/index.ts";

/** A reader that is that far behind is cut off. */
const maxUnreadBytes = 256 * 1024 * 1024;

export class ExecutorStream {
  readonly #response: ServerResponse;
  readonly #form: MediaType;

  /** `form` is what the executor takes. */
  constructor(response: ServerResponse, form: MediaType) {
    this.#response = response;
    this.#form = form;
  }

  /** Sends the headers. */
  open(now: number): void {
    this.#response.removeHeader("connection");
    const date = new Date(now).toUTCString();
    const headers = ["Date", date, "Transfer-Encoding", "chunked", "Content-Type", this.#form];
    this.#response.writeHead(200, "OK", headers);
    this.#response.flushHeaders();
  }

  send(event: KnownExecutorEvent): void {
    if (this.closed) return;
    this.#response.write(encodeRecord(writeBody("executor.Event", this.#form, event)));
    if (this.#response.writableLength > maxUnreadBytes) this.#response.destroy();
  }

  /** Ends the answer cleanly. */
  close(): void {
    this.#response.end();
  }

  get closed(): boolean {
    return this.#response.writableEnded || this.#response.destroyed;
  }

  /** Calls back once when the executor or this side has closed the connection. */
  onClose(callback: () => void): void {
    this.#response.once("close", callback);
  }
}
