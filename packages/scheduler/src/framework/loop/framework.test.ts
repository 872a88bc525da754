import { expect, test } from "vitest";
import { exampleBody, smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { keptEntries } from "../../workload/plans/log-entry.ts";
import { settle } from "../testing/manual-clock.ts";
import { nodeReport, processReport, Scenario } from "../testing/scenario.ts";

const host = "10.124.142.224";
const everything = ["node", "etcd", "apiserver", "controller", "scheduler", "docker"];

const example = async () => {
  const scenario = await new Scenario().start();
  scenario.mesos.addAgent(host);
  await scenario.clusters.create(exampleBody());
  await settle();
  return scenario;
};

test("create, offer, launch, running, delete: nothing is left", async () => {
  const s = await example();
  expect(s.clusters.get("my").status).toBe("starting");
  await s.offer();
  expect(s.launched("my", "master")).toEqual(everything);
  expect(s.launched("my", "node0")).toEqual(["node", "docker", "kubelet", "kube-proxy"]);
  expect(s.launched("my", "console")).toEqual(["node", "gotty"]);
  expect(s.callsOf("ACCEPT")).toHaveLength(1);
  expect(s.clusters.get("my").status).toBe("starting");
  for (const node of ["master", "node0", "console"]) await s.running("my", node);
  expect(s.clusters.get("my").status).toBe("running");
  expect(s.clusters.state("my").plan.nodes.map(({ stat, total_stat }) => [stat, total_stat])).toEqual([
    [6, 6],
    [4, 4],
    [3, 3],
  ]);
  await s.clusters.remove("my");
  expect(s.clusters.get("my").status).toBe("killing");
  await s.seconds(2);
  expect(s.clusters.list()).toEqual([]);
  expect(s.mesos.live()).toEqual([]);
  expect(await s.keys()).toEqual(["framework"]);
  await s.clusters.stop();
  expect(s.clock.pending).toBe(0);
});

test("a misspelt field is told in the answer and in the cluster's log, without its value", async () => {
  const s = await new Scenario().start();
  const nodes = [{ name: "m", type: "master", node_ip: "10.0.0.1", reservaton: "hunter2" }];
  const { name, warnings } = await s.clusters.create(smallBody({ nodes }));
  const words =
    /^nodes\[0\]\.reservaton is not a known field and was ignored: did you mean "reservation"\? Known are name, /;
  expect([name, warnings]).toEqual(["small", [expect.stringMatching(words)]]);
  const lines = keptEntries(s.clusters.log(name));
  expect(lines).toContainEqual(expect.objectContaining({ type: "log", log: `[WARNING] ${warnings[0]}` }));
  expect(JSON.stringify(lines)).not.toContain("hunter2");
  const right = smallBody({ name: "right", nodes: [{ name: "m", type: "master", node_ip: "10.0.0.2" }] });
  expect((await s.clusters.create(right)).warnings).toEqual([]);
});

test("what metrics count are the statuses that the views show, at every stage", async () => {
  const s = await example();
  const counted = () => {
    const views = s.clusters.list().map(({ name }) => s.clusters.get(name));
    const nodes = views.flatMap((view) => view.nodes);
    const of = (all: readonly { readonly status: string }[]) =>
      Object.fromEntries(Object.entries(Object.groupBy(all, ({ status }) => status)).map(([k, v]) => [k, v?.length]));
    return { clusters: of(views), nodes: of(nodes), processes: of(nodes.flatMap(({ processes }) => processes)) };
  };
  const some = (counts: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(counts).filter(([, value]) => value > 0));
  const check = () => {
    const { clusters, nodes, processes } = s.clusters.statusCounts();
    expect({ clusters: some(clusters), nodes: some(nodes), processes: some(processes) }).toEqual(counted());
  };
  check();
  await s.offer();
  check();
  await s.running("my", "master");
  check();
  s.mesos.update(s.id("my", "master", "etcd"), "TASK_FAILED");
  await settle();
  check();
  s.mesos.onKill = () => undefined;
  await s.clusters.remove("my");
  check();
  expect(some(s.clusters.statusCounts().clusters)).toEqual({ killing: 1 });
});

test("a node waits with the reason of every host, and is launched once an offer is enough", async () => {
  const s = await new Scenario().start();
  s.mesos.addAgent("a", { cpus: 0.5 });
  s.mesos.addAgent("b");
  await s.clusters.create(smallBody({ nodes: [{ name: "m", type: "master", host: "a", node_ip: "10.0.0.1" }] }));
  await s.offer();
  expect(s.launched("small", "m")).toEqual([]);
  const reason = s.clusters.state("small").nodes[0]?.reason;
  expect(reason).toContain("cpus 1.41, mem 2144 MiB on host a");
  expect(reason).toContain("a has cpus 0.5 of 1.41");
  expect(reason).toContain("b is not host a");
  expect(s.mesos.offered.size).toBe(0);
  s.mesos.addAgent("a", { cpus: 4 });
  await s.offer("a");
  expect(s.launched("small", "m")).toEqual(everything);
});

test("with nothing to do Mesos is asked for silence, new work revives the offers", async () => {
  const s = await new Scenario().start();
  // A new framework first waits for the implicit reconciliation.
  await s.seconds(16);
  expect(s.mesos.suppressed).toBe(true);
  await s.seconds(5);
  expect(s.callsOf("SUPPRESS")).toHaveLength(1);
  s.mesos.addAgent("a");
  await s.clusters.create(smallBody());
  await settle();
  expect(s.mesos.suppressed).toBe(false);
  await s.seconds(30);
  expect(s.callsOf("REVIVE")).toHaveLength(1);
});

test("the phases of the bring-up are told as they are reached", async () => {
  const s = await Scenario.created();
  const entries = () => keptEntries(s.clusters.log("small"));
  expect(entries()).toContainEqual({
    type: "log",
    seq: expect.any(Number),
    level: "info",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    log: expect.stringContaining("[INFO] created with 1 nodes"),
  });
  await s.offer();
  const node = s.id("small", "m");
  s.mesos.update(node, "TASK_STARTING", { data: nodeReport("image", "pulling 120/300 MB") });
  await settle();
  expect(s.clusters.state("small").plan.nodes[0]?.phases[0]).toMatchObject({
    status: "running",
    reason: "image: pulling 120/300 MB",
  });
  s.mesos.update(node, "TASK_RUNNING", { healthy: true });
  const etcd = s.id("small", "m", "etcd");
  s.mesos.update(etcd, "TASK_RUNNING", {
    healthy: false,
    data: processReport({
      phase: "running",
      health: [{ name: "etcd", phase: "etcd health", message: "connection refused" }],
    }),
  });
  await settle();
  expect(s.clusters.state("small").nodes[0]?.reason).toBe("etcd: connection refused");
  s.mesos.update(etcd, "TASK_RUNNING", { healthy: true, data: s.healthyReport("etcd") });
  s.mesos.update(s.id("small", "m", "apiserver"), "TASK_STARTING", {
    data: processReport({ phase: "waiting", reason: "waits for etcd" }),
  });
  await settle();
  expect(s.clusters.state("small").plan.nodes[0]?.phases[3]).toMatchObject({
    status: "waiting",
    reason: "apiserver: waits for etcd",
  });
  await s.running("small", "m");
  const stats = entries().flatMap((entry) =>
    entry.type === "stat" ? [[entry.old_stat_name, entry.new_stat_name, entry.new_stat, entry.total_stat]] : [],
  );
  expect(stats).toEqual([
    ["", "wrap", 1, 6],
    ["wrap", "etcd", 2, 6],
    ["etcd", "etcd health", 3, 6],
    ["etcd health", "api server", 4, 6],
    ["api server", "controller and scheduler", 5, 6],
    ["controller and scheduler", "finish", 6, 6],
  ]);
});
