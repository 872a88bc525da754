// Two instances of a node on one host: a cluster that was deleted while the host was away and created again, or one that a store
// restored from an older backup does not know. Whatever the order of events, neither uses or removes the other's data.

import { unitReport } from "@cke/executor-core/testing/recording-context";
import { SchedulerMessage } from "@cke/protocol";
import { describe, expect, test } from "vitest";
import { findVolumes } from "../container/node-volumes.ts";
import { specHash } from "../container/spec-hash.ts";
import { labelNames } from "../docker/node-identity.ts";
import { nodeId, setUp } from "../testing/driver-set-up.ts";
import { FakeEngine } from "../testing/fake-engine.ts";
import { launchNode, nodeTask } from "../testing/launches.ts";

const volumes = [{ path: "/var/lib/etcd", dockerVolume: "cke-c-n-etcd" }];
const taskOf = (instance: string, more = {}) =>
  nodeTask({ volumes, dockerPath: "/xfs", labels: { [labelNames.instance]: instance }, ...more });
const identity = { frameworkId: "f", cluster: "c", node: "n" };
const ours = { [labelNames.framework]: "f", [labelNames.cluster]: "c", [labelNames.node]: "n" };

function order(instance: string): Uint8Array {
  const value = { executorId: "cke.c.n.1", instance };
  return SchedulerMessage.encode({ message: { kind: "removeUnit", value } });
}

/** A host with a container and data of the instance "old", as its executor left them. */
function withOld(running = true) {
  const parts = setUp();
  const { engine, host, labels, context } = parts;
  const ofOld = { ...labels, [labelNames.instance]: "old" };
  const old = engine.place({
    name: "cke-c-n",
    running,
    labels: { ...ofOld, [labelNames.specHash]: specHash(taskOf("new")) },
  });
  engine.heldVolumes.set("cke-c-n-etcd.old", { name: "cke-c-n-etcd.old", labels: ofOld });
  host.directories.add("/xfs/c/n.old");
  const names = () => [...engine.heldVolumes.keys()].sort();
  const told = () => context.logs().join("\n");
  return { ...parts, old, names, told };
}

describe("beside another instance of the node", () => {
  test.each([
    ["that runs", true],
    ["whose container is dead", false],
  ])("one %s is stopped in order and keeps its data; the new one has its own", async (_name, running) => {
    const { engine, host, driver, until, names, told, old } = withOld(running);
    driver.launch(launchNode(taskOf("new"), nodeId));
    await until(nodeId, "TASK_RUNNING");
    expect(engine.held.has(old.id)).toBe(false);
    expect(engine.calls.includes("stop")).toBe(running);
    expect(names()).toEqual(["cke-c-n-etcd.new", "cke-c-n-etcd.old"]);
    const made = [...engine.held.values()][0];
    expect(made?.spec?.options.HostConfig?.Mounts?.map(({ Source }) => Source)).toEqual(
      expect.arrayContaining(["cke-c-n-etcd.new", "/xfs/c/n.new"]),
    );
    expect(host.directories).toContain("/xfs/c/n.old");
    expect(told()).toContain("cke-k8s-exec -cleanup c/n@old");
    await driver.detach();
  });

  test("removing the new one by order leaves the old one's data", async () => {
    const { engine, host, driver, last, until, names } = withOld();
    driver.launch(launchNode(taskOf("new"), nodeId));
    await until(nodeId, "TASK_RUNNING");
    driver.message(order("new"));
    driver.kill(launchNode(taskOf("new"), nodeId), {});
    await until(nodeId, "TASK_KILLED");
    expect(unitReport(last(nodeId)?.data)?.data).toBe("removed");
    expect([engine.held.size, names(), [...host.directories]]).toEqual([0, ["cke-c-n-etcd.old"], ["/xfs/c/n.old"]]);
  });

  test("an order for another instance than the executor's removes nothing", async () => {
    const { driver, last, until, names } = withOld();
    driver.launch(launchNode(taskOf("new"), nodeId));
    await until(nodeId, "TASK_RUNNING");
    driver.message(order("old"));
    driver.kill(launchNode(taskOf("new"), nodeId), {});
    await until(nodeId, "TASK_KILLED");
    expect(unitReport(last(nodeId)?.data)?.data).toBe("kept");
    expect(names()).toEqual(["cke-c-n-etcd.new", "cke-c-n-etcd.old"]);
  });

  test.each([
    ["of this instance", "new", "removed"],
    ["of another one", "old", "kept"],
  ])("an order %s that comes before the launch", async (_name, instance, fate) => {
    const { driver, last, until } = setUp();
    driver.message(order(instance));
    driver.launch(launchNode(taskOf("new"), nodeId));
    await until(nodeId, "TASK_RUNNING");
    driver.kill(launchNode(taskOf("new"), nodeId), {});
    await until(nodeId, "TASK_KILLED");
    expect(unitReport(last(nodeId)?.data)?.data).toBe(fate);
  });

  test("an executor whose host another instance has taken still removes its own data by order, and nothing of the other's", async () => {
    const { engine, host, driver, last, until, labels } = setUp();
    driver.launch(launchNode(taskOf("old"), nodeId));
    await until(nodeId, "TASK_RUNNING");
    const [owner = ""] = [...host.files.keys()].filter((name) => name.endsWith("/owner"));
    // The other executor: it stops this instance's container, claims the name and makes its own.
    host.files.set(owner, "cke.c.n.9\nnew");
    const ofNew = { ...labels, [labelNames.instance]: "new" };
    const taken = engine.place({ name: "cke-c-n", labels: ofNew });
    engine.heldVolumes.set("cke-c-n-etcd.new", { name: "cke-c-n-etcd.new", labels: ofNew });
    driver.message(order("old"));
    driver.kill(launchNode(taskOf("old"), nodeId), {});
    await until(nodeId, "TASK_KILLED");
    expect(unitReport(last(nodeId)?.data)?.data).toBe("removed");
    expect([[...engine.held.keys()], [...engine.heldVolumes.keys()]]).toEqual([[taken.id], ["cke-c-n-etcd.new"]]);
    expect(host.files.get(owner)).toBe("cke.c.n.9\nnew");
  });

  test("a failed launch takes nothing of the other instance with it", async () => {
    const { engine, driver, until, names } = withOld();
    engine.failOn("start", new Error("no"));
    driver.launch(launchNode(taskOf("new"), nodeId));
    await until(nodeId, "TASK_FAILED");
    expect(names()).toEqual(["cke-c-n-etcd.old"]);
  });
});

