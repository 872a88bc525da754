// Stored values of earlier versions whose fields had other names. They are read under both names and written under the
// new one.
import { z } from "zod";

/** The schema, which also reads the earlier names. `names`: new names by earlier ones. A new name that is there wins. */
export function readingEarlierNames<Schema extends z.ZodType>(schema: Schema, names: Readonly<Record<string, string>>) {
  return z.preprocess((value) => {
    if (typeof value !== "object" || value === null || !Object.keys(names).some((name) => name in value)) return value;
    return Object.fromEntries([
      ...Object.entries(value).map(([name, item]) => [names[name] ?? name, item]),
      ...Object.entries(value).filter(([name]) => names[name] === undefined),
    ]);
  }, schema);
}
