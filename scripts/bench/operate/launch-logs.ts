// Reads what the programs of a deployment have logged about the launch of one node.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Deployment } from "../../../test/e2e/deployment.ts";
import { command } from "../../up/progress/stage.ts";
import type { LaunchLogs } from "./launch-timeline.ts";

/** Of the node's only launch. */
export async function launchLogs(deployment: Deployment, cluster: string, node: string): Promise<LaunchLogs> {
  const { directory } = deployment;
  const sandbox = readdirSync(join(directory, "mesos-agent"), { recursive: true, encoding: "utf8" }).find(
    (path) =>
      path.includes(`/executors/cke.${cluster}.${node}.`) &&
      /\/runs\/[^/]+\/stderr$/.test(path) &&
      !path.includes("/latest/"),
  );
  if (sandbox === undefined) throw new Error(`node ${node} has no sandbox below ${directory}`);
  return {
    scheduler: readFileSync(join(directory, "scheduler.log"), "utf8"),
    executor: readFileSync(join(directory, "mesos-agent", sandbox), "utf8"),
    // The wrapper writes to stderr.
    wrapper: await command("sh", ["-c", 'docker logs "$1" 2>&1', "sh", `cke-${cluster}-${node}`]),
  };
}
