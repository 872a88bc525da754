// Reads entries that CKE can do without. An entry that does not fit the schema is left out and stays stored, because a newer
// version may have written it.
import type { z } from "zod";
import type { Store } from "./store.ts";

/** The entries by their key without the prefix. */
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
