// `make conformance`: runs Kubernetes' own end-to-end tests against a cluster of CKE, and prints how many passed, failed and were
// skipped, each of the latter with its reason. FOCUS chooses tests (a regular expression), SKIP leaves some of them out.
import { spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { GinkgoProgress } from "./kubernetes-tests/ginkgo-progress.ts";
import { testResults } from "./kubernetes-tests/ginkgo-report.ts";
import { leftOut } from "./kubernetes-tests/left-out.ts";
import { TestCluster } from "./kubernetes-tests/test-cluster.ts";
import { dist, top } from "./up/paths.ts";
import { command, say } from "./up/progress/stage.ts";

/** The conformance tests of the network, and those that have no other name. */
const defaultFocus = String.raw`\[sig-network\].*\[Conformance\]`;
const given = (name: string) =>
  process.env[name] === undefined || process.env[name] === "" ? undefined : process.env[name];
/** Tests that run at the same time. Those that disturb others ("Serial") run afterwards, alone. */
const procs = given("PROCS") ?? "4";
const focus = given("FOCUS") ?? defaultFocus;
const skip = [
  ...(given("SKIP") === undefined ? [] : [given("SKIP") ?? ""]),
  ...leftOut.map(({ name }) => `(?i:${name.source})`),
].join("|");
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "cke/conformance");

const lastLine = (text: string) => text.trim().split("\n").at(-1) ?? "";

/** Runs ginkgo, shows each minute how far it is, and returns its exit code. Its output goes to the file `log`. */
async function ginkgo(tests: string, args: readonly string[], log: string): Promise<number> {
  const child = spawn(join(tests, "ginkgo"), args, { cwd: tests, stdio: ["ignore", "pipe", "inherit"] });
  const progress = new GinkgoProgress();
  child.stdout.setEncoding("utf8").on("data", (text: string) => progress.add(text));
  child.stdout.pipe(createWriteStream(log));
  const ticker = setInterval(() => say(progress.line()), 60_000);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve(code ?? 1));
    });
  } finally {
    clearInterval(ticker);
  }
}

const tests = lastLine(await command(join(top, "scripts/kubernetes-binaries"), ["--tests"], { progress: true }));
const archive = join(cache, "pod-images.tar");
mkdirSync(cache, { recursive: true });
say("images of the tests' pods");
await command(join(top, "scripts/kubernetes-tests/pod-images"), [tests, archive], { progress: true });
const results = join(dist, "conformance");
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

const cluster = new TestCluster();
try {
  const kubeconfig = await cluster.start(archive);
  say(`tests that match ${focus}, ${procs} at a time`);
  const args = [
    `--procs=${procs}`,
    `--focus=${focus}`,
    `--skip=${skip}`,
    "--timeout=24h",
    "--no-color",
    "--json-report=report.json",
    `--output-dir=${results}`,
    join(tests, "e2e.test"),
    "--",
    `--kubeconfig=${kubeconfig}`,
    "--provider=skeleton",
    "--num-nodes=2",
    `--report-dir=${results}`,
  ];
  const log = join(results, "ginkgo.log");
  const code = await ginkgo(tests, args, log);
  const report = join(results, "report.json");
  if (!existsSync(report)) throw new Error(`ginkgo ended with ${code} and wrote no report: see ${log}`);
  const found = testResults(readFileSync(report, "utf8"), new RegExp(focus));
  const of = (outcome: string) => found.filter((result) => result.outcome === outcome);
  for (const { name, words } of of("skipped")) console.log(`skipped  ${name}\n         ${words}`);
  for (const { name, words } of of("failed")) console.log(`FAILED   ${name}\n         ${words}`);
  console.log(`Kubernetes ${await cluster.version()}, output: ${log}, report: ${report}`);
  console.log(`${of("passed").length} passed, ${of("failed").length} failed, ${of("skipped").length} skipped`);
  // ginkgo fails for more than a test: one of its processes may have vanished, or its time may be over.
  if (code !== 0 && of("failed").length === 0) console.error(`ginkgo ended with ${code}: see the end of ${log}`);
  process.exitCode = code === 0 && of("failed").length === 0 && of("passed").length > 0 ? 0 : 1;
} finally {
  await cluster.stop();
}
