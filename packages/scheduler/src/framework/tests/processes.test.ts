// An operator restarts, changes, stops and starts single processes: what is stored, what their executors are sent, and what a
// scheduler that dies at any commit makes of it.
import type { ProcessTask } from "@cke/protocol";
import { describe, expect, test } from "vitest";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import { Death, DyingStore } from "../testing/dying-store.ts";
import { settle } from "../testing/manual-clock.ts";
import { launchedProcess, Scenario } from "../testing/scenario.ts";
import { follow, ordersSince } from "../testing/scenarios/process-orders.ts";

const etcd = { cluster: "small", node: "m", process: "etcd" };
const put = (s: Scenario, body: unknown, process = "etcd") =>
  s.processes.change({ ...etcd, process }, body, "ann", true);
const stateOf = (s: Scenario, process = "etcd") =>
  s.clusters.state("small").nodes[0]?.processes.find(({ name }) => name === process);
const launchedWith = (s: Scenario, process = "etcd"): ProcessTask | undefined =>
  launchedProcess(s.task("small", "m", process));
const revisionOf = (process: ProcessTask | undefined) =>
  process?.spec?.environment.find(({ name }) => name === "CKE_REVISION")?.value;
const rendering = async (s: Scenario) => (await s.store.get("renderings/small/m"))?.value;

/** The node is launched again, after its container has died. */
async function relaunch(s: Scenario) {
  for (const { info } of s.tasksOf("small", "m")) s.mesos.update(info.task_id.value, "TASK_FAILED");
  await settle();
  await s.seconds(10);
  await s.offer();
  await s.running("small", "m");
}

