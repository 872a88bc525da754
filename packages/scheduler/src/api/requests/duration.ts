// Times in queries: "90" and "90s" are seconds, "500ms", "2m" and "1h" say their unit. Pure.
import { z } from "zod";

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
type Unit = keyof typeof unitMs;
const isUnit = (text: string): text is Unit => text in unitMs;

/** In ms; undefined for a text that is no time. */
export function durationMs(text: string): number | undefined {
  const [, number = "", unit = ""] = /^(\d{1,8})(ms|s|m|h)?$/.exec(text) ?? [];
  if (number === "") return undefined;
  return Number(number) * unitMs[isUnit(unit) ? unit : "s"];
}

/** A field of a query, in ms. `least` and `most`: as in a query, like "1s" and "24h". */
export function durationField(least: string, most: string) {
  const [leastMs = 0, mostMs = 0] = [durationMs(least), durationMs(most)];
  const words = `a time from ${least} to ${most}, like "90", "90s" or "2m" (a number alone is seconds)`;
  return z.string(words).transform((text, context) => {
    const ms = durationMs(text);
    if (ms !== undefined && ms >= leastMs && ms <= mostMs) return ms;
    context.issues.push({ code: "custom", message: words, input: text });
    return z.NEVER;
  });
}
