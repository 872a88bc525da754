// `make status` and a second `make up` while another one is still compiling, with the programs as make runs them.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Daemon } from "../../scripts/up/daemon.ts";
import { top } from "../../scripts/up/paths.ts";

let home = "";
let compiling: Daemon;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "cke-status-"));
  const state = join(home, "cke/up");
  mkdirSync(state, { recursive: true });
  // This process plays the running `make up`, which has shown these words.
  compiling = new Daemon(join(state, "make-up.pid"));
  compiling.claim();
  const since = new Date(Date.now() - 12.5 * 60_000).toISOString();
  writeFileSync(join(state, "make-up.words"), `${since}\ncompiling Kubernetes v1.37.2: 43 %, about 9 min left\n`);
});
afterEach(() => rmSync(home, { recursive: true }));

function make(word: string): Promise<string> {
  const options = { cwd: top, env: { ...process.env, XDG_STATE_HOME: home } };
  return new Promise((resolve) => {
    execFile(process.execPath, ["scripts/up/main.ts", word], options, (error, stdout, stderr) =>
      resolve(`exit code ${error?.code ?? 0}: ${stdout}${stderr}`.trim()),
    );
  });
}

test("make status says that the first make up is compiling, and how far it is", async () => {
  expect(await make("status")).toBe(
    `exit code 0: make up runs (pid ${process.pid}, for 12 min): compiling Kubernetes v1.37.2: 43 %, about 9 min left`,
  );
});

test.each(["up", "down"])("make %s does not get in its way", async (word) => {
  expect(await make(word)).toMatch(
    /^exit code 1: make up runs \(pid \d+, for 12 min\): .* left; wait for it, or end it first$/,
  );
});

test("one that has ended is not taken for running", async () => {
  compiling.forget();
  expect(await make("status")).toBe(
    "exit code 0: the last make up ended before the cluster was up (make up goes on from there): compiling Kubernetes v1.37.2: 43 %, about 9 min left",
  );
});
