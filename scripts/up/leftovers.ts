// What a scheduler that was killed may leave: executors, containers, volumes, the example's network. Only things that
// carry the framework's name or live below its work directory are touched.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { startTimeOf } from "./daemon.ts";
import { ownNetworkLabel } from "./example-cluster.ts";
import { command, say } from "./stage.ts";

/** Processes whose working directory lies below a directory: executors run in their sandbox. */
export function processesBelow(directory: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`).startsWith(`${directory}/`);
      } catch {
        return false;
      }
    });
}

const nameOf = (pid: number) => {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "?";
  }
};

/**
 * Ends executors below `workDirectory`, then removes containers and volumes of the framework (by its id; "" when none
 * was ever known) and the network.
 */
export async function removeLeftovers(frameworkId: string, workDirectory: string, network: string): Promise<void> {
  const executors = processesBelow(workDirectory);
  for (const pid of executors) {
    say(`ending ${nameOf(pid)} (pid ${pid})`);
    process.kill(pid, "SIGTERM");
  }
  for (const end = Date.now() + 30_000; executors.some((pid) => startTimeOf(pid) !== undefined); await delay(100))
    if (Date.now() > end) {
      for (const pid of executors.filter((left) => startTimeOf(left) !== undefined)) process.kill(pid, "SIGKILL");
      break;
    }
  const engine = await command("docker", ["version", "--format", "{{.Server.Version}}"]).catch(() => "");
  if (engine === "") return;
  const list = async (...args: string[]) => (await command("docker", args)).split("\n").filter(Boolean);
  if (frameworkId !== "") {
    const label = `label=cke.framework=${frameworkId}`;
    const containers = await list("ps", "-aq", "--filter", label);
    if (containers.length > 0) await command("docker", ["rm", "-f", "-v", ...containers]);
    const volumes = await list("volume", "ls", "-q", "--filter", label);
    if (volumes.length > 0) await command("docker", ["volume", "rm", ...volumes]);
  }
  if ((await list("network", "ls", "--format", "{{.Name}}", "--filter", `label=${ownNetworkLabel}`)).includes(network))
    await command("docker", ["network", "rm", network]);
}
