// A cluster is stopped and started again: in order, with everything that it had.
import { expect, test } from "vitest";
import { logLines } from "../../kubernetes/testing/log-lines.ts";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { settle } from "../testing/manual-clock.ts";
import { Scenario } from "../testing/scenario.ts";

const nodes = [
  { name: "m", type: "master", node_ip: "10.0.0.1" },
  { name: "w", type: "node", node_ip: "10.0.0.2" },
];

/** A master and a worker that run on `a`. */
async function running(): Promise<Scenario> {
  const s = await new Scenario().start();
  s.mesos.addAgent("a");
  await s.clusters.create(smallBody({ nodes }));
  for (let round = 0; round < 3; round += 1) {
    await s.offer();
    await s.running("small", "m");
    await s.running("small", "w");
  }
  await s.seconds(2);
  expect(s.clusters.get("small").status).toBe("running");
  return s;
}

const log = (s: Scenario) => logLines(s.clusters.log("small"));
const statuses = (s: Scenario) => s.clusters.get("small").nodes.map(({ status }) => status);
/** Every executor ends what it is told to, at once; by default nothing ends. */
const held = (s: Scenario) => {
  const { onKill } = s.mesos;
  const killed: string[] = [];
  s.mesos.onKill = (task) => void (task.process === "" && killed.push(task.executorId.split(".")[2] ?? ""));
  return { killed, release: () => Object.assign(s.mesos, { onKill }) };
};

test("a stop ends workers first, then masters; data, addresses and keys stay, and a start brings the same cluster back", async () => {
  const s = await running();
  const keys = (await s.store.list("pki/")).map(({ key, value }) => [key, value]);
  const { killed, release } = held(s);
  expect(await s.clusters.expect("small", undefined, "STOP", "Ann")).toMatch(/stopped: workers and consoles first/);
  await s.seconds(3);
  expect(new Set(killed)).toEqual(new Set(["w"]));
  expect(s.clusters.get("small")).toMatchObject({
    expect: "STOP",
    status: "stopping",
    status_reason: "m: still on a; w: stopping on a",
  });
  expect(s.clusters.state("small").plan.steps).toContainEqual(
    expect.objectContaining({ node: "m", explanation: expect.stringContaining("waits for w") }),
  );
  expect(s.clusters.state("small").plan.workload).toMatchObject({
    goal: "stop",
    by: "Ann",
    status: "going",
    stages: [
      { name: "workers and consoles", units: [{ unit: "w", status: "going" }] },
      { name: "masters", units: [{ unit: "m", status: "waiting", reason: "it waits for w" }] },
    ],
  });
  release();
  await s.seconds(8);
  expect(s.mesos.live()).toEqual([]);
  expect(s.clusters.get("small")).toMatchObject({ status: "stopped", status_reason: "" });
  expect(s.clusters.state("small").plan.workload).toBeNull();
  expect(statuses(s)).toEqual(["killed", "killed"]);
  expect(s.clusters.pending("small")).toEqual([]);
  expect([...s.mesos.hosts.volumes]).toEqual(["a small/m", "a small/w"]);
  await s.offer();
  await s.seconds(6);
  expect(s.mesos.live()).toEqual([]);
  expect(s.mesos.suppressed).toBe(true);
  expect(log(s)).toContainEqual(expect.stringContaining("(asked for by Ann)"));
  expect(log(s).filter((line) => line.includes("everything is stopped:"))).toHaveLength(1);

  // Another scheduler takes over: nothing is launched, whatever is offered.
  await s.restart();
  await s.seconds(30);
  await s.offer();
  expect(s.mesos.live()).toEqual([]);
  expect(s.clusters.get("small").status).toBe("stopped");
  expect(await s.clusters.expect("small", undefined, "STOP", "")).toBe('cluster "small" is to stop already');

  s.mesos.addAgent("b");
  expect(await s.clusters.expect("small", undefined, "RUN", "")).toMatch(/is started/);
  expect(await s.clusters.expect("small", undefined, "RUN", "")).toBe('cluster "small" is to run already');
  expect(s.clusters.get("small").status).toBe("starting");
  expect(s.clusters.state("small").nodes.map(({ failures, failure }) => [failures, failure])).toEqual([
    [0, null],
    [0, null],
  ]);
  await s.offer();
  await s.running("small", "m");
  await s.offer();
  await s.running("small", "w");
  await s.seconds(2);
  expect(s.clusters.get("small")).toMatchObject({ expect: "RUN", status: "running", status_reason: "" });
  expect(s.clusters.get("small").nodes.map(({ real_host, node_ip }) => [real_host, node_ip])).toEqual([
    ["a", "10.0.0.1"],
    ["a", "10.0.0.2"],
  ]);
  expect((await s.store.list("pki/")).map(({ key, value }) => [key, value])).toEqual(keys);
  expect(s.mesos.violations).toEqual([]);
});