describe("a restart", () => {
  test("is one message to one executor, about one process, until it is reported; no task ends or begins", async () => {
    const s = await Scenario.running("a");
    const tasks = s.tasksOf("small", "m").map(({ info }) => info.task_id.value);
    const calls = s.mesos.calls.length;
    expect(await put(s, {})).toEqual({ message: 'etcd of node "m" is restarted', warnings: [] });
    await s.seconds(1);
    const [order, ...more] = ordersSince(s, calls);
    expect([order?.spec?.name, revisionOf(order), order?.spec?.command, more]).toEqual([
      "etcd",
      "1",
      launchedWith(s)?.spec?.command,
      [],
    ]);
    expect(stateOf(s)?.change).toBe("a change that was asked for is under way");
    await s.seconds(7);
    expect(ordersSince(s, calls).length).toBeGreaterThan(1);
    if (order !== undefined) await follow(s, "small", "m", order);
    expect(stateOf(s)).toMatchObject({ change: "", outdated: false, status: "running" });
    const quiet = s.mesos.calls.length;
    await s.seconds(120);
    expect(ordersSince(s, quiet)).toEqual([]);
    expect(s.tasksOf("small", "m").map(({ info }) => info.task_id.value)).toEqual(tasks);
    expect(s.callsOf("KILL")).toEqual([]);
    expect(s.clusters.json("small")).toEqual(s.clusters.json("small"));
    expect(JSON.stringify(s.clusters.json("small"))).not.toContain("etcd");
  });

  test("changes nothing of the other processes, whose launch data stays byte for byte", async () => {
    const s = await Scenario.running("a");
    const before = new Map(s.tasksOf("small", "m").map(({ process, info }) => [process, info.data]));
    await put(s, {});
    await put(s, { options: ["--quota-backend-bytes=1"] });
    await relaunch(s);
    for (const { process, info } of s.tasksOf("small", "m"))
      if (process !== "" && process !== "etcd") expect(info.data).toBe(before.get(process));
    expect(launchedWith(s)?.spec?.command).toContain("--quota-backend-bytes=1");
    expect(revisionOf(launchedWith(s))).toBe("2");
  });

  test.each(["before", "after"] as const)(
    "killed right %s it is stored, it happens wholly or not at all, once",
    async (when) => {
      const memory = new MemoryStore();
      let at = "";
      const store = new DyingStore(memory, (now) => {
        if (now === at) throw new Death("killed");
      });
      const s = await new Scenario({ store }).start();
      s.mesos.addAgent("a");
      await s.clusters.create(smallBody());
      await s.offer();
      await s.running("small", "m");
      at = when;
      await expect(put(s, { options: ["--quota-backend-bytes=1"] })).rejects.toThrow("killed");
      at = "";
      const calls = s.mesos.calls.length;
      await s.restart(memory);
      await s.seconds(1);
      const orders = ordersSince(s, calls);
      expect(orders.map(revisionOf)).toEqual(when === "before" ? [] : ["1"]);
      expect(JSON.stringify(s.clusters.json("small")).includes("quota-backend")).toBe(when === "after");
      await s.restart(memory);
      await s.seconds(1);
      expect(new Set(ordersSince(s, calls).map(revisionOf)).size).toBe(orders.length);
    },
  );

  test("survives a scheduler that dies after it was sent, and is not asked for twice", async () => {
    const s = await Scenario.running("a");
    const calls = s.mesos.calls.length;
    await put(s, {});
    await s.seconds(1);
    await s.restart();
    await s.seconds(1);
    const versions = ordersSince(s, calls).map(({ version }) => version);
    expect([versions.length, new Set(versions).size]).toEqual([2, 1]);
    const [order] = ordersSince(s, calls);
    if (order !== undefined) await follow(s, "small", "m", order);
    await s.restart();
    const quiet = s.mesos.calls.length;
    await s.seconds(60);
    expect(ordersSince(s, quiet)).toEqual([]);
  });

  test("of a process whose task has ended launches it at once, with what is wanted now", async () => {
    const s = await Scenario.running("a");
    for (let failed = 0; failed < 3; failed += 1) {
      s.mesos.update(s.id("small", "m", "etcd"), "TASK_FAILED", { message: "exit code 1" });
      await settle();
      if (failed === 2) break;
      await s.seconds(10);
      await s.offer();
    }
    expect((await put(s, { expect: "STOP" })).message).not.toContain("launched again");
    expect((await put(s, { options: ["--quota-backend-bytes=2"], expect: "RUN" })).message).toContain(
      "it is launched again now",
    );
    expect(await s.processes.settled(etcd, 0, new AbortController().signal)).toEqual({
      done: false,
      words: "it ended and is tried again: exit code 1 (TASK_FAILED)",
    });
    await s.offer();
    expect(launchedWith(s)?.spec?.command).toContain("--quota-backend-bytes=2");
  });

  test("waits for a node that does not run until it does", async () => {
    const s = await Scenario.created("a");
    expect((await put(s, {})).message).toBe(
      'etcd of node "m" does not run, for its node does not: nothing is restarted, and it starts with its node',
    );
    expect(await s.processes.settled(etcd, 60_000, new AbortController().signal)).toMatchObject({ done: true });
    await s.offer();
    expect(revisionOf(launchedWith(s))).toBe("1");
    const calls = s.mesos.calls.length;
    await s.running("small", "m");
    await s.seconds(60);
    expect(ordersSince(s, calls)).toEqual([]);
  });

  test("an executor of an earlier version is sent nothing: the process gets a new task in it, also after a pause", async () => {
    const s = await Scenario.running("a");
    const old = s.id("small", "m", "etcd");
    s.mesos.update(old, "TASK_RUNNING", { healthy: true, data: s.healthyReport("etcd") });
    await settle();
    const calls = s.mesos.calls.length;
    await s.clusters.changePlan("small", "pause", {}, "ann");
    expect((await put(s, {})).message).toContain("by a new task: its executor is of an earlier version of CKE");
    await s.restart();
    await s.seconds(5);
    expect([s.callsOf("KILL"), s.id("small", "m", "etcd")]).toEqual([[], old]);
    await s.clusters.changePlan("small", "resume", {}, "ann");
    await s.seconds(2);
    await s.offer();
    expect(s.id("small", "m", "etcd")).toBe(`${old}.2`);
    expect([revisionOf(launchedWith(s)), s.callsOf("KILL").length]).toEqual(["1", 1]);
    expect(stateOf(s)).toMatchObject({ attempt: 1, failure: null });
    await s.running("small", "m");
    await s.seconds(60);
    expect([ordersSince(s, calls), s.id("small", "m", "etcd")]).toEqual([[], `${old}.2`]);
  });

  test("an executor of an earlier version cannot stop or limit: that comes with the next launch of its node", async () => {
    const s = await Scenario.running("a");
    s.mesos.update(s.id("small", "m", "etcd"), "TASK_RUNNING", { healthy: true, data: s.healthyReport("etcd") });
    await settle();
    for (const body of [{ expect: "STOP" }, { res: { memory: 512 } }])
      expect((await put(s, body)).message).toContain("with the next launch of its node");
    await s.seconds(30);
    await s.offer();
    expect([s.callsOf("KILL"), s.launched("small", "m").length]).toEqual([[], 6]);
  });
});

