// Removes what a killed scheduler may leave: executors, containers, volumes, the example's network. It touches only
// things that carry the framework's name or live below its work directory.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { sendSignal, startTimeOf } from "./daemon.ts";
import { ownNetworkLabel } from "./example-cluster.ts";
import { waitWhileProgress } from "./progress/progress-wait.ts";
import { command, say } from "./progress/stage.ts";

/** Processes whose working directory is below a directory. Executors run in their sandbox. */
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

/** The name in the process list; "?" when the process has ended. */
export const nameOf = (pid: number) => {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "?";
  }
};

/** An executor first stops its node's processes in order. One that has not ended after this time is killed. */
const executorSilenceMs = 300_000;

/**
 * Ends executors below `workDirectory`, then removes the framework's containers and volumes (by its id; "" when none
 * was ever known) and the network.
 */
export async function removeLeftovers(frameworkId: string, workDirectory: string, network: string): Promise<void> {
  const executors = processesBelow(workDirectory);
  for (const pid of executors) {
    say(`ending ${nameOf(pid)} (pid ${pid})`);
    sendSignal(pid, "SIGTERM"); // one may have ended with another one
  }
  const left = () => executors.filter((pid) => startTimeOf(pid) !== undefined);
  const look = async () => {
    const words = left().map((pid) => `pid ${pid}`);
    return words.length === 0 ? { done: true } : { progress: `${words.length}`, words: words.join(", ") };
  };
  await waitWhileProgress({ what: "executors to end", look, silentMs: executorSilenceMs, tell: say }).catch((error) => {
    say(`${error instanceof Error ? error.message : error}: they are killed`);
    for (const pid of left()) sendSignal(pid, "SIGKILL");
  });
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