test("a scheduler that dies in the middle of a stop: the next one goes on with it, in order", async () => {
  const s = await running();
  const { killed, release } = held(s);
  await s.clusters.expect("small", undefined, "STOP", "");
  await s.seconds(1);
  await s.restart();
  await s.seconds(3);
  expect(new Set(killed)).toEqual(new Set(["w"]));
  release();
  await s.seconds(8);
  expect(s.clusters.get("small").status).toBe("stopped");
});

test("a start in the middle of a stop leaves running what was not ended yet", async () => {
  const s = await running();
  const { release } = held(s);
  await s.clusters.expect("small", undefined, "STOP", "");
  await s.seconds(1);
  await s.clusters.expect("small", undefined, "RUN", "");
  const master = s.id("small", "m");
  release();
  await s.seconds(3);
  await s.offer();
  await s.running("small", "w");
  await s.seconds(2);
  expect(s.id("small", "m")).toBe(master);
  expect(s.clusters.get("small").status).toBe("running");
});

test("a start before a stop has ended a worker is no failure of it: it is launched again at once, as the first time", async () => {
  const s = await running();
  const { release } = held(s);
  await s.clusters.expect("small", "w", "STOP", "");
  await s.seconds(1);
  const before = s.id("small", "w");
  await s.clusters.expect("small", "w", "RUN", "");
  for (const { info, agentId } of s.tasksOf("small", "w")) {
    const state = "TASK_KILLED";
    s.mesos.send({
      type: "UPDATE",
      update: { status: { task_id: info.task_id, state, agent_id: { value: agentId } } },
    });
  }
  await settle();
  release();
  await s.seconds(1);
  expect(s.clusters.get("small").status_reason).not.toContain("KILLED");
  const worker = () => s.clusters.state("small").nodes.find(({ name }) => name === "w");
  expect(worker()).toMatchObject({ failure: null, failures: 0, attempt: 1, next_try: "" });
  await s.offer();
  await s.running("small", "w");
  await s.seconds(2);
  expect(s.clusters.get("small")).toMatchObject({ status: "running", status_reason: "" });
  expect(s.id("small", "w")).not.toBe(before);
});

test("a worker that nobody reaches does not keep the masters running", async () => {
  const s = await running();
  for (const { info, agentId } of s.tasksOf("small", "w")) {
    const status = { task_id: info.task_id, state: "TASK_UNREACHABLE", agent_id: { value: agentId } } as const;
    s.mesos.send({ type: "UPDATE", update: { status } });
  }
  await settle();
  await s.clusters.expect("small", undefined, "STOP", "");
  await s.seconds(3);
  expect(s.launched("small", "m")).toEqual([]);
  expect(s.clusters.get("small")).toMatchObject({
    status: "stopping",
    status_reason: "w: its agent a is out of reach",
  });
});

test("one worker is stopped and started; a master alone is not, an unknown node is 404", async () => {
  const s = await running();
  expect(await s.clusters.expect("small", "w", "STOP", "")).toBe(
    'node "w" is stopped; its data, addresses and keys stay',
  );
  await s.seconds(8);
  expect(s.launched("small", "w")).toEqual([]);
  expect(s.launched("small", "m")).toContain("etcd");
  expect(statuses(s)).toEqual(["running", "killed"]);
  expect(s.clusters.get("small")).toMatchObject({ expect: "RUN", status: "running" });
  // What was asked for is no failure, and the launch after it no second attempt.
  expect(s.clusters.state("small").nodes.find(({ name }) => name === "w")).toMatchObject({
    ...{ failure: null, reason: "it is not to run (expect)", failures: 0, attempt: 1 },
  });
  await s.offer();
  expect(s.launched("small", "w")).toEqual([]);
  await s.clusters.expect("small", "w", "RUN", "");
  await s.offer();
  expect(s.launched("small", "w")).toContain("kubelet");
  await expect(s.clusters.expect("small", "m", "STOP", "")).rejects.toMatchObject({ status: 422 });
  await expect(s.clusters.expect("small", "x", "STOP", "")).rejects.toMatchObject({ status: 404 });
  await expect(s.clusters.expect("none", undefined, "STOP", "")).rejects.toMatchObject({ status: 404 });
});

