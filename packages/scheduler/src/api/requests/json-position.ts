// Finds the position of a syntax error in a JSON text, because JSON.parse names it for some errors only.
// Iterative, so that deep nesting cannot overflow the stack.

const space = /[ \t\n\r]*/y;
// A string up to its closing quote: no control characters below U+0020 (\p{Cc} without U+007F to U+009F, which may be).
const stringStart = String.raw`"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*`;
const unfinishedString = new RegExp(stringStart, "yu");
const scalar = new RegExp(
  String.raw`(?:${stringStart}"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)`,
  "yu",
);

type Expected = "value" | "value or ]" | "key" | "key or }" | "colon" | "comma" | "end";

/** Index of the first wrong character; the length of the text when it ends too early or is correct. */
export function jsonErrorPosition(text: string): number {
  const open: ("[" | "{")[] = [];
  let expected: Expected = "value";
  let at = 0;
  const skip = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? "";
    at += found.length;
    return found;
  };
  const close = () => {
    at += 1;
    open.pop();
    expected = open.length === 0 ? "end" : "comma";
  };
  for (;;) {
    skip(space);
    const character = text.charAt(at);
    if (character === "") return text.length;
    const inside = open.at(-1);
    if (expected === "end") return at;
    if (expected === "colon") {
      if (character !== ":") return at;
      at += 1;
      expected = "value";
    } else if (expected === "comma") {
      if (character === (inside === "[" ? "]" : "}")) close();
      else if (character === ",") {
        at += 1;
        expected = inside === "[" ? "value" : "key";
      } else return at;
    } else if (expected === "key" || expected === "key or }") {
      if (character === "}" && expected === "key or }") close();
      else if (character !== '"') return at;
      else if (skip(scalar) === "") return badScalar(text, at);
      else expected = "colon";
    } else if (character === "]" && expected === "value or ]") close();
    else if (character === "[" || character === "{") {
      open.push(character);
      at += 1;
      expected = character === "[" ? "value or ]" : "key or }";
    } else if (skip(scalar) === "") return badScalar(text, at);
    else expected = inside === undefined ? "end" : "comma";
  }
}

/** Position of the error inside a string; for any other scalar its beginning. */
function badScalar(text: string, at: number): number {
  if (text.charAt(at) !== '"') return at;
  unfinishedString.lastIndex = at;
  return at + (unfinishedString.exec(text)?.[0].length ?? 0);
}
