// What still runs when the scheduler of `make up` does not: node containers and executors run on without it.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { nameOf, processesBelow } from "./leftovers.ts";
import { command } from "./progress/stage.ts";

export interface LeftRunning {
  /** Undefined when the Docker engine does not answer. */
  readonly containers: number | undefined;
  readonly executors: number;
}

/** The embedded agent starts each executor in a shell of this name (packages/mesos-local). */
const agentShell = "cke-agent-shell";

/** Ids of the frameworks whose executors have or had a sandbox in the directory of an agent of the embedded Mesos. */
export function frameworksBelow(workDirectory: string): string[] {
  const names = (directory: string): string[] => {
    try {
      return readdirSync(directory);
    } catch {
      return []; // nothing was ever launched
    }
  };
  // <work directory>/agent-0/slaves/<agent id>/frameworks/<framework id>
  const below = (directories: readonly string[]) =>
    directories.flatMap((directory) => names(directory).map((name) => join(directory, name)));
  const agents = below(below([workDirectory]).map((agent) => join(agent, "slaves")));
  return [...new Set(agents.flatMap((agent) => names(join(agent, "frameworks"))))];
}

/**
 * `frameworks`: ids of the frameworks in question. `runDocker` returns the stdout of a Docker command, and rejects when
 * it fails.
 */
export async function leftRunning(
  workDirectory: string,
  frameworks: readonly string[],
  runDocker = (args: readonly string[]) => command("docker", args),
): Promise<LeftRunning> {
  const containersOf = async (framework: string) =>
    (await runDocker(["ps", "-q", "--filter", `label=cke.framework=${framework}`])).split("\n").filter(Boolean);
  const executors = processesBelow(workDirectory).filter((pid) => nameOf(pid) !== agentShell).length;
  try {
    const containers = await Promise.all(frameworks.map(containersOf));
    return { containers: containers.flat().length, executors };
  } catch {
    return { containers: undefined, executors };
  }
}
