// Writes the flag table of cke-scheduler into README.md and README.zh.md, between its markers. `--check` only compares.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { flagsMarkdown } from "@cke/scheduler/flags/flags-text";

const top = fileURLToPath(new URL("..", import.meta.url));
for (const name of ["README.md", "README.zh.md"]) {
  const file = join(top, name);
  const text = readFileSync(file, "utf8");
  const made = text.replace(/(<!-- flags -->\n)[\s\S]*?(<!-- \/flags -->)/, `$1\n${flagsMarkdown().trim()}\n\n$2`);
  if (made === text) continue;
  if (process.argv.includes("--check")) {
    console.error(`${name}: the flag table is not that of the program: run node scripts/readme-flags.ts`);
    process.exitCode = 1;
  } else writeFileSync(file, made);
}
