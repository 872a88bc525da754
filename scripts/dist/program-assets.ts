// Names that the build and the executables share, and the form in which a program's parts are compiled.

/** The asset with the code of a part of the program. */
export const codeAsset = (part: string) => `code/${part}`;
/** The asset with V8's code cache of it. */
export const cacheAsset = (part: string) => `code-cache/${part}`;

/**
 * A part as a function, as Node makes it of each CommonJS module. Throws for code that is not ASCII: it would be read as
 * other characters.
 */
export function moduleFunction(code: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII
  const other = /[^\x00-\x7f]/.exec(code);
  if (other !== null) throw new Error(`the bundle has the character ${JSON.stringify(other[0])}, and must be ASCII`);
  return `(function (exports, require, module, __filename, __dirname) {${code.replace(/^#!.*/, "")}\n})`;
}
