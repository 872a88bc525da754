// A client that speaks protobuf only, as mesos-go's and the Java ones do, over a socket.
import { RecordIoDecoder } from "@cke/mesos";
import { expect } from "vitest";
import { decodeBinary, encodeBinary, isObject, type JsonObject, protobuf } from "../wire/index.ts";

/** Protobuf both ways. */
export const protobufHeaders = (more: object = {}) => ({ "content-type": protobuf, accept: protobuf, ...more });

/** A client of one of the v1 APIs that speaks protobuf only. */
export class ProtobufClient {
  readonly #url: string;
  readonly #callType: string;
  readonly #eventType: string;
  readonly #stop = new AbortController();
  readonly #events: JsonObject[] = [];
  #wake = () => {};
  #streamId: string | null = null;

  constructor(url: string, api: "scheduler" | "executor" | "master") {
    this.#url = url;
    this.#callType = `${api}.Call`;
    this.#eventType = `${api}.Event`;
  }

  async post(call: JsonObject): Promise<Response> {
    const id = this.#streamId === null ? {} : { "mesos-stream-id": this.#streamId };
    return await fetch(this.#url, {
      method: "POST",
      headers: protobufHeaders(id),
      body: Buffer.from(encodeBinary(this.#callType, call)),
      signal: this.#stop.signal,
    });
  }

  async subscribe(call: JsonObject): Promise<void> {
    const response = await this.post(call);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, protobuf]);
    this.#streamId = response.headers.get("mesos-stream-id");
    void this.#read(response).catch(() => {});
  }

  async #read(response: Response): Promise<void> {
    const decoder = new RecordIoDecoder();
    for await (const chunk of response.body ?? []) {
      for (const record of decoder.push(chunk)) this.#events.push(decodeBinary(this.#eventType, record));
      this.#wake();
    }
  }

  /** The next event of a type; those before it are dropped. Rejects in the end, with the types of these. */
  async next(type: string): Promise<JsonObject> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    late.catch(() => {});
    const dropped: string[] = [];
    const timer = setTimeout(() => reject(new Error(`no ${type} has come, but ${dropped.join(", ")}`)), 240_000);
    try {
      return await this.#next(type, dropped, late);
    } finally {
      clearTimeout(timer);
    }
  }

  async #next(type: string, dropped: string[], late: Promise<never>): Promise<JsonObject> {
    for (;;) {
      const event = this.#events.shift();
      if (event?.type === type) return event;
      if (event !== undefined) {
        dropped.push(String(event.type));
        continue;
      }
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await Promise.race([woken, late]);
    }
  }

  close(): void {
    this.#stop.abort();
  }
}

/** A field deep inside a message. */
export function at(message: JsonObject, ...path: readonly string[]): JsonObject {
  const [name = "", ...rest] = path;
  const value = message[name];
  const inner = Array.isArray(value) ? value[0] : value;
  if (!isObject(inner)) throw new Error(`there is no ${name} in ${Object.keys(message).join(", ")}`);
  return rest.length === 0 ? inner : at(inner, ...rest);
}
