// The three commands of the README with a state directory of their own: up, up again with nothing to do, up with
// another program, status, down.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { exampleCluster, networkName } from "../../scripts/up/example-cluster.ts";
import { top } from "../../scripts/up/paths.ts";
import { command } from "../../scripts/up/progress/stage.ts";
import { kernelIdentities } from "./identities/kernel-identities.ts";

const home = mkdtempSync(join(tmpdir(), "cke-e2e-up-"));
const state = join(home, "cke/up");
const nodes = exampleCluster("0.0.0").kubenodes.map(({ name }) => name);

/** Runs one of the commands and returns its whole output. */
async function make(word: string): Promise<string> {
  const script = '"$0" scripts/up/main.ts "$1" 2>&1';
  const output = await command("sh", ["-c", script, process.execPath, word], {
    cwd: top,
    environment: { XDG_STATE_HOME: home },
  });
  console.log(output);
  return output;
}
const schedulerPid = () => readFileSync(join(state, "cke-scheduler.pid"), "utf8");
const label = () => `label=cke.framework=${readFileSync(join(state, "framework-id"), "utf8")}`;

afterAll(async () => {
  await make("down");
  rmSync(home, { recursive: true, force: true });
});

let pid = "";
let identities: Record<string, string> = {};

test("make up shows the phases of each node in their order", async () => {
  const shown = await make("up");
  for (const node of nodes) {
    const numbers = [...shown.matchAll(new RegExp(`${node}: .* done \\((\\d+) of (\\d+)\\)`, "g"))];
    const total = Number(numbers[0]?.[2]);
    // On a busy machine one may be lost and reached again.
    const reached = [...new Set(numbers.map(([, number]) => Number(number)))];
    expect(reached).toEqual(Array.from({ length: total }, (_, index) => index + 1));
  }
  expect(shown).toContain("kubectl get nodes");
  pid = schedulerPid();
  identities = await kernelIdentities(label());
  expect(Object.keys(identities).length).toBeGreaterThanOrEqual(8);
});

test("with nothing to do it builds nothing and starts nothing", async () => {
  const started = performance.now();
  const shown = await make("up");
  console.log(`nothing to do: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  expect(shown).toContain("everything is built");
  expect(shown).toContain("cke-scheduler runs");
  expect(shown).not.toMatch(/building|executables|binaries$|KubeNode image/m);
  expect(schedulerPid()).toBe(pid);
  expect(await kernelIdentities(label())).toEqual(identities);
});

test("a scheduler of another program is replaced, and nothing in the cluster restarts", async () => {
  writeFileSync(join(state, "cke-scheduler.digest"), "of another program");
  const shown = await make("up");
  expect(shown).toContain("starting the new one");
  expect(schedulerPid()).not.toBe(pid);
  expect(await kernelIdentities(label())).toEqual(identities);
  expect((await make("up")).match(/cke-scheduler .*/g)).toEqual([expect.stringContaining("cke-scheduler runs")]);
});

test("make status tells what runs", async () => {
  // A scheduler that has just been started hears of each process once more.
  const show = { timeout: 600_000, interval: 1_000 };
  await expect.poll(() => make("status"), show).toMatch(/cluster example: running, up/);
  for (const node of nodes) await expect.poll(() => make("status"), show).toContain(`  ${node}\n`);
});

test("make down leaves nothing", async () => {
  const framework = label();
  await make("down");
  const lines = async (...args: string[]) => (await command("docker", args)).split("\n").filter(Boolean);
  expect(await lines("ps", "-aq", "--filter", framework)).toEqual([]);
  expect(await lines("volume", "ls", "-q", "--filter", framework)).toEqual([]);
  expect(await lines("network", "ls", "--format", "{{.Name}}")).not.toContain(networkName);
  expect((await make("status")).trim()).toBe("not up (make up)");
});