describe("a change", () => {
  test("of options, envs and cmd is in the JSON of the cluster, which can be posted again", async () => {
    const s = await Scenario.running("a");
    const body = { options: ["--quota-backend-bytes=1"], envs: { GOGC: "50" }, cmd: "/opt/etcd", expect: "RUN" };
    const { message } = await put(s, body);
    expect(message).toBe('etcd of node "m" is restarted with its new command and options and environment');
    const [json] = await Promise.all([s.clusters.json("small")]);
    expect(json).toMatchObject({
      kubenodes: [
        {
          process: expect.arrayContaining([
            {
              name: "etcd",
              type: "etcd",
              res: { cpu: 0.1, memory: 256 },
              cmd: "/opt/etcd",
              options: ["--quota-backend-bytes=1"],
              envs: [{ key: "GOGC", value: "50" }],
            },
          ]),
        },
      ],
    });
    expect(stateOf(s)?.outdated).toBe(false);
    await s.clusters.remove("small");
    for (const { info } of s.tasksOf("small", "m")) s.mesos.update(info.task_id.value, "TASK_KILLED");
    await settle();
    await s.seconds(5);
    await s.clusters.create(json);
    expect(s.clusters.json("small")).toEqual(json);
  });

  test("reports all problems at once and stores nothing; unknown fields are warned of", async () => {
    const s = await Scenario.running("a");
    const before = [await rendering(s), s.clusters.json("small")];
    const bad = { options: ["--name=x", "-data-dir /tmp"], envs: { DOCKER_REGISTRY: "x" }, name: "other", cmdd: "" };
    await expect(put(s, bad)).rejects.toMatchObject({
      status: 400,
      problems: [
        { path: "name", message: expect.stringContaining('stays "etcd"') },
        { path: "options[0]", message: expect.stringContaining("cannot be changed") },
        { path: "options[1]", message: expect.stringContaining("cannot be changed") },
        { path: "envs[0]", message: expect.stringContaining("cannot be changed") },
      ],
      warnings: [expect.stringContaining('did you mean "cmd"')],
    });
    for (const body of [{ expect: "FINISHED" }, { cmd: "etcd" }, { options: 3 }, [], "x", { res: { cpu: "1" } }])
      await expect(put(s, body)).rejects.toMatchObject({ status: 400 });
    await expect(put(s, {}, "nobody")).rejects.toMatchObject({ status: 404, message: expect.stringContaining("etcd") });
    expect([await rendering(s), s.clusters.json("small")]).toEqual(before);
    const noted = await put(s, { note: "x", options: [] });
    expect(noted.warnings).toEqual([expect.stringContaining("note is not a known field")]);
  });

  test("is refused for a cluster that is being deleted", async () => {
    const s = await Scenario.running("a");
    const removal = s.clusters.remove("small");
    await expect(put(s, {})).rejects.toMatchObject({ status: 409 });
    await removal;
  });
});

describe("a stopped process", () => {
  test("stops in its task, stays stopped over a relaunch of its node and of the scheduler, and starts again", async () => {
    const s = await Scenario.running("a");
    const calls = s.mesos.calls.length;
    expect((await put(s, { expect: "STOP" }, "controller")).message).toContain("stays stopped");
    await s.seconds(1);
    const [order] = ordersSince(s, calls);
    expect(order).toMatchObject({ stopped: true, spec: { name: "controller" } });
    expect(revisionOf(order)).toBeUndefined();
    if (order !== undefined) await follow(s, "small", "m", order);
    expect(stateOf(s, "controller")).toMatchObject({ status: "killed", expect: "STOP", change: "" });
    // It is as it is to be, and so is the node.
    expect(s.clusters.get("small")).toMatchObject({ status: "running", nodes: [{ status: "running" }] });
    await relaunch(s);
    expect(launchedWith(s, "controller")?.stopped).toBe(true);
    await s.restart();
    expect(s.clusters.json("small")).toMatchObject({
      kubenodes: [
        { process: expect.arrayContaining([expect.objectContaining({ name: "controller", expect: "STOP" })]) },
      ],
    });
    const later = s.mesos.calls.length;
    expect((await put(s, { expect: "RUN" }, "controller")).message).toBe('controller of node "m" is to run');
    await s.seconds(1);
    expect(ordersSince(s, later)).toMatchObject([{ stopped: false, spec: { name: "controller" } }]);
  });

  test("may be in the body of a cluster", async () => {
    const s = await new Scenario().start();
    s.mesos.addAgent("a");
    const process = [{ name: "controller", type: "controller", expect: "STOP" }];
    await s.clusters.create(smallBody({ nodes: [{ name: "m", type: "master", node_ip: "10.0.0.1", process }] }));
    await s.offer();
    expect(launchedWith(s, "controller")?.stopped).toBe(true);
  });

  test("that a node needs makes its cluster less than running", async () => {
    const s = await Scenario.running("a");
    const calls = s.mesos.calls.length;
    await put(s, { expect: "STOP" });
    await s.seconds(1);
    const [order] = ordersSince(s, calls);
    if (order !== undefined) await follow(s, "small", "m", order);
    expect(s.clusters.get("small").nodes[0]?.processes[0]).toMatchObject({ name: "etcd", status: "killed" });
  });
});
