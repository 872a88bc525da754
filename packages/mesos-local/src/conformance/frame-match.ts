// Matches the records of a stream with the recorded ones. Events about different things may come in another order (Mesos
// promises none between them); events about one task, executor or offer must come in the recorded order.
import { bodyDifference } from "./comparable.ts";
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

export const heartbeat = '{"type":"HEARTBEAT"}';

export const isOffers = (text: string) => text.startsWith('{"type":"OFFERS"');

/** An OFFERS event without its amounts and executors: how far tasks were when the allocator ran is a matter of pace. */
const withoutAmounts = (text: string) =>
  text
    .replace(/"executor_ids":\[[^\]]*\],/g, "")
    .replace(/(?<="(scalar|ranges)":)(\{"value":[\d.]+\}|\{"range":\[[^\]]*\]\})/g, "AMOUNT");

const cpusOf = (text: string) =>
  Number(/"name":"cpus","type":"SCALAR","scalar":\{"value":([\d.]+)/.exec(text)?.[1] ?? 0);

interface Expected {
  readonly text: string;
  readonly atMs: number;
  readonly key: string;
}

export class FrameMatcher {
  readonly #correspondence: Correspondence;
  readonly #exactOffers: boolean;
  #waiting: readonly Expected[];
  readonly unexpected: string[] = [];

  /** Without `exactOffers` the amounts in offers, and how many offers come, are left to the pace of real processes. */
  constructor(
    correspondence: Correspondence,
    recorded: readonly { readonly text: string; readonly atMs: number }[],
    exactOffers: boolean,
  ) {
    this.#correspondence = correspondence;
    this.#exactOffers = exactOffers;
    this.#waiting = recorded.map((frame) => ({ ...frame, key: keyOf(frame.text) }));
  }

  /** Takes a record; answers the recorded time of the one it matches. */
  receive(text: string): number | undefined {
    const key = keyOf(text);
    const alike = this.#waiting.filter((frame) => frame.key === key);
    // Offers are withdrawn in the order of a hash table.
    const same = key.startsWith("RESCIND")
      ? alike.find((frame) => this.#difference(frame, text) === undefined)
      : undefined;
    const expected = same ?? alike[0];
    const difference = expected === undefined ? "nothing like it was recorded" : this.#difference(expected, text);
    if (difference === undefined && expected !== undefined) {
      this.#waiting = this.#waiting.filter((frame) => frame !== expected);
      return expected.atMs;
    }
    // How many heartbeats fit is a matter of pace; what they look like is compared.
    const isPace = text === heartbeat || (isOffers(text) && !this.#exactOffers);
    if (!isPace) this.unexpected.push(`${text.slice(0, 200)}… ${difference}`);
    return undefined;
  }

  #difference(expected: Expected, text: string): string | undefined {
    const ids = this.#correspondence;
    // The first event of an operator's stream is the whole state, with what other recordings had left in it.
    const own = (id: unknown) => typeof id === "string" && (ids.knows(id) || ids.means(id));
    if (text.startsWith('{"type":"SUBSCRIBED","subscribed":{"get_state"'))
      return bodyDifference("/api/v1", expected.text, text, ids, own);
    const exact = ids.difference(maskText(expected.text), maskText(text));
    if (exact === undefined || !isOffers(text) || this.#exactOffers) return exact;
    // A smaller offer than the recorded one could not carry what is launched on it.
    if (cpusOf(text) < cpusOf(expected.text) * 0.9) return exact;
    return this.#correspondence.difference(maskText(withoutAmounts(expected.text)), maskText(withoutAmounts(text)));
  }

  /** True while a recorded record has not come. */
  waitsFor(text: string, atMs: number): boolean {
    return this.#waiting.some((frame) => frame.text === text && frame.atMs === atMs);
  }

  /** Recorded records that have not come. */
  missing(): readonly string[] {
    return this.#waiting
      .filter(({ text }) => text !== heartbeat && (this.#exactOffers || !isOffers(text)))
      .map(({ text }) => text);
  }
}
