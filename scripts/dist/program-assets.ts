// Names that the build and the executables share, and the form in which a program is compiled.

/** The program's code. */
export const programAsset = "program";
/** V8's code cache of it. */
export const cacheAsset = "code-cache";
/** What stack traces call the program's file. */
export const compiledAs = "program.cjs";

/**
 * The bundle as a function, as Node makes it of each CommonJS module. Throws for a bundle that is not ASCII: it would be read as
 * other characters.
 */
export function programFunction(bundle: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII
  const other = /[^\x00-\x7f]/.exec(bundle);
  if (other !== null) throw new Error(`the bundle has the character ${JSON.stringify(other[0])}, and must be ASCII`);
  return `(function (exports, require, module, __filename, __dirname) {${bundle.replace(/^#!.*/, "")}\n})`;
}
