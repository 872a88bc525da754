// Entries that are hints: what of them cannot be read is left alone, for a newer version may have written it.
import type { z } from "zod";
import type { Store } from "./store.ts";

/** By key without the prefix. */
export async function readableEntries<T>(
  store: Store,
  prefix: string,
  schema: z.ZodType<T>,
): Promise<ReadonlyMap<string, T>> {
  const found = new Map<string, T>();
  for (const { key, value } of await store.list(prefix)) {
    const parsed = schema.safeParse(value);
    if (parsed.success) found.set(key.slice(prefix.length), parsed.data);
  }
  return found;
}
