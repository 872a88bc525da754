// A worker that runs is drained before it is replaced, and goes elsewhere where there is room; its Node object stays.
import { expect, test } from "vitest";
import { logLines } from "../../kubernetes/testing/log-lines.ts";
import type { Scenario } from "../testing/scenario.ts";
import { gentle, running } from "../testing/scenarios/workers.ts";

const agentOf = (s: Scenario) => s.task("small", "w").agentId;
const change = (s: Scenario) => s.clusters.state("small").plan.changes[0];
const keysOf = async (s: Scenario) => (await s.keys()).filter((key) => key === "pki/small/nodes/w");
const db = { namespace: "shop", name: "db-0", node: "w", owner: "StatefulSet", labels: { app: "db" } };

test("it is cordoned and drained, ends with its data, and another one begins on another agent; then pods may come again", async () => {
  const { s, api } = await running();
  s.mesos.addAgent("b");
  api.pods = [{ namespace: "a", name: "web", node: "w", owner: "ReplicaSet" }];
  const old = s.task("small", "w").executorId;
  expect(await s.nodes.replace("small", "w", "ann")).toBe(
    'node "w" of cluster "small" is being replaced: it is cordoned and drained for 600 s at most, as PodDisruptionBudgets allow, then it ends on a, and its data goes; another instance begins under its name and address, on another agent than a where one has room within 30 s, else on any; GET …/state shows how far it is',
  );
  expect(change(s)?.stages.map(({ name }) => name)).toEqual(["cordon", "drain", "replace", "let pods come again"]);
  await s.seconds(10);
  expect([api.pods, s.mesos.live().filter(({ executorId }) => executorId === old)]).toEqual([[], []]);
  // The agent that it had has room, and another one is better.
  await s.offer("a");
  expect(s.launched("small", "w")).toEqual([]);
  expect(s.clusters.pending("small")[0]).toMatchObject({
    node: "w",
    summary: expect.stringContaining("another agent than a is looked for until"),
    refusals: [{ kind: "host", examples: [{ host: "a", words: expect.stringContaining("is looked for first") }] }],
  });
  await s.offer("b");
  expect(agentOf(s)).toBe("S-b");
  expect(api.nodes.get("w")?.unschedulable).toBe(true);
  await s.running("small", "w");
  await s.seconds(5);
  expect(api.nodes.get("w")).toMatchObject({ unschedulable: false, annotations: {} });
  expect(change(s)).toBeUndefined();
});

test("while its executor does not end it the cluster is degraded, and the state of the node says what is waited for", async () => {
  const { s } = await running();
  const { onKill } = s.mesos;
  s.mesos.onKill = () => undefined; // its executor does not answer
  await s.nodes.replace("small", "w", "ann");
  await s.seconds(60);
  const waits = "it is still on a, where its executor is told to end it";
  const shown = () => ({ cluster: s.clusters.state("small"), node: s.clusters.state("small").nodes[1] });
  expect(shown().cluster).toMatchObject({ status: "degraded", status_reason: `w: is being replaced, ${waits}` });
  expect(shown().node).toMatchObject({
    ...{ name: "w", expect: "FINISHED", status: "killing" },
    reason: `is being replaced (replace): ${waits}`,
  });
  s.mesos.onKill = onKill;
  await s.seconds(120);
  expect(shown()).toMatchObject({ cluster: { status: "degraded" }, node: { expect: "RUN" } });
  await launched(s);
  expect(shown()).toMatchObject({ cluster: { status: "running", status_reason: "" } });
  expect(shown().node?.reason).not.toContain("replaced");
});

test("where no other agent has room it takes the one that it had", async () => {
  const { s } = await running();
  s.mesos.addAgent("b");
  await s.nodes.replace("small", "w", "");
  await s.seconds(20);
  await s.offer("a");
  expect(s.launched("small", "w")).toEqual([]);
  await s.seconds(40);
  await s.offer("a");
  expect(agentOf(s)).toBe("S-a");
});

test("where there is no other agent it is launched at once", async () => {
  const { s } = await running();
  expect(await s.nodes.replace("small", "w", "")).toContain("on a, for there is no other agent");
  await s.seconds(20);
  await s.offer("a");
  expect(agentOf(s)).toBe("S-a");
});

test("what an operator has cordoned stays so", async () => {
  const { s, api } = await running();
  Object.assign(api.nodes.get("w") ?? {}, { unschedulable: true });
  await s.nodes.replace("small", "w", "");
  await s.seconds(60);
  await launched(s);
  expect(change(s)).toBeUndefined();
  expect(api.nodes.get("w")?.unschedulable).toBe(true);
});

