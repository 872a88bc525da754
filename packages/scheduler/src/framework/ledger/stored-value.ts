// Reads values of the store by their schemas.
import type { z } from "zod";
import { unreadableValue } from "../../store/store.ts";

/** Throws CkeError `store_corrupt` for a value that this version cannot read. */
export function parseStored<T>(schema: z.ZodType<T>, key: string, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw unreadableValue(key, `${issue?.path.join(".")}: ${issue?.message}`);
}
