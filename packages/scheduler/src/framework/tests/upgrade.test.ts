// Another version of CKE, other flags or other configuration files on the same store: what was created stays as it was rendered.
import { type KubeNodeTask, type ProcessSpec, TaskData } from "@cke/protocol";
import { expect, test } from "vitest";
import type { NodeRenderer } from "../../kubernetes/rendering/current-renderer.ts";
import { renderNode } from "../../kubernetes/rendering/node-renderer.ts";
import { renderingKey } from "../../kubernetes/rendering/stored-rendering.ts";
import { sampleConfiguration } from "../../kubernetes/testing/sample-configuration.ts";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { workloadKey } from "../../workload/records/records.ts";
import { isResourceTask } from "../../workload/records/resource-tasks.ts";
import { parseTaskId } from "../../workload/records/task-ids.ts";
import type { FakeTask } from "../testing/fake-ledger.ts";
import { settle } from "../testing/manual-clock.ts";
import { Scenario, type ScenarioOptions } from "../testing/scenario.ts";

const everything = ["node", "etcd", "apiserver", "controller", "scheduler", "docker"];

/** A version that makes another container and gives every process one more argument. */
const nextVersion: NodeRenderer = {
  version: "9.9.9",
  render: (...input) => {
    const rendered = renderNode(...input);
    const processes = rendered.processes.map((process) => ({
      ...process,
      spec: { ...process.spec, command: [...process.spec.command, "--new"] },
      configHash: `new-${process.name}`,
    }));
    return { ...rendered, kubeNode: { ...rendered.kubeNode, image: "new" }, processes, configHash: "new-node" };
  },
};
const changes: readonly (readonly [string, Pick<ScenarioOptions, "options" | "renderer">])[] = [
  ["another version", { renderer: nextVersion }],
  ["other flags", { options: { imagePath: "elsewhere", cfsQuota: true, registryCertificate: new Uint8Array([1]) } }],
  [
    "another cke.conf",
    { options: { configurations: new Map([["1.36", { ...sampleConfiguration(), variables: { DATA_DIR: "/new" } }]]) } },
  ],
  ["no cke.conf of this version", { options: { configurations: new Map([["1.40", sampleConfiguration("1.40")]]) } }],
];

const labelsOf = ({ info }: FakeTask) =>
  Object.fromEntries((info.labels?.labels ?? []).map(({ key, value }) => [key, value]));
const taskOf = ({ info }: FakeTask): KubeNodeTask | ProcessSpec | undefined => {
  const { task } = TaskData.decode(new Uint8Array(Buffer.from(info.data ?? "", "base64")));
  return task?.kind === "process" ? task.value.spec : task?.kind === "kubeNode" ? task.value : undefined;
};
/** Without what every incarnation has of its own. */
const contentOf = (task: FakeTask) => ({ ...taskOf(task), incarnation: "" });
const hashesOf = (s: Scenario) =>
  s.tasksOf("small", "m").map((task) => [task.process, labelsOf(task)["cke.config-hash"]] as const);

test.each(changes)(
  "B10/upgrade: %s on the same store launches nothing and restarts nothing",
  async (_title, change) => {
    const s = await Scenario.running();
    const before = s.mesos.live().map(({ info }) => info.task_id.value);
    const hashes = hashesOf(s);
    const etcd = contentOf(s.task("small", "m", "etcd"));
    const node = contentOf(s.task("small", "m"));
    const calls = s.mesos.calls.length;
    s.upgrade(change);
    await s.restart();
    await s.offer();
    await s.seconds(60);
    await s.offer();
    expect(s.mesos.live().map(({ info }) => info.task_id.value)).toEqual(before);
    const made = s.mesos.calls.slice(calls).map(({ type }) => type);
    expect(made.filter((type) => type === "ACCEPT" || type === "KILL" || type === "SHUTDOWN")).toEqual([]);
    expect(s.clusters.get("small").status).toBe("running");

    // A process launched again is what it was …
    s.mesos.update(s.id("small", "m", "etcd"), "TASK_FAILED", { message: "exit code 1" });
    await s.seconds(2);
    await s.offer("a");
    expect(s.id("small", "m", "etcd")).toMatch(/\.etcd\.2$/);
    expect(contentOf(s.task("small", "m", "etcd"))).toEqual(etcd);
    expect(new Map(hashesOf(s))).toEqual(new Map(hashes));

    // … and so is the node's next incarnation: its executor adopts container and processes.
    s.mesos.failExecutor(s.task("small", "m").executorId);
    await settle();
    await s.offer("a");
    expect(s.launched("small", "m")).toEqual(everything);
    expect(hashesOf(s)).toEqual(hashes);
    expect(contentOf(s.task("small", "m"))).toEqual(node);
    expect(contentOf(s.task("small", "m", "etcd"))).toEqual(etcd);
    expect(s.mesos.violations).toEqual([]);
  },
);