test("what an earlier replacement has left cordoned takes pods again", async () => {
  const { s, api } = await running();
  Object.assign(api.nodes.get("w") ?? {}, { unschedulable: true, annotations: { "cke-cordoned": "an earlier plan" } });
  await s.nodes.replace("small", "w", "");
  await s.seconds(60);
  await launched(s);
  expect(change(s)).toBeUndefined();
  expect(api.nodes.get("w")).toMatchObject({ unschedulable: false, annotations: {} });
});

/** It is launched, and runs. */
async function launched(s: Scenario): Promise<void> {
  await s.offer("a");
  await s.running("small", "w");
  await s.seconds(5);
}

test("a pod that may not go holds it, its keys stay meanwhile, and force goes on", async () => {
  const { s, api } = await running();
  api.pods = [db];
  api.budgets.set("db-stays", { app: "db" });
  await s.nodes.replace("small", "w", "ann");
  await s.seconds(5);
  expect(change(s)?.stages[1]?.units[0]).toMatchObject({
    status: "going",
    reason: "waits for the eviction of pod shop/db-0: PodDisruptionBudget db-stays does not allow it now",
  });
  expect(s.clusters.state("small")).toMatchObject({
    status: "degraded",
    status_reason: "w: to be replaced, still on a",
  });
  expect(s.clusters.state("small").nodes[1]?.reason).toBe(
    "is being replaced (drain): waits for the eviction of pod shop/db-0: PodDisruptionBudget db-stays does not allow it now",
  );
  expect(s.launched("small", "w")).toContain("kubelet");
  expect(await keysOf(s)).toEqual(["pki/small/nodes/w"]);
  await s.seconds(600);
  expect(change(s)).toMatchObject({
    status: "failed",
    reason: expect.stringContaining("POST …/replace?force=true goes on without regard to budgets"),
  });
  expect(await s.nodes.replace("small", "w", "bob", { ...gentle, force: true })).toContain("goes on without regard");
  await s.seconds(60);
  expect([api.pods, await keysOf(s)]).toEqual([[], []]);
  await launched(s);
  expect(change(s)).toBeUndefined();
});

test("a skip of the last step says that the node stays cordoned, and what ends that", async () => {
  const { s, api } = await running();
  await s.nodes.replace("small", "w", "");
  await s.seconds(60);
  await s.offer("a");
  await s.seconds(5);
  expect(change(s)?.stages.at(-1)?.units[0]).toMatchObject({ status: "going" });
  expect(await s.clusters.changePlan("small", "skip", { node: "w" }, "ann")).toContain(
    "no pod comes until you let it (kubectl uncordon), or until it is replaced again while it runs",
  );
  await s.running("small", "w");
  await s.seconds(5);
  expect([change(s), api.nodes.get("w")?.unschedulable]).toEqual([undefined, true]);
});

test("what was cordoned for it takes pods as soon as nothing can come before the other instance: the plan waits for none", async () => {
  const { s, api } = await running();
  const w = api.nodes.get("w");
  await s.nodes.replace("small", "w", "");
  await s.seconds(60);
  expect([change(s)?.stages.at(-1)?.units[0]?.status, w?.unschedulable]).toEqual(["going", true]);
  // Kubernetes has noticed that its kubelet is gone, and keeps pods off by a taint of its own.
  Object.assign(api.nodes.get("w") ?? {}, { ready: "Unknown" });
  await s.seconds(5);
  expect(change(s)).toBeUndefined();
  expect(api.nodes.get("w")).toMatchObject({ unschedulable: false, annotations: {} });
});

test("a node that is stopped meanwhile is not left cordoned: it takes pods when it is started", async () => {
  const { s, api } = await running();
  await s.nodes.replace("small", "w", "");
  await s.seconds(60);
  await s.nodes.change("small", "w", { expect: "STOP" }, "");
  await s.seconds(10);
  expect(change(s)).toBeUndefined();
  expect(api.nodes.get("w")).toMatchObject({ unschedulable: false, annotations: {} });
});

