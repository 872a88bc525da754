// Sentences for a client about fields of its body that have no effect. Only their paths are shown, because a value may
// be a secret.

import type { IgnoredField } from "./body-fields.ts";
import { nearName } from "./similar-name.ts";

/** Most fields that are named; the others are counted. */
const toldFields = 20;
/** Longest piece of a field's name that is shown, in characters. */
const shownName = 60;
const plainName = /^[\p{L}\p{N}_-]{1,60}$/u;

/** One sentence for each of the first fields; the last sentence counts the others. */
export function ignoredFieldsMessage(ignored: readonly IgnoredField[]): readonly string[] {
  const told = ignored.slice(0, toldFields).map(wordsOf);
  const more = ignored.length - told.length;
  return more === 0 ? told : [...told, `${more} more unknown field${more === 1 ? " was" : "s were"} ignored`];
}

function wordsOf({ path, known, given, beside }: IgnoredField): string {
  if (beside !== undefined)
    return `${pathText(path)} is another name of ${beside}, which is given too, and was ignored`;
  // A field that is given already was not meant.
  const meant = nearName(
    String(path.at(-1)),
    known.filter((name) => !given.includes(name)),
  );
  const near = meant === undefined ? "; known" : `: did you mean "${meant}"? Known`;
  return `${pathText(path)} is not a known field and was ignored${near} are ${known.join(", ")}`;
}

function pathText(path: IgnoredField["path"]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    if (!plainName.test(part)) {
      const shown = part.length > shownName ? `${part.slice(0, shownName)}…` : part;
      return `${text}[${JSON.stringify(shown)}]`;
    }
    return text === "" ? part : `${text}.${part}`;
  }, "");
}
