// `pnpm bench bring-up`: seconds from POST until the API server is healthy, the node is Ready and the first pod is
// Running. The same processes are started by a plain shell script in the same run, for comparison.
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { Deployment, prepared } from "../../test/e2e/deployment.ts";
import { waitFor } from "../../test/e2e/wait-for.ts";
import { exampleCluster } from "../up/example-cluster.ts";
import { top } from "../up/paths.ts";
import { command } from "../up/progress/stage.ts";
import { median, table } from "./measurement/table.ts";
import { launchLogs } from "./operate/launch-logs.ts";
import { type Mark, timeline, timelineRows } from "./operate/launch-timeline.ts";

const budget = 1.3;
const marks = ["apiserver_healthy", "node_ready", "pod_running"] as const;
type Marks = Readonly<Record<(typeof marks)[number], number>>;
/** Between two looks, as the script has it. */
const everyMs = 50;

interface Pair {
  readonly bare: Marks;
  readonly cke: Marks;
  /** What CKE's worker had reached when. */
  readonly launch: readonly Mark[];
}

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

/** A request to the API server by curl, as cheap as the script's own. Rejects while the answer is not 2xx. */
type Request = (path: string, body?: string) => Promise<string>;

async function adminRequest(deployment: Deployment, name: string): Promise<Request> {
  const answer = await fetch(`${deployment.url}/k8s/v1/clusters/${name}/adminToken`);
  const token = z.object({ AdminToken: z.string() }).parse(await answer.json()).AdminToken;
  const lines = [`header = "Authorization: Bearer ${token}"`, 'header = "Content-Type: application/json"'];
  return (path, body) =>
    command(
      "curl",
      [
        "-skf",
        "--max-time",
        "2",
        "-K",
        "-",
        ...(body === undefined ? [] : ["-d", body]),
        `https://${deployment.prefix}.10:6443${path}`,
      ],
      { input: `${lines.join("\n")}\n` },
    );
}

const pod = JSON.stringify({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "first" },
  spec: {
    containers: [
      { name: "c", image: "cke.local/busybox:1.35", imagePullPolicy: "IfNotPresent", command: ["sleep", "3600"] },
    ],
  },
});

/** One master and one node, as the script makes them, on a deployment that runs. */
async function cke(deployment: Deployment, name: string): Promise<Omit<Pair, "bare">> {
  const { kubenodes, ...cluster } = exampleCluster(deployment.prefix, deployment.publishedPort);
  const requested = Date.now();
  const started = performance.now();
  const since = () => (performance.now() - started) / 1000;
  await deployment.api.create({
    ...cluster,
    cluster_name: name,
    kubenodes: kubenodes.filter(({ type }) => type !== "console"),
    network: deployment.network,
  });
  const request = await adminRequest(deployment, name);
  const wait = (what: string, look: () => Promise<unknown>) => waitFor(what, look, undefined, { everyMs });
  await wait("the API server", () => request("/readyz"));
  const healthy = since();
  const running = (async () => {
    await wait("the pod to be accepted", () => request("/api/v1/namespaces/default/pods", pod));
    await wait("the pod to run", async () =>
      /"phase": ?"Running"/.test(await request("/api/v1/namespaces/default/pods/first")),
    );
    return since();
  })();
  await wait("node0 to be Ready", async () =>
    /"type": ?"Ready",\s*"status": ?"True"/.test(await request("/api/v1/nodes/node0")),
  );
  const ready = since();
  const reached = { apiserver_healthy: healthy, node_ready: ready, pod_running: await running };
  const launch = [
    ...timeline("node0", requested, await launchLogs(deployment, name, "node0")),
    { what: "API server healthy", at: 1_000 * healthy },
    { what: "Ready", at: 1_000 * ready },
  ];
  await deployment.api.remove(name);
  await deployment.waitGone(name);
  return { cke: reached, launch };
}

/**
 * Prints the table and returns a line for each exceeded budget. The first run of each way does not count, because
 * caches are cold and CKE's executor is fetched once. Then the ways alternate, so that a slow machine is slow for both.
 */
export async function benchBringUp(runs = 5): Promise<string[]> {
  const deployment = new Deployment({ name: "bench" });
  const results: Pair[] = [];
  try {
    await deployment.start();
    for (let run = 0; run <= runs; run += 1) {
      results.push({ bare: await bare(), ...(await cke(deployment, `bring-up-${run}`)) });
      await delay(2_000);
    }
  } finally {
    await deployment.stop();
  }
  const [first, ...counted] = results;
  const rows = [["seconds from POST to", "shell script", "CKE", "ratio", "runs (script/CKE)", "first"]];
  const over: string[] = [];
  const pair = (result: Pair | undefined, mark: keyof Marks) =>
    `${result?.bare[mark].toFixed(1)}/${result?.cke[mark].toFixed(1)}`;
  for (const mark of marks) {
    const script = median(counted.map((result) => result.bare[mark]));
    const ours = median(counted.map((result) => result.cke[mark]));
    const ratio = (ours / script).toFixed(2);
    rows.push([
      mark,
      script.toFixed(1),
      ours.toFixed(1),
      ratio,
      counted.map((result) => pair(result, mark)).join(" "),
      pair(first, mark),
    ]);
    if (mark === "node_ready" && ours > budget * script)
      over.push(`POST -> node Ready takes ${ratio} times the script, budget ${budget}`);
  }
  console.log(table(rows));
  const launches = counted.map(({ launch }) => launch);
  console.log(
    `\nwhere the time until the worker is Ready goes (medians of ${runs})\n${table(timelineRows(launches))}\n`,
  );
  return over;
}