test("one out of reach is neither drained nor waited for", async () => {
  const { s, api } = await running();
  api.pods = [db];
  api.budgets.set("db-stays", { app: "db" });
  for (const { info } of s.tasksOf("small", "w")) s.mesos.update(info.task_id.value, "TASK_UNREACHABLE");
  await s.seconds(2);
  const asked = api.asked.length;
  const instance = async () =>
    JSON.stringify((await s.store.get("units/small/w"))?.value).match(/"instance":"[^"]+"/)?.[0];
  const before = await instance();
  expect(await s.nodes.replace("small", "w", "")).toContain("nothing is waited for on a, which is out of reach");
  await s.seconds(2);
  expect([change(s), api.asked.slice(asked), (await instance()) === before]).toEqual([undefined, [], false]);
});

test("it is not stopped alone before the other instance has begun: a stop would keep what is to go", async () => {
  const { s, api } = await running();
  api.pods = [db];
  api.budgets.set("db-stays", { app: "db" });
  await s.nodes.replace("small", "w", "");
  await s.seconds(5);
  await expect(s.nodes.change("small", "w", { expect: "STOP" }, "")).rejects.toMatchObject({
    status: 409,
    message: expect.stringMatching(/is being replaced.*plan\/skip \{"node": "w"\}/),
  });
  expect(s.launched("small", "w")).toContain("kubelet");
  await s.clusters.changePlan("small", "skip", { node: "w" }, "");
  await s.seconds(60);
  expect([...s.mesos.hosts.volumes]).toEqual(["a small/m"]);
  await s.nodes.change("small", "w", { expect: "STOP" }, "");
  expect(s.clusters.get("small").nodes[1]?.expect).toBe("STOP");
});

test("a stop of the cluster while it is drained gives the replacement up: it is started with the data that it has, and takes pods", async () => {
  const { s, api } = await running();
  api.pods = [db];
  api.budgets.set("db-stays", { app: "db" });
  await s.nodes.replace("small", "w", "");
  await s.seconds(5);
  expect(api.nodes.get("w")?.unschedulable).toBe(true);
  const words = await s.clusters.expect("small", undefined, "STOP", "");
  await s.seconds(30);
  expect(s.clusters.get("small").status).toBe("stopped");
  api.budgets.clear();
  await s.clusters.expect("small", undefined, "RUN", "");
  for (const name of ["m", "w"]) {
    await s.offer("a");
    await s.running("small", name);
  }
  await s.seconds(30);
  expect(s.clusters.get("small")).toMatchObject({ status: "running", status_reason: "" });
  expect(logLines(s.clusters.log("small")).filter((line) => line.includes("another instance"))).toEqual([]);
  expect([change(s), api.nodes.get("w")?.unschedulable, agentOf(s)]).toEqual([undefined, false, "S-a"]);
  expect(words).toContain("the replacement of w is given up: ask for it again after a start");
});

test("a plan of a stopped node that waits for the API server: a refusal names the ways out, and a skip is one", async () => {
  const { s, api } = await running();
  await s.nodes.replace("small", "w", "");
  await s.seconds(60);
  api.reachable = false;
  await s.nodes.change("small", "w", { expect: "STOP" }, "");
  await s.seconds(60);
  await expect(s.nodes.replace("small", "w", "")).rejects.toMatchObject({
    status: 409,
    message: expect.stringMatching(/\(replace\).*is stopped.*\{"expect": "RUN"\}.*POST …\/plan\/skip \{"node": "w"\}/),
  });
  await s.clusters.changePlan("small", "skip", { node: "w" }, "");
  await s.seconds(5);
  expect(change(s)).toBeUndefined();
  expect(await s.nodes.replace("small", "w", "")).toContain("another instance begins");
  const { message } = await s.nodes.change("small", "w", { expect: "RUN" }, "");
  expect(message).toBe('node "w" is started: it begins without data, for it has none');
});

test("one that is stopped and still ends: the answer says that it must be started, and the start that there is no data", async () => {
  for (const early of [true, false]) {
    const { s } = await running();
    const { onKill } = s.mesos;
    s.mesos.onKill = () => undefined; // its end takes a while
    await s.nodes.change("small", "w", { expect: "STOP" }, "");
    await s.seconds(2);
    const start = 'it is stopped: start it (PATCH {"expect": "RUN"})';
    expect(await s.nodes.replace("small", "w", "")).toContain(`${start}, and then another instance begins`);
    if (early) {
      const { message } = await s.nodes.change("small", "w", { expect: "RUN" }, "");
      expect(message).toContain("its replacement goes on, and another instance begins without data");
      continue;
    }
    s.mesos.onKill = onKill;
    await s.seconds(120);
    expect(change(s)).toBeUndefined();
    const { message } = await s.nodes.change("small", "w", { expect: "RUN" }, "");
    expect(message).toBe('node "w" is started: it begins without data, for it has none');
  }
});