test("a stopped cluster can be deleted, and then neither be started nor stopped", async () => {
  const s = await running();
  await s.clusters.expect("small", undefined, "STOP", "");
  await s.seconds(8);
  await s.clusters.remove("small");
  await expect(s.clusters.expect("small", undefined, "RUN", "")).rejects.toMatchObject({ status: 409 });
  for (let round = 0; round < 10 && s.clusters.list().length > 0; round += 1) {
    await s.offer();
    await s.seconds(70);
  }
  expect(s.clusters.list()).toEqual([]);
  expect([...s.mesos.hosts.volumes]).toEqual([]);
});

test("a cluster that was created stopped is launched when it is started", async () => {
  const s = await new Scenario().start();
  s.mesos.addAgent("a");
  await s.clusters.create(smallBody({ expect: "STOP" }));
  await s.offer();
  expect(s.clusters.get("small")).toMatchObject({ expect: "STOP", status: "stopped" });
  await s.clusters.expect("small", undefined, "RUN", "");
  await s.offer();
  expect(s.launched("small", "m")).toContain("etcd");
});

test("a stop of an earlier version, which stored no plan for it, goes on in order", async () => {
  const s = await running();
  const { killed, release } = held(s);
  await s.clusters.expect("small", undefined, "STOP", "");
  await s.seconds(1);
  const [entry] = await s.store.list("workloads/");
  const { plan: _, ...record } = JSON.parse(JSON.stringify(entry?.value));
  await s.store.commit([{ op: "put", key: "workloads/small", value: record }]);
  await s.restart();
  await s.seconds(3);
  expect(new Set(killed)).toEqual(new Set(["w"]));
  expect(s.clusters.state("small").plan.workload).toMatchObject({ goal: "stop", by: "", since: "" });
  release();
  await s.seconds(8);
  expect(s.clusters.get("small").status).toBe("stopped");
});

test("a pause holds a stop where it is, a resume lets it go on; what was asked for after a pause is not held by it", async () => {
  const s = await running();
  await s.clusters.changePlan("small", "pause", {}, "");
  await s.seconds(1);
  const { killed, release } = held(s);
  await s.clusters.expect("small", undefined, "STOP", "");
  await s.seconds(1);
  expect(killed).toContain("w");
  await s.clusters.changePlan("small", "resume", {}, "");
  await s.clusters.changePlan("small", "pause", {}, "Bo");
  release();
  await s.seconds(8);
  expect(s.launched("small", "w")).toEqual([]);
  expect(s.launched("small", "m")).toContain("etcd");
  const paused = s.clusters.state("small").plan.workload;
  expect(paused).toMatchObject({ status: "paused", reason: expect.stringContaining("Bo") });
  await s.restart();
  await s.seconds(8);
  expect(s.launched("small", "m")).toContain("etcd");
  await s.clusters.changePlan("small", "resume", {}, "");
  await s.seconds(8);
  expect(s.clusters.get("small").status).toBe("stopped");
});

test("a worker that does not end is skipped: the masters stop without it, and a retry waits for it again", async () => {
  const s = await running();
  const { killed, release } = held(s);
  await s.clusters.expect("small", undefined, "STOP", "");
  await s.seconds(3);
  expect(killed).not.toContain("m");
  await expect(s.clusters.changePlan("small", "skip", { node: "m" }, "")).rejects.toMatchObject({ status: 422 });
  expect(await s.clusters.changePlan("small", "skip", { node: "w" }, "")).toContain('nobody waits for node "w"');
  expect(killed).toContain("m");
  expect(await s.clusters.changePlan("small", "retry", {}, "")).toContain("waits again");
  expect(s.clusters.state("small").plan.workload?.stages[0]?.units).toMatchObject([{ unit: "w", status: "going" }]);
  await s.clusters.changePlan("small", "skip", { node: "w" }, "");
  const { onKill } = s.mesos;
  release();
  const ends = s.mesos.onKill;
  s.mesos.onKill = (task) => (task.executorId.split(".")[2] === "w" ? onKill(task) : ends(task));
  await s.seconds(8);
  expect(s.launched("small", "m")).toEqual([]);
  expect(s.clusters.get("small")).toMatchObject({ status: "stopping", status_reason: "w: stopping on a" });
  expect(s.clusters.state("small").plan.workload).toMatchObject({
    status: "waiting",
    reason: expect.stringContaining("w: nobody waits for it"),
  });
  release();
  await s.seconds(8);
  expect(s.clusters.state("small").plan.workload).toBeNull();
});
