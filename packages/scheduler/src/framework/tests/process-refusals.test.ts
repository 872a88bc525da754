// A request about a process that cannot be meant as it is written.
import { expect, test } from "vitest";
import { clusterRecordSchema } from "../../kubernetes/cluster/cluster-record.ts";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { Scenario } from "../testing/scenario.ts";

const put = (s: Scenario, body: unknown, node = "m", process = "etcd") =>
  s.processes.change({ cluster: "small", node, process }, body, "ann", true);
const rendering = async (s: Scenario) => (await s.store.get("renderings/small/m"))?.value;

test("a body without a field that is known restarts nothing: a misspelt one must not end a process", async () => {
  const s = await Scenario.running("a");
  const before = await rendering(s);
  for (const body of [{ optionss: ["--v=2"] }, { name: "etcd", envss: {} }])
    await expect(put(s, body)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("nothing was done"),
      warnings: [expect.stringContaining("did you mean")],
    });
  expect(await rendering(s)).toEqual(before);
});

test("resources without a figure change nothing, and are refused", async () => {
  const s = await Scenario.running("a");
  const before = await rendering(s);
  for (const res of [{}, { cpus: 2 }])
    await expect(put(s, { res })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("res: names neither cpu nor mem"),
    });
  expect(await rendering(s)).toEqual(before);
});

test("null restarts nothing", async () => {
  const s = await Scenario.running("a");
  const before = await rendering(s);
  await expect(put(s, null)).rejects.toMatchObject({ status: 400, message: expect.stringContaining("null is none") });
  expect(await rendering(s)).toEqual(before);
});

test("a process that is stopped is not restarted, and takes other options without a start", async () => {
  const s = await Scenario.running("a");
  await put(s, { expect: "STOP" });
  const before = await rendering(s);
  await expect(put(s, {})).rejects.toMatchObject({
    status: 409,
    message:
      'etcd is stopped, and stays so until it is to run again: nothing is restarted. {"expect": "RUN"} starts it',
  });
  expect(await rendering(s)).toEqual(before);
  expect((await put(s, { options: ["--snapshot-count=5000"] })).message).toBe(
    'etcd of node "m" gets its new options, and stays stopped until it is to run again ({"expect": "RUN"})',
  );
  expect((await put(s, { options: [], expect: "RUN" })).message).toBe(
    'etcd of node "m" is restarted with its new options',
  );
  expect((await put(s, {})).message).toBe('etcd of node "m" is restarted');
});

test("a cluster that has had too much text for long is refused more of it only", async () => {
  const s = await Scenario.running("a");
  const entry = await s.store.get("workloads/small");
  const cluster = clusterRecordSchema.parse(entry?.value);
  const options = Array.from({ length: 7 }, (_, index) => `--v=${index}${"x".repeat(60_000)}`);
  const nothing = { cmd: "", envs: [], attributes: [], expect: "RUN" };
  const etcd = { ...nothing, name: "etcd", type: "etcd", options, res: { cpu: 0.1, mem: 512 } };
  const units = cluster.spec.units.map((unit) => ({ ...unit, processes: [etcd] }));
  await s.store.commit([
    { op: "put", key: "workloads/small", value: { ...cluster, spec: { ...cluster.spec, units } } },
  ]);
  await s.restart();
  await s.seconds(2);
  expect((await put(s, {})).message).toBe('etcd of node "m" is restarted');
  await put(s, { res: { memory: 600 } });
  await put(s, { expect: "STOP" });
  await put(s, { expect: "RUN" });
  await put(s, { res: { memory: 4_096 } }, "m", "apiserver");
  await expect(put(s, { options: ["--more"] }, "m", "apiserver")).rejects.toMatchObject({
    status: 422,
    message: expect.stringContaining("at most 400000 are allowed"),
  });
  await put(s, { options: options.slice(0, 6).map((text) => text.slice(0, 10_000)) });
  await put(s, { options: ["--more"] }, "m", "apiserver");
});