describe("the volumes of an instance", () => {
  const asked = (derived: boolean) => [{ name: "v", derived }];
  test.each([
    ["nothing is there", {}, "v.new", false],
    [
      "made without the instance in its name, of this instance",
      { v: { ...ours, [labelNames.instance]: "new" } },
      "v",
      true,
    ],
    ["the same of another instance", { v: { ...ours, [labelNames.instance]: "old" } }, "v.new", false],
    ["of no instance", { v: ours }, "v.new", false],
    ["another node's", { v: { ...ours, [labelNames.node]: "m", [labelNames.instance]: "new" } }, "v.new", false],
    ["another framework's", { v: { ...ours, [labelNames.framework]: "g" } }, "v.new", false],
    [
      "of this instance, under an earlier id of the framework",
      { "v.new": { ...ours, [labelNames.framework]: "g", [labelNames.instance]: "new" } },
      "v.new",
      false,
    ],
    ["made beforehand by somebody", { v: {} }, "v", false],
    [
      "its own, beside one made beforehand",
      { v: {}, "v.new": { ...ours, [labelNames.instance]: "new" } },
      "v.new",
      false,
    ],
  ] as const)("%s", async (_name, held, name, legacy) => {
    const engine = new FakeEngine();
    for (const [key, labels] of Object.entries(held)) engine.heldVolumes.set(key, { name: key, labels });
    const missing = new Set(name in held ? [] : [name]);
    const found = { names: new Map([["v", name]]), missing, legacy };
    expect(await findVolumes(engine, asked(false), identity, "new")).toEqual(found);
  });

  test.each([
    ["another framework's", { ...ours, [labelNames.framework]: "g" }, false],
    ["of an instance", { ...ours, [labelNames.instance]: "old" }, false],
    ["somebody's, under a made-up name", {}, true],
  ])("without an instance, %s is refused", async (_name, labels, derived) => {
    const engine = new FakeEngine();
    engine.heldVolumes.set("v", { name: "v", labels });
    await expect(findVolumes(engine, asked(derived), identity, "")).rejects.toMatchObject({ code: "volume_taken" });
  });

  test("a framework that goes on under another id finds its data, and a removal takes it", async () => {
    const { engine, driver, until, labels } = setUp();
    const past = { ...labels, [labelNames.framework]: "removed", [labelNames.instance]: "new" };
    const dead = engine.place({ name: "cke-c-n", running: false, labels: past });
    engine.heldVolumes.set("cke-c-n-etcd.new", { name: "cke-c-n-etcd.new", labels: past });
    driver.launch(launchNode(taskOf("new"), nodeId));
    await until(nodeId, "TASK_RUNNING");
    expect([engine.held.has(dead.id), [...engine.heldVolumes.values()].map((volume) => volume.labels)]).toEqual([
      false,
      [past],
    ]);
    driver.message(order("new"));
    driver.kill(launchNode(taskOf("new"), nodeId), {});
    await until(nodeId, "TASK_KILLED");
    expect([engine.held.size, engine.heldVolumes.size]).toEqual([0, 0]);
  });

  test("what runs under another id of the framework is not touched: two schedulers on copies of one store", async () => {
    const { engine, driver, until, labels, last } = setUp();
    const other = { ...labels, [labelNames.framework]: "copy", [labelNames.instance]: "new" };
    const running = engine.place({
      name: "cke-c-n",
      labels: { ...other, [labelNames.specHash]: specHash(taskOf("new")) },
    });
    driver.launch(launchNode(taskOf("new"), nodeId));
    await until(nodeId, "TASK_FAILED");
    expect(last(nodeId)?.message).toContain("belongs to framework copy");
    expect([...engine.held.keys()]).toEqual([running.id]);
  });

  test("a node of an earlier version finds its data, directory included, and is removed whole", async () => {
    const { engine, host, driver, until, labels } = setUp();
    const ofOurs = { ...labels, [labelNames.instance]: "new" };
    engine.heldVolumes.set("cke-c-n-etcd", { name: "cke-c-n-etcd", labels: ofOurs });
    host.directories.add("/xfs/c/n");
    driver.launch(launchNode(taskOf("new"), nodeId));
    await until(nodeId, "TASK_RUNNING");
    const made = [...engine.held.values()][0];
    expect(made?.spec?.options.HostConfig?.Mounts?.map(({ Source }) => Source)).toEqual(
      expect.arrayContaining(["cke-c-n-etcd", "/xfs/c/n"]),
    );
    driver.message(order(""));
    driver.kill(launchNode(taskOf("new"), nodeId), {});
    await until(nodeId, "TASK_KILLED");
    expect([engine.heldVolumes.size, host.directories.size]).toEqual([0, 0]);
  });
});
