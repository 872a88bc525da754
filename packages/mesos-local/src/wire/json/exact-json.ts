// JSON that keeps every number of a message exactly, for what master and agents send each other and keep on disk. Integers
// beyond 2^53 are bare numbers, as in Mesos' own JSON. JSON has no infinity: an infinite double becomes a number beyond the
// range, which JSON.parse reads as infinite again.
import { parseJson } from "@cke/mesos";

const infinity = "1e999";

/** The text of a value of messages. */
export function exactJson(value: unknown): string {
  try {
    const text = JSON.stringify(value);
    // Only what is infinite or missing becomes null.
    if (!text.includes("null")) return text;
  } catch {
    // Only a bigint (or a cycle, which fails again) makes it throw.
  }
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === "bigint") return JSON.rawJSON(item.toString());
    if (item === Number.POSITIVE_INFINITY) return JSON.rawJSON(infinity);
    return item === Number.NEGATIVE_INFINITY ? JSON.rawJSON(`-${infinity}`) : item;
  });
}

/** The value again. Throws MesosProtocolError `mesos_invalid_json`. */
export const parseExactJson: (text: string) => unknown = parseJson;