test("nothing of a node that is being removed changes", async () => {
  const s = await Scenario.running("a");
  await s.nodes.add("small", { name: "n", type: "node", node_ip: "10.0.0.2" }, "ann");
  await s.nodes.remove("small", ["n"], { force: false, drainSeconds: 600 }, "ann");
  for (const body of [{}, { expect: "STOP" }, { res: { memory: 64 } }])
    await expect(put(s, body, "n", "kubelet")).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining('node "n" is being removed'),
    });
});

test("an etcd without which its cluster has no quorum is stopped by force only", async () => {
  const s = await new Scenario().start();
  s.mesos.addAgent("a");
  const masters = ["m", "m1", "m2"];
  const nodes = masters.map((name, index) => ({ name, type: "master", node_ip: `10.0.0.${index + 1}` }));
  await s.clusters.create(smallBody({ nodes }));
  await s.offer("a");
  for (const name of masters) await s.running("small", name);
  const stop = (node: string, force: boolean) =>
    s.processes.change({ cluster: "small", node, process: "etcd" }, { expect: "STOP" }, "ann", force);
  await stop("m", false);
  await expect(stop("m1", false)).rejects.toMatchObject({
    ...{ status: 409, code: "process_change_refused" },
    message: expect.stringContaining("3 masters, of which 2 are needed; healthy beside it: m2"),
  });
  // It is stopped already.
  await stop("m", false);
  await stop("m1", true);
  const stopped = (node: string) =>
    s.clusters
      .state("small")
      .nodes.find(({ name }) => name === node)
      ?.processes.find(({ name }) => name === "etcd");
  expect(masters.map((node) => stopped(node)?.expect)).toEqual(["STOP", "STOP", "RUN"]);
});

test("a master that is stopped as a node does not count, also while another one's etcd restarts", async () => {
  const s = await new Scenario().start();
  s.mesos.addAgent("a");
  const masters = ["m", "m1", "m2"];
  const nodes = masters.map((name, index) => ({
    ...{ name, type: "master", node_ip: `10.0.0.${index + 1}` },
    expect: name === "m2" ? "STOP" : "RUN",
  }));
  await s.clusters.create(smallBody({ nodes }));
  await s.offer("a");
  for (const name of masters) await s.running("small", name);
  expect(s.launched("small", "m2")).toEqual([]);
  s.mesos.update(s.id("small", "m1", "etcd"), "TASK_RUNNING", { healthy: false });
  await s.seconds(1);
  await expect(
    s.processes.change({ cluster: "small", node: "m", process: "etcd" }, { expect: "STOP" }, "ann", false),
  ).rejects.toMatchObject({ status: 409, message: expect.stringContaining("healthy beside it: none") });
});

test("a cluster whose etcd is stopped on request has failed, and says why, until it is to run again", async () => {
  const s = await Scenario.running("a");
  const now = () => {
    const { status, status_reason } = s.clusters.get("small");
    return [status, status_reason];
  };
  const failed = ["failed", "no quorum: etcd of m is stopped on request (expect: STOP)"];
  expect(now()).toEqual(["running", ""]);
  await put(s, { expect: "STOP" });
  expect(now()).toEqual(failed);
  await s.clusters.expect("small", undefined, "STOP", "");
  await s.seconds(10);
  expect(now()).toEqual(["stopped", ""]);
  await s.clusters.expect("small", undefined, "RUN", "");
  expect(now()).toEqual([failed[0], `${failed[1]}; m: not launched yet`]);
  await put(s, { expect: "RUN" });
  expect(now()).toEqual(["starting", "m: not launched yet"]);
});

test("a process whose node is being stopped is not restarted, and the answer says so", async () => {
  const s = await Scenario.running("a");
  s.mesos.onKill = () => undefined; // its end takes a while
  await s.clusters.expect("small", undefined, "STOP", "");
  await s.seconds(2);
  const ends = 'etcd of node "m" ends with its node, which is being stopped';
  expect((await put(s, {})).message).toBe(`${ends}: nothing is restarted, and it starts with its node`);
  expect((await put(s, { options: ["--v=2"] })).message).toContain("its node is being stopped: this is so from its");
  expect(
    await s.processes.settled({ cluster: "small", node: "m", process: "etcd" }, 60_000, new AbortController().signal),
  ).toEqual({ done: true, words: "" });
});
