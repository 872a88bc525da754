// The text form of what is stored: an entry is `<revision> <json>`; a journal part is a JSON list of `[key, revision, value]` for
// a put and `[key]` for a delete.
import { z } from "zod";
import { damagedEntry } from "../store.ts";

/** A put or (without json) a delete of one key, with the revision of its commit. */
export interface Entry {
  readonly key: string;
  readonly json: string | undefined;
  readonly revision: number;
}

export function formatEntry(revision: number, json: string): string {
  return `${revision} ${json}`;
}

/** Reads an entry. Throws `store_corrupt`, with `key` in its text. */
export function parseEntry(key: string, text: string): { readonly revision: number; readonly value: unknown } {
  const space = text.indexOf(" ");
  const revision = Number(text.slice(0, space));
  try {
    if (space < 1 || !Number.isSafeInteger(revision) || revision < 1) throw new TypeError("no revision");
    return { revision, value: JSON.parse(text.slice(space + 1)) };
  } catch (error) {
    throw damagedEntry(key, error);
  }
}

/** An upper bound of the bytes that a change of one key needs in a request. */
export function costOf(key: string, text: string | undefined): number {
  return 128 + key.length + (text === undefined ? 0 : Buffer.byteLength(text));
}

/** Splits entries into lists that each fit into the limits. */
export function pieces<T extends Entry>(
  entries: readonly T[],
  limits: { readonly changes: number; readonly bytes: number },
): readonly (readonly T[])[] {
  const all: T[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const cost = costOf(entry.key, entry.json);
    const last = all.at(-1);
    if (last === undefined || last.length >= limits.changes || bytes + cost > limits.bytes) {
      all.push([entry]);
      bytes = cost;
    } else {
      last.push(entry);
      bytes += cost;
    }
  }
  return all;
}

export function formatPart(entries: readonly Entry[]): string {
  const items = entries.map(({ key, json, revision }) =>
    json === undefined ? `["${key}"]` : `["${key}",${revision},${json}]`,
  );
  return `[${items.join(",\n")}]`;
}

const partSchema = z.array(
  z.union([z.tuple([z.string()]), z.tuple([z.string(), z.number().int().positive(), z.unknown()])]),
);

export function parsePart(key: string, text: string): readonly Entry[] {
  try {
    return partSchema.parse(JSON.parse(text)).map(([name, revision, value]) => ({
      key: name,
      json: revision === undefined ? undefined : JSON.stringify(value),
      revision: revision ?? 0,
    }));
  } catch (error) {
    throw damagedEntry(key, error);
  }
}
