// What the next executor of a master says of an API server that is stopped.
import { z } from "zod";
import { command } from "../../../scripts/up/progress/stage.ts";
import type { Deployment } from "../deployment.ts";
import { waitFor } from "../wait-for.ts";
import { askedOf } from "./network-objects.ts";

const stateSchema = z.object({
  nodes: z.array(
    z.object({
      name: z.string(),
      processes: z.array(z.object({ name: z.string(), task_id: z.string(), status: z.string() })),
    }),
  ),
});

/** The task of a process that runs; "" while it does not. */
async function runningTask(deployment: Deployment, cluster: string, node: string, process: string): Promise<string> {
  const state = await askedOf(deployment.url, `/k8s/v1/clusters/${cluster}/state`, {});
  const { nodes } = stateSchema.parse(JSON.parse(state));
  const found = nodes.find(({ name }) => name === node)?.processes.find(({ name }) => name === process);
  return found?.status === "running" ? found.task_id : "";
}

/** Kills the executor of the master, whose API server is stopped. The next one hears nothing of that process, and must not announce it. */
export async function nextExecutorAnnouncesNoApi(deployment: Deployment, cluster: string): Promise<void> {
  const etcd = () => runningTask(deployment, cluster, "master", "etcd");
  const before = await etcd();
  await deployment.killExecutor("master");
  await waitFor("the next executor to adopt etcd", async () => !["", before].includes(await etcd()));
  const conf = () => command("docker", ["exec", `cke-${cluster}-master`, "cat", "/etc/cke/bird/bird.conf"]);
  await waitFor("the master to announce no API server", async () =>
    (await conf()).includes("protocol static api { ipv4; }"),
  );
}
