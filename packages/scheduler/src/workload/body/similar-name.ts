// Finds the known name that was probably meant by an unknown one.

/** Longer names are not compared, because they are no misspelling of a known name. */
const longest = 40;
/** A shorter name is the beginning of too many others. */
const shortestBeginning = 4;

/** The nearest known name; undefined when none is near: one of four letters may be wrong, or words may be missing. */
export function nearName(given: string, known: readonly string[]): string | undefined {
  if (given.length > longest) return undefined;
  const plain = letters(given);
  if (plain === "") return undefined;
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const name of known) {
    const distance = editDistance(plain, letters(name));
    const allowed = Math.max(1, Math.floor(Math.min(plain.length, name.length) / 4));
    if (distance <= allowed && distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best ?? known.find((name) => isBeginning(plain, letters(name))) ?? known.find((name) => hasWord(name, given));
}

const letters = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "");

/** "k8sversion" and "k8sver" */
function isBeginning(one: string, other: string): boolean {
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  return short.length >= shortestBeginning && long.startsWith(short);
}

/** "node_ip" and "ip" */
const hasWord = (name: string, given: string) => name.split("_").includes(given.toLowerCase());

/** Number of letters to change, to add, to remove or to swap with their neighbour, from one text to the other. */
function editDistance(one: string, other: string): number {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1];
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + (same ? 0 : 1),
          swapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    [before, row] = [row, next];
  }
  return row.at(-1) ?? 0;
}
