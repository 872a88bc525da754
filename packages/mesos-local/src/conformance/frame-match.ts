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

export class FrameMatcher {
  readonly #correspondence: Correspondence;
  readonly #waiting: { readonly text: string; readonly atMs: number; readonly key: string }[];
  readonly unexpected: string[] = [];

  constructor(correspondence: Correspondence, recorded: readonly { readonly text: string; readonly atMs: number }[]) {
    this.#correspondence = correspondence;
    this.#waiting = recorded.map((frame) => ({ ...frame, key: keyOf(frame.text) }));
  }

  receive(text: string): void {
    const key = keyOf(text);
    const index = this.#waiting.findIndex((frame) => frame.key === key);
    const expected = this.#waiting[index];
    if (expected !== undefined && this.#correspondence.agree(maskText(expected.text), maskText(text))) {
      this.#waiting.splice(index, 1);
    } else {
      this.unexpected.push(text);
    }
  }

  /** Recorded records that have not come; with a time: those that were recorded before it. */
  missing(beforeMs = Number.POSITIVE_INFINITY): readonly string[] {
    return this.#waiting.filter(({ atMs }) => atMs < beforeMs).map(({ text }) => text);
  }
}
