// Sizes in bodies: a number of MiB, or a text with a unit. Pure.
import { z } from "zod";

const words = 'MiB as a number, or a text like "512M", "20G" or "1T"';
const factors: Readonly<Record<string, number>> = { "": 1, m: 1, g: 1024, t: 1024 * 1024 };
/** 64 TiB; no storage of one VM is larger. */
const largestMib = 64 * 1024 * 1024;

/** The size in MiB; undefined for a text of another form. */
export function parseSize(text: string): number | undefined {
  const [, digits = "", unit = ""] = /^(\d{1,9}) ?([mgt]?)(?:i?b)?$/i.exec(text.trim()) ?? [];
  const factor = factors[unit.toLowerCase()];
  return digits === "" || factor === undefined ? undefined : Number(digits) * factor;
}

const bounded = z.int(words).min(1, words).max(largestMib, words);

export const sizeMib = z.union(
  [
    bounded,
    z
      .string()
      .refine((text) => parseSize(text) !== undefined, { error: words, abort: true })
      .transform((text) => parseSize(text) ?? 0)
      .pipe(bounded),
  ],
  words,
);
