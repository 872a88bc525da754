// `pnpm check`: types, formatter and linter, generated code, layers and rooms, table of rules. It runs all checks,
// reports each, and fails if one fails.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ruleBreaches } from "./mesos-rules.ts";
import { listedPackages, mapDocuments, pathBreaches, unnamedRooms } from "./named-paths.ts";
import { allRoomBreaches } from "./rooms/breaches.ts";
import { layerBreaches, layers } from "./rooms/layers.ts";
import { readEntries, readSources } from "./rooms/source-tree.ts";

const top = fileURLToPath(new URL("..", import.meta.url));

function command(title: string, program: string, args: readonly string[]): boolean {
  const started = performance.now();
  const { status, error } = spawnSync(program, args, { cwd: top, stdio: "inherit" });
  if (error) console.error(`${program}: ${error.message}`);
  return report(title, status === 0, started);
}

function report(title: string, ok: boolean, started: number): boolean {
  console.log(`${ok ? "ok    " : "FAILED"} ${title} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  return ok;
}

const started = performance.now();
const sources = readSources(top);
const breaches = [...layerBreaches(sources), ...allRoomBreaches(sources, readEntries(top))];
for (const breach of breaches) console.error(breach);
const textOf = (path: string) => (existsSync(join(top, path)) ? readFileSync(join(top, path), "utf8") : undefined);
const broken = ruleBreaches(textOf("docs/mesos-rules.md") ?? "", textOf);
for (const breach of broken) console.error(breach);
const tree = { exists: (path: string) => existsSync(join(top, path)), packages: Object.keys(layers) };
const map = "docs/architecture.md";
const filesOf = (name: string) => sources.filter((file) => file.package === name).map(({ path }) => path);
const misnamed = [
  ...mapDocuments.flatMap((path) => pathBreaches(path, textOf(path) ?? "", tree)),
  ...listedPackages.flatMap((name) => unnamedRooms(map, textOf(map) ?? "", name, filesOf(name))),
];
for (const breach of misnamed) console.error(breach);
const results = [
  report("layers and rooms", breaches.length === 0, started),
  report("rules of Mesos, their code and tests", broken.length === 0, started),
  report("paths and rooms that the documents name", misnamed.length === 0, started),
  command("types", "node_modules/.bin/tsc", ["-p", "tsconfig.json"]),
  command("types of the web pages", "node_modules/.bin/tsc", ["-p", "packages/web/tsconfig.json"]),
  command("format and lint", "node_modules/.bin/biome", ["ci", "--colors=off", "."]),
  command("generated code", process.execPath, ["scripts/generate-protocol.ts", "--check"]),
  command("generated calls of libvirt", process.execPath, ["scripts/generate-libvirt.ts", "--check"]),
  command("flag table in the READMEs", process.execPath, ["scripts/readme-flags.ts", "--check"]),
];
process.exitCode = results.every(Boolean) ? 0 : 1;