test("B10: labels tell cluster, node, process and configuration of every task, and agree with the records", async () => {
  const s = await Scenario.running();
  const [state] = s.clusters.state("small").nodes;
  const tasks = s.mesos.live();
  for (const task of tasks.filter((one) => !isResourceTask(one))) {
    const labels = labelsOf(task);
    const parsed = parseTaskId(task.info.task_id.value);
    const process = state?.processes.find(({ name }) => name === task.process);
    expect(labels).toEqual({
      "cke.cluster": "small",
      "cke.node": "m",
      "cke.process": task.process,
      "cke.config-hash": process?.config_hash ?? state?.config_hash,
      "cke.kind": task.process === "" ? "kubenode" : "process",
    });
    expect([parsed?.workload, parsed?.unit]).toEqual(["small", "m"]);
    expect(labels["cke.config-hash"]).toMatch(/^[0-9a-f]{16}$/);
  }
  const beside = tasks.filter(isResourceTask).map((task) => labelsOf(task));
  expect(beside.map((labels) => labels["cke.process"])).toEqual(
    ["etcd", "apiserver", "controller", "scheduler", "docker"].map((process) => `${process}.res`),
  );
  expect(new Set(beside.map((labels) => labels["cke.config-hash"]))).toEqual(new Set([""]));
  expect(tasks).toHaveLength(11);
});

test("the state says who rendered what runs, and whether it would look different today", async () => {
  const s = await Scenario.running();
  const now = s.clusters.state("small").nodes[0];
  expect(now).toMatchObject({ rendered_by: expect.stringMatching(/^\d+\.\d+\.\d+/), outdated: false });
  expect(now?.processes.map(({ outdated }) => outdated)).toEqual([false, false, false, false, false]);
  s.upgrade({ renderer: nextVersion });
  await s.restart();
  const then = s.clusters.state("small").nodes[0];
  expect(then).toMatchObject({ config_hash: now?.config_hash, rendered_by: now?.rendered_by, outdated: true });
  expect(then?.processes.every(({ outdated }) => outdated)).toBe(true);
  await s.clusters.create(smallBody({ name: "two", nodes: [{ name: "m", type: "master", node_ip: "10.0.0.9" }] }));
  expect(s.clusters.state("two").nodes[0]).toMatchObject({
    rendered_by: "9.9.9",
    config_hash: "new-node",
    outdated: false,
  });
  expect(s.clusters.state("small").configuration_problem).toBe("");
  s.upgrade({ options: { configurations: new Map() } });
  await s.restart();
  const gone = s.clusters.state("small");
  expect(gone.configuration_problem).toContain('there is no cke.conf-1.36.yaml any more for cluster "small"');
  expect(gone.nodes[0]).toMatchObject({ config_hash: now?.config_hash, outdated: false });
});

test("a store without renderings is rendered once at the start", async () => {
  const s = await Scenario.running();
  const key = renderingKey("small", "m");
  const stored = await s.store.get(key);
  await s.store.commit([{ op: "delete", key }]);
  await s.restart();
  expect((await s.store.get(key))?.value).toEqual(stored?.value);
  s.upgrade({ renderer: nextVersion });
  await s.restart();
  expect((await s.store.get(key))?.value).toEqual(stored?.value);
});

test("a launch of an older store that cannot be rendered any more runs on, with its own hash, until it ends", async () => {
  const s = await Scenario.running();
  const hash = s.clusters.state("small").nodes[0]?.config_hash;
  await s.store.commit([{ op: "delete", key: renderingKey("small", "m") }]);
  s.upgrade({ renderer: nextVersion });
  await s.restart();
  await s.seconds(60);
  expect(s.callsOf("KILL")).toEqual([]);
  expect(s.clusters.get("small").status).toBe("running");
  expect(s.clusters.state("small").nodes[0]).toMatchObject({ config_hash: hash, outdated: true });
  s.mesos.failExecutor(s.task("small", "m").executorId);
  await settle();
  await s.offer("a");
  expect(s.clusters.state("small").nodes[0]).toMatchObject({ config_hash: "new-node", outdated: false });
});

test("a cluster of an older store whose configuration is gone goes on, and says why nothing of it is launched", async () => {
  const s = await Scenario.running();
  await s.store.commit([{ op: "delete", key: renderingKey("small", "m") }]);
  s.upgrade({ options: { configurations: new Map() } });
  await s.restart();
  await s.seconds(60);
  expect(s.launched("small", "m")).toEqual(everything);
  expect(s.clusters.state("small").configuration_problem).toContain("cke.conf-1.36.yaml");
  s.mesos.failExecutor(s.task("small", "m").executorId);
  await s.seconds(1);
  await s.offer("a");
  expect(s.launched("small", "m")).toEqual([]);
  expect(s.clusters.state("small").plan.steps[0]?.explanation).toContain("cke.conf-1.36.yaml");
  s.upgrade({ options: { configurations: new Map([["1.36", sampleConfiguration()]]) } });
  await s.restart();
  await s.offer("a");
  expect(s.launched("small", "m")).toEqual(everything);
});

test("a rendering that cannot be read stops the start; one of no cluster is removed", async () => {
  const s = await Scenario.running();
  const key = renderingKey("small", "m");
  await s.store.commit([{ op: "put", key: renderingKey("gone", "m"), value: {} }]);
  await s.restart();
  expect(await s.keys()).not.toContain(renderingKey("gone", "m"));
  expect(await s.keys()).toEqual(expect.arrayContaining([key, workloadKey("small")]));
  await s.store.commit([{ op: "put", key, value: { renderedBy: 1 } }]);
  await expect(s.restart()).rejects.toThrow(`the stored ${key} cannot be read`);
});
