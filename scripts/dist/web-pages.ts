// Bundles the web pages (packages/web) into texts by file name: scripts and styles with all that they import, and the HTML as
// it is. Run alone, it writes them to stdout as JSON: so does a scheduler that runs from its sources.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const sources = join(import.meta.dirname, "../../packages/web/src");

/** Folders of packages/web/src, each with <name>.html and <name>.css, and the script where each begins. */
const pages = { terminal: "main.ts", dashboard: "main.tsx", vnc: "main.ts" } as const;

/** File name → content. The same sources give the same texts. */
export async function webPages(): Promise<Record<string, string>> {
  const { outputFiles } = await build({
    entryPoints: Object.entries(pages).flatMap(([page, script]) => [
      { in: join(sources, page, script), out: page },
      { in: join(sources, page, `${page}.css`), out: page },
    ]),
    outdir: "/",
    bundle: true,
    platform: "browser",
    target: "es2022",
    format: "esm",
    jsx: "automatic",
    jsxImportSource: "preact",
    minify: true,
    write: false,
    legalComments: "none",
    logLevel: "error",
  });
  const files = outputFiles.map(({ path, text }) => [path.slice(1), text]);
  const html = Object.keys(pages).map((page) => [
    `${page}.html`,
    readFileSync(join(sources, page, `${page}.html`), "utf8"),
  ]);
  return Object.fromEntries([...files, ...html]);
}

if (import.meta.main) process.stdout.write(JSON.stringify(await webPages()));
