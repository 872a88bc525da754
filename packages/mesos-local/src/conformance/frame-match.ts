// Matches the records of a stream with the recorded ones. Events about different things may come in another order (Mesos
// promises none between them); events about one task, executor or offer must come in the recorded order.
import { type Correspondence, maskText } from "./masking.ts";

/** What an event is about: events with the same key keep their order. */
export function keyOf(text: string): string {
  const event: unknown = JSON.parse(text);
  const path = (...names: string[]): unknown =>
    names.reduce<unknown>(
      (value, name) => (typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined),
      event,
    );
  const type = String(path("type"));
  const part = type.toLowerCase();
  const id =
    path(part, "status", "task_id", "value") ??
    path(part, "status", "operation_id", "value") ??
    path(part, "task", "task_id", "value") ??
    path(part, "task_id", "value") ??
    path(part, "executor_id", "value") ??
    "";
  const master = path(part, "status", "uuid") === undefined ? "master" : "";
  return `${type}:${id}:${type === "UPDATE" ? master : ""}`;
}

const heartbeat = '{"type":"HEARTBEAT"}';

export class FrameMatcher {
  readonly #correspondence: Correspondence;
  readonly #waiting: { readonly text: string; readonly atMs: number; readonly key: string }[];
  readonly unexpected: string[] = [];

  constructor(correspondence: Correspondence, recorded: readonly { readonly text: string; readonly atMs: number }[]) {
    this.#correspondence = correspondence;
    this.#waiting = recorded.map((frame) => ({ ...frame, key: keyOf(frame.text) }));
  }

  /** Takes a record; answers the recorded time of the one it matches. */
  receive(text: string): number | undefined {
    const key = keyOf(text);
    const index = this.#waiting.findIndex((frame) => frame.key === key);
    const expected = this.#waiting[index];
    const difference =
      expected === undefined
        ? "nothing like it was recorded"
        : this.#correspondence.difference(maskText(expected.text), maskText(text));
    if (difference === undefined && expected !== undefined) {
      this.#waiting.splice(index, 1);
      return expected.atMs;
    }
    // How many heartbeats fit is a matter of pace; what they look like is compared.
    if (text !== heartbeat) this.unexpected.push(`${text.slice(0, 200)}… ${difference}`);
    return undefined;
  }

  /** Recorded records that have not come; with a time: those that were recorded before it. */
  missing(beforeMs = Number.POSITIVE_INFINITY): readonly string[] {
    return this.#waiting.filter(({ atMs, text }) => atMs < beforeMs && text !== heartbeat).map(({ text }) => text);
  }
}
