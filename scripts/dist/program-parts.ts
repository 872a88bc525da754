// Cuts a program into parts: what is imported only when it is needed (`import()`) is a part of its own. A start then reads, and keeps in
// memory, no more than it uses: `-version` some kilobytes, an executor that idles neither Docker's client nor gRPC.
import { basename } from "node:path";
import { type BuildOptions, build, transform } from "esbuild";

/** A part's code as CommonJS, by the name under which the other parts require it ("./NAME"). */
export type ProgramParts = Readonly<Record<string, string>>;

/** The part that runs first. */
export const firstPart = "main.js";

/**
 * Of a CommonJS module that is imported late esbuild exports nothing but `default`, since it cannot know the names. With this each
 * property of the module is a name again, as in Node.
 */
const namesOfDefault = `;{
  const { default: made } = module.exports;
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(made)))
    if (!(name in module.exports)) Object.defineProperty(module.exports, name, property);
}`;

/**
 * Bundles the program that begins in the file `entry`. Only esbuild's output of ECMAScript modules can be cut, and an executable runs
 * scripts, so each part is made a CommonJS module afterwards. Throws for a program that esbuild cannot bundle.
 */
export async function programParts(entry: string, options: BuildOptions): Promise<ProgramParts> {
  const { outputFiles, metafile } = await build({
    ...options,
    entryPoints: { main: entry },
    bundle: true,
    splitting: true,
    platform: "node",
    target: "node24",
    format: "esm",
    minify: true,
    keepNames: true,
    write: false,
    metafile: true,
    outdir: ".",
    legalComments: "none",
    logLevel: "error",
  });
  const commonJs = new Set(
    Object.entries(metafile.outputs)
      .filter(([, { entryPoint }]) => entryPoint !== undefined && metafile.inputs[entryPoint]?.format === "cjs")
      .map(([path]) => basename(path)),
  );
  const parts = outputFiles.map(async ({ path, text }): Promise<[string, string]> => {
    const { code } = await transform(text, {
      platform: "node",
      target: "node24",
      format: "cjs",
      minifyWhitespace: true,
      // A part is required, at once or late; `import()` would look for a file.
      supported: { "dynamic-import": false },
      logLevel: "error",
    });
    const part = basename(path);
    return [part, commonJs.has(part) ? `${code}${namesOfDefault}` : code];
  });
  return Object.fromEntries(await Promise.all(parts));
}
