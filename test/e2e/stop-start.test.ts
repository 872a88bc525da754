// A cluster with real parts is stopped and started. Nothing of it runs in between, and the objects that were stored in
// it exist again.
import { afterAll, beforeAll, expect, test } from "vitest";
import { exampleCluster } from "../../scripts/up/example-cluster.ts";
import { command } from "../../scripts/up/progress/stage.ts";
import { clusterName } from "./cluster-name.ts";
import { Deployment } from "./deployment.ts";
import { waitFor } from "./wait-for.ts";

const deployment = new Deployment({ name: "stop" });
const cluster = clusterName("stopped");
const state = async () => {
  const now = await deployment.api.state(cluster);
  if (now === undefined) throw new Error("the cluster is gone");
  return now;
};
const until = async (status: string) =>
  await waitFor(
    `the cluster to be ${status}`,
    async () => (await state()).status === status,
    () => deployment.words(),
  );
const listed = async (...args: readonly string[]) =>
  (await command("docker", [...args, "--filter", deployment.label])).split("\n").filter(Boolean).sort();
const containers = () => listed("ps", "-aq");
const volumes = () => listed("volume", "ls", "--format", "{{.Name}}");
const kubectl = (...args: readonly string[]) => deployment.kubectl(cluster, args);
const nodes = async () =>
  (
    await kubectl(
      "get",
      "nodes",
      "-o",
      'jsonpath={range .items[*]}{.metadata.name} {.metadata.uid} {.status.addresses[0].address}{"\\n"}{end}',
    )
  )
    .trim()
    .split("\n")
    .sort();

beforeAll(() => deployment.start());
afterAll(() => deployment.stop());

test("a stopped cluster runs nowhere and keeps its data; started again, it is the same cluster", async () => {
  await deployment.api.create({
    ...exampleCluster(deployment.prefix, deployment.publishedPort),
    cluster_name: cluster,
    network: deployment.network,
  });
  await deployment.waitUp(cluster);
  await until("running");
  await kubectl("create", "configmap", "kept", "--from-literal=word=before");
  const before = await nodes();
  const data = await volumes();
  expect(before).toHaveLength(1);

  await deployment.api.stop(cluster);
  await until("stopped");
  expect(await containers()).toEqual([]);
  // They have told the last of it, and end a moment later.
  await expect.poll(() => deployment.executors()).toEqual([]);
  // Its resources are Mesos' again.
  expect((await deployment.mesosTasks()).filter(({ state }) => state === "TASK_RUNNING")).toEqual([]);
  expect(await volumes()).toEqual(data);

  await deployment.api.start(cluster);
  await deployment.waitUp(cluster);
  await until("running");
  expect((await kubectl("get", "configmap", "kept", "-o", "jsonpath={.data.word}")).trim()).toBe("before");
  expect(await nodes()).toEqual(before);

  // A worker's executor dies, and the stop comes at that moment: what it has left running ends all the same.
  const running = async () => (await command("docker", ["ps", "--format", "{{.Names}}"])).split("\n");
  const worker = `cke-${cluster}-node0`;
  await deployment.killExecutor("node0");
  await deployment.api.stopNode(cluster, "node0");
  const isStopped = async () =>
    (await state()).nodes.some(({ name, status }) => name === "node0" && status === "killed");
  await waitFor("the worker to be stopped", isStopped, () => deployment.words());
  expect(await running()).not.toContain(worker);
  expect(await volumes()).toEqual(data);
  // It is replaced while it is stopped: what it had goes, and another instance of it begins with nothing.
  const ofWorker = data.filter((name) => name.includes("node0"));
  expect(ofWorker.length).toBeGreaterThan(0);
  await deployment.api.replaceNode(cluster, "node0");
  const others = data.filter((name) => !ofWorker.includes(name));
  const isGone = async () => (await volumes()).join() === others.join();
  await waitFor("what the worker had to go", isGone, () => deployment.words());
  await deployment.api.startNode(cluster, "node0");
  await deployment.waitUp(cluster);
  await until("running");
  expect(await running()).toContain(worker);
  expect(await nodes()).toEqual(before);

  // The same with all executors and all of the cluster.
  for (const node of ["master", "node0", "console"]) await deployment.killExecutor(node);
  await deployment.api.stop(cluster);
  await until("stopped");
  expect(await containers()).toEqual([]);
  await deployment.api.start(cluster);
  await deployment.waitUp(cluster);
  await until("running");
  expect((await kubectl("get", "configmap", "kept", "-o", "jsonpath={.data.word}")).trim()).toBe("before");

  await deployment.api.remove(cluster);
  await deployment.waitGone(cluster);
  expect(await deployment.leftovers(cluster)).toEqual([]);
});
