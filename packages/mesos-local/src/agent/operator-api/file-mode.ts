// File modes as `ls -l` writes them (pure).
const types = new Map([
  [0o140000, "s"],
  [0o120000, "l"],
  [0o100000, "-"],
  [0o060000, "b"],
  [0o040000, "d"],
  [0o020000, "c"],
  [0o010000, "p"],
]);

/** "drwxr-xr-x" */
export function modeText(mode: number): string {
  const bits = [..."rwxrwxrwx"].map((letter, index) => ((mode >> (8 - index)) & 1 ? letter : "-"));
  const special: readonly (readonly [number, number, string])[] = [
    [0o4000, 2, "s"],
    [0o2000, 5, "s"],
    [0o1000, 8, "t"],
  ];
  for (const [bit, place, letter] of special) {
    if ((mode & bit) !== 0) bits[place] = bits[place] === "x" ? letter : letter.toUpperCase();
  }
  return (types.get(mode & 0o170000) ?? "-") + bits.join("");
}
