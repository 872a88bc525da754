// Seconds from POST to API server healthy, node Ready and first pod Running, beside the same processes started by a
// bare shell script in the same run: `pnpm bench bring-up`.
import { setTimeout as delay } from "node:timers/promises";
import { Deployment, prepared, waitFor } from "../../test/e2e/deployment.ts";
import { manifest } from "../../test/e2e/workload.ts";
import { exampleCluster } from "../up/example-cluster.ts";
import { top } from "../up/paths.ts";
import { command } from "../up/stage.ts";
import { median, table } from "./table.ts";

const budget = 1.3;
const marks = ["apiserver_healthy", "node_ready", "pod_running"] as const;
type Marks = Readonly<Record<(typeof marks)[number], number>>;

async function bare(): Promise<Marks> {
  const { image } = prepared();
  const text = await command("scripts/bare-cluster", ["--image", image], { cwd: top });
  await command("scripts/bare-cluster", ["--down"], { cwd: top });
  const seconds = (mark: string) => {
    const value = new RegExp(`^${mark} ([\\d.]+)$`, "m").exec(text)?.[1];
    if (value === undefined) throw new Error(`scripts/bare-cluster printed no ${mark}:\n${text}`);
    return Number(value);
  };
  return {
    apiserver_healthy: seconds("apiserver_healthy"),
    node_ready: seconds("node_ready"),
    pod_running: seconds("pod_running"),
  };
}

async function cke(): Promise<Marks> {
  const deployment = new Deployment({ name: "bench" });
  try {
    await deployment.start();
    const started = performance.now();
    const since = () => (performance.now() - started) / 1000;
    await deployment.api.create({
      ...exampleCluster(deployment.prefix, deployment.publishedPort),
      network: deployment.network,
    });
    const server = `https://${deployment.prefix}.10:6443`;
    await waitFor("the API server", 120_000, () => command("curl", ["-skf", "--max-time", "2", `${server}/healthz`]));
    const healthy = since();
    await waitFor("node0 to be Ready", 120_000, async () =>
      /node0\s+Ready\s/.test(await deployment.kubectl("example", ["get", "nodes", "--no-headers"])),
    );
    const ready = since();
    await waitFor("service account default", 60_000, () =>
      deployment.kubectl("example", ["get", "serviceaccount", "default"]),
    );
    await deployment.kubectl("example", ["apply", "-f", "-"], manifest);
    await waitFor(
      "the pod to run",
      60_000,
      async () =>
        (await deployment.kubectl("example", ["get", "pod", "web", "-o", "jsonpath={.status.phase}"])) === "Running",
    );
    return { apiserver_healthy: healthy, node_ready: ready, pod_running: since() };
  } finally {
    await deployment.stop();
  }
}

/** Prints the table; gives what is over its budget, in words. Runs alternate, so that a slow machine is slow for both. */
export async function benchBringUp(runs = 3): Promise<string[]> {
  const results: { bare: Marks; cke: Marks }[] = [];
  for (let run = 0; run < runs; run += 1) {
    results.push({ bare: await bare(), cke: await cke() });
    await delay(2_000);
  }
  const rows = [["seconds from POST to", "shell script", "CKE", "ratio", "runs (script/CKE)"]];
  const over: string[] = [];
  for (const mark of marks) {
    const script = median(results.map((result) => result.bare[mark]));
    const ours = median(results.map((result) => result.cke[mark]));
    rows.push([
      mark,
      script.toFixed(1),
      ours.toFixed(1),
      (ours / script).toFixed(2),
      results.map((result) => `${result.bare[mark].toFixed(1)}/${result.cke[mark].toFixed(1)}`).join(" "),
    ]);
    if (mark === "node_ready" && ours > budget * script)
      over.push(`POST -> node Ready takes ${(ours / script).toFixed(2)} times the script, budget ${budget}`);
  }
  console.log(table(rows));
  return over;
}
