// Bounds the shape of a body before anything reads it: what is read item by item holds up the scheduler for as long as it takes, and a
// body of a few bytes for each item may have a million of them. Pure.

/** Most items of a list, and fields of an object. */
const mostItems = 5_000;
/** Most lists and objects within each other. */
const mostLevels = 64;

const isBranch = (value: unknown): value is object => typeof value === "object" && value !== null;

/**
 * What is too large in a value that JSON.parse has made, and what helps, in words; "" when nothing is. Without recursion: a text of 4 MB may have a
 * million levels.
 */
export function shapeProblem(value: unknown): string {
  let level: readonly object[] = isBranch(value) ? [value] : [];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > mostLevels)
      return `has more than ${mostLevels} lists and objects within each other: send a flatter one`;
    const next: object[] = [];
    for (const branch of level) {
      const items: readonly unknown[] = Array.isArray(branch) ? branch : Object.values(branch);
      if (items.length > mostItems) {
        const what = Array.isArray(branch) ? "a list of" : "an object with";
        return `has ${what} ${items.length} items, and at most ${mostItems} are taken: ask for it in several requests`;
      }
      for (const item of items) if (isBranch(item)) next.push(item);
    }
    level = next;
  }
  return "";
}

/**
 * Where an object of the value has a field `__proto__` of its own, as JSON.parse makes it; undefined when none has. Maps that are made of such
 * a field lose it. Call it for a value without a `shapeProblem`.
 */
export function prototypeField(value: unknown, at = ""): string | undefined {
  if (!isBranch(value)) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const place = Array.isArray(value) ? `${at}[${key}]` : `${at}${at === "" ? "" : "."}${key}`;
    const found = key === "__proto__" ? place : prototypeField(item, place);
    if (found !== undefined) return found;
  }
  return undefined;
}
