// Messages that must fit into plain JSON (checkpoints, the link).
import type * as z from "zod";

/** The same value without bigints, which plain JSON cannot hold; 64-bit fields of stored messages may lose digits. */
export function withoutBigints<T>(schema: z.ZodType<T>, value: unknown): T {
  return schema.parse(plain(value));
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}
