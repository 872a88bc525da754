// A small cluster to which nodes are added and from which nodes are removed, with an API server in memory.
import { FakeKubernetes } from "../../../kubernetes/testing/fake-kubernetes.ts";
import { smallBody } from "../../../kubernetes/testing/user-bodies.ts";
import { Scenario } from "../scenario.ts";

/** Of the cluster `small`. */
export const nodes = [
  { name: "m", type: "master", node_ip: "10.0.0.1" },
  { name: "w", type: "node", node_ip: "10.0.0.2" },
];
/** How nodes are removed. */
export const gentle = { force: false, drainSeconds: 600 };
export const node = (name: string, last: number, more = {}) => ({
  name,
  type: "node",
  node_ip: `10.0.0.${last}`,
  ...more,
});

/** A master and a worker that run on `a`, with an API server. */
export async function running() {
  const api = new FakeKubernetes();
  const s = await new Scenario({ client: api }).start();
  s.mesos.addAgent("a", { cpus: 128, mem: 524_288 });
  await s.clusters.create(smallBody({ nodes }));
  await up(s, api, "m", "w");
  return { s, api };
}

/** They are launched and run; workers register at the API server. */
export async function up(s: Scenario, api: FakeKubernetes, ...names: readonly string[]): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    await s.offer();
    for (const name of names) await s.running("small", name);
  }
  api.register(...names.filter((name) => name !== "m"));
}

/** What is stored of these nodes, and the ids of their tasks. */
export async function traces(s: Scenario, ...names: readonly string[]) {
  const keys = names.flatMap((name) => [`units/small/${name}`, `renderings/small/${name}`]);
  const stored = await Promise.all(keys.map(async (key) => JSON.stringify((await s.store.get(key))?.value)));
  return [...stored, ...names.flatMap((name) => s.tasksOf("small", name).map(({ info }) => info.task_id.value))];
}
/** The pod blocks of all nodes. */
export const blocks = async (s: Scenario) =>
  (await s.store.list("renderings/small/")).map(({ key, value }) => [
    key.split("/")[2],
    (value as { podCidr?: string }).podCidr,
  ]);
/** Names of all nodes. */
export const names = (s: Scenario) => s.clusters.get("small").nodes.map(({ name }) => name);
