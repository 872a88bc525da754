// What of make up runs on when its scheduler does not: node containers and executors need none.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { processesBelow } from "./leftovers.ts";
import { command } from "./progress/stage.ts";

export interface LeftRunning {
  /** undefined: the Docker engine does not say. */
  readonly containers: number | undefined;
  readonly executors: number;
}

/** Ids of the frameworks whose executors have or had a sandbox below the agent's work directory. */
export function frameworksBelow(workDirectory: string): string[] {
  const names = (directory: string): string[] => {
    try {
      return readdirSync(directory);
    } catch {
      return []; // nothing was ever launched
    }
  };
  const slaves = join(workDirectory, "slaves");
  return [...new Set(names(slaves).flatMap((agent) => names(join(slaves, agent, "frameworks"))))];
}

/** `frameworks`: ids of those that are asked for. `runDocker` gives the stdout of a Docker command, and rejects when it fails. */
export async function leftRunning(
  workDirectory: string,
  frameworks: readonly string[],
  runDocker = (args: readonly string[]) => command("docker", args),
): Promise<LeftRunning> {
  const containersOf = async (framework: string) =>
    (await runDocker(["ps", "-q", "--filter", `label=cke.framework=${framework}`])).split("\n").filter(Boolean);
  const executors = processesBelow(workDirectory).length;
  try {
    const containers = await Promise.all(frameworks.map(containersOf));
    return { containers: containers.flat().length, executors };
  } catch {
    return { containers: undefined, executors };
  }
}
