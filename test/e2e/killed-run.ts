// What a killed run of a test has left whose names are fixed: the next run would meet it. It is found by the label of its network, so
// nothing of anybody else is touched.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Daemon } from "../../scripts/up/daemon.ts";
import { removeLeftovers } from "../../scripts/up/leftovers.ts";
import { command, say } from "../../scripts/up/progress/stage.ts";
import { killedTestOf } from "./test-network.ts";

const lines = async (...args: readonly string[]) => (await command("docker", args)).split("\n").filter(Boolean);

/** Where the run has its files: a note there has its name. */
function directoryOf(test: string): string | undefined {
  return readdirSync(tmpdir())
    .filter((name) => name.startsWith("cke-e2e-"))
    .map((name) => join(tmpdir(), name))
    .find((directory) => {
      const note = join(directory, "framework");
      return existsSync(note) && readFileSync(note, "utf8") === test;
    });
}

/**
 * Ends the programs of a killed run that made the network, and removes its containers, their volumes and the network. Rejects when the
 * network is not of a test, or of one that runs.
 */
export async function removeKilledRun(network: string): Promise<void> {
  const test = await killedTestOf(network);
  if (test === undefined) return;
  say(`removing what a killed run has left on the network ${network} (${test})`);
  const directory = directoryOf(test);
  if (directory !== undefined) {
    // The scheduler first: it would launch again what ends.
    for (const name of ["scheduler", "agent0", "master"])
      await new Daemon(join(directory, `${name}.pid`)).stop(60_000, say);
  }
  const containers = await lines("ps", "-aq", "--filter", `network=${network}`);
  const label = '{{index .Config.Labels "cke.framework"}}';
  const frameworks = containers.length === 0 ? [] : await lines("inspect", "--format", label, ...containers);
  // No scheduler is there that launches them again.
  if (containers.length > 0) await command("docker", ["rm", "-f", "-v", ...containers]);
  for (const framework of new Set(["", ...frameworks]))
    await removeLeftovers(framework, join(directory ?? "/nonexistent", "mesos-agent"), network);
}
