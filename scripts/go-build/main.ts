// go-build FLAGS... -- PACKAGES...: runs `go build` in the working directory and writes its progress every second to
// the file $CKE_BUILD_PROGRESS. Go's own output is shown. Without that file it only builds.
import { execFile, spawn } from "node:child_process";
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type BuildPlan, doneOf, type ListedPackage, listedFields, parseList, planOf } from "./build-plan.ts";
import { progressInWords, type Sample } from "./pace.ts";

const separator = process.argv.indexOf("--");
if (separator < 0 || separator === process.argv.length - 1) {
  console.error("usage: go-build FLAGS... -- PACKAGES...");
  process.exit(2);
}
const flags = process.argv.slice(2, separator);
const packages = process.argv.slice(separator + 1);
const progress = process.env.CKE_BUILD_PROGRESS ?? "";

function sizeOf({ Dir, GoFiles, SFiles }: ListedPackage): number {
  return [...GoFiles, ...SFiles].reduce((sum, name) => {
    const path = join(Dir, name);
    return sum + (existsSync(path) ? statSync(path).size : 0); // cgo lists files that it will make later
  }, 0);
}

/** Undefined when `go list` fails. Then the build itself reports the reason. */
async function makePlan(): Promise<BuildPlan | undefined> {
  const output = flags.indexOf("-o");
  const listFlags = output < 0 ? flags : flags.toSpliced(output, 2);
  try {
    const list = ["list", ...listFlags, "-deps", `-json=${listedFields}`, ...packages];
    return planOf(parseList((await promisify(execFile)("go", list, { maxBuffer: 2 ** 28 })).stdout), sizeOf);
  } catch {
    return undefined;
  }
}

/** Writes the progress once a second until it is stopped. */
function follow(plan: BuildPlan, doneFile: string): () => void {
  const samples: Sample[] = [];
  const started = performance.now();
  const look = () => {
    const lines = existsSync(doneFile) ? readFileSync(doneFile, "utf8").split("\n") : [];
    const done = doneOf(plan, lines);
    samples.push({ ms: performance.now() - started, weight: done.weight });
    writeFileSync(`${progress}.new`, `${progressInWords(plan, done, samples)}\n`);
    renameSync(`${progress}.new`, progress);
  };
  look();
  const timer = setInterval(look, 1_000);
  return () => {
    clearInterval(timer);
    look();
  };
}

async function build(toolexec: readonly string[], environment: Readonly<Record<string, string>>): Promise<number> {
  const child = spawn("go", ["build", "-v", ...toolexec, ...flags, ...packages], {
    stdio: "inherit",
    env: { ...process.env, ...environment },
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}

if (progress === "") process.exit(await build([], {}));
const plan = await makePlan();
if (plan === undefined) process.exit(await build([], {}));
const doneFile = `${progress}.done`;
rmSync(doneFile, { force: true });
const stop = follow(plan, doneFile);
try {
  process.exitCode = await build(["-toolexec", fileURLToPath(new URL("record-tool", import.meta.url))], {
    CKE_GO_DONE: doneFile,
  });
} finally {
  stop();
  rmSync(doneFile, { force: true });
}
