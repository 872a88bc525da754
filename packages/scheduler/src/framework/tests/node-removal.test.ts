// Nodes that are removed from a running cluster: they are drained first, and nothing else of the cluster is touched.
import { expect, test } from "vitest";
import { blocks, gentle, names, node, running, traces, up } from "../testing/scenarios/workers.ts";

test("a removed worker is cordoned, drained and forgotten; its address and its pod block are free at once", async () => {
  const { s, api } = await running();
  api.pods = [
    { namespace: "a", name: "web", node: "w", owner: "ReplicaSet" },
    { namespace: "a", name: "log", node: "w", owner: "DaemonSet" },
    { namespace: "a", name: "static", node: "w", annotations: { "kubernetes.io/config.mirror": "x" } },
    { namespace: "a", name: "job", node: "w", owner: "Job", phase: "Succeeded" },
  ];
  const before = await traces(s, "m");
  const [, old] = (await blocks(s)).find(([name]) => name === "w") ?? [];
  expect(await s.nodes.remove("small", ["w", "w"], gentle, "ann")).toContain('node "w" of cluster "small"');
  await s.seconds(10);
  expect(api.asked).toEqual([
    ...["PATCH /api/v1/nodes/w", "GET /api/v1/pods", "POST /api/v1/namespaces/a/pods/web/eviction"],
    ...["GET /api/v1/pods", "DELETE /api/v1/nodes/w"],
  ]);
  expect([names(s), s.launched("small", "w")]).toEqual([["m"], []]);
  expect([...s.mesos.hosts.volumes].filter((volume) => volume.includes("-w-"))).toEqual([]);
  // Only where it ran is still known.
  expect((await s.keys()).filter((key) => key.endsWith("/w"))).toEqual(["former-nodes/small/w"]);
  expect(await traces(s, "m")).toEqual(before);
  await s.nodes.add("small", node("v", 2), "");
  expect((await blocks(s)).find(([name]) => name === "v")?.[1]).toBe(old);
});

test("state names the pod and the budget that block a drain; force goes on without regard to it", async () => {
  const { s, api } = await running();
  api.pods = [{ namespace: "shop", name: "db-0", node: "w", owner: "StatefulSet", labels: { app: "db" } }];
  api.budgets.set("db-stays", { app: "db" });
  await s.nodes.remove("small", ["w"], gentle, "ann");
  await s.seconds(5);
  const change = () => s.clusters.state("small").plan.changes[0];
  expect(change()?.stages[1]).toMatchObject({
    action: "drain",
    units: [
      {
        status: "going",
        reason: "waits for the eviction of pod shop/db-0: PodDisruptionBudget db-stays does not allow it now",
      },
    ],
  });
  expect(s.clusters.get("small")).toMatchObject({
    ...{ status: "running", status_reason: "w: to be removed, still on a" },
    nodes: [{ status: "running" }, { status: "killing", expect: "FINISHED" }],
  });
  expect(s.launched("small", "w")).toContain("kubelet");
  for (const change of [{ expect: "STOP" }, { labels: { a: "b" } }] as const)
    await expect(s.nodes.change("small", "w", change, "")).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining('node "w" is being removed'),
    });
  // Two operators: the second one asks for what is asked for already, or for something else.
  await s.nodes.remove("small", ["w"], gentle, "bob");
  expect(s.clusters.state("small").plan.changes).toHaveLength(1);
  await s.seconds(600);
  expect(change()).toMatchObject({ status: "failed", reason: expect.stringContaining("not drained in 600 s") });
  const told = expect.stringMatching(/^w: to be removed, its plan has failed \(.*not drained in 600 s.*still on a$/);
  expect([s.clusters.get("small").status_reason, s.clusters.list()[0]?.status_reason]).toEqual([told, told]);
  await s.restart();
  await s.seconds(5);
  expect(change()?.status).toBe("failed");
  await s.nodes.remove("small", ["w"], { ...gentle, force: true }, "bob");
  await s.seconds(10);
  expect([names(s), api.pods]).toEqual([["m"], []]);
});

test("an API server that does not answer is waited for, until it answers or force says to go on", async () => {
  const { s, api } = await running();
  api.reachable = false;
  await s.nodes.remove("small", ["w"], gentle, "");
  await s.seconds(30);
  const reason = () => s.clusters.state("small").plan.changes[0]?.stages[0]?.units[0]?.reason;
  expect(reason()).toContain("does not answer");
  expect(reason()).toContain("force=true");
  expect(s.launched("small", "w")).toContain("kubelet");
  // A master that only restarts is waited for.
  await s.nodes.remove("small", ["w"], { ...gentle, force: true }, "");
  await s.seconds(10);
  expect(reason()).toContain("waited for 15 s");
  await s.seconds(50);
  expect(names(s)).toEqual(["m"]);
});

test("what cannot be removed is refused with words, and nothing changes", async () => {
  const { s } = await running();
  const refused = async (list: readonly string[], status: number) =>
    await expect(s.nodes.remove("small", list, gentle, "")).rejects.toMatchObject({ status });
  await refused(["m"], 409);
  await refused(["w", "x"], 404);
  await refused([""], 404);
  await s.clusters.expect("small", undefined, "STOP", "");
  await refused(["w"], 409);
  await s.clusters.remove("small");
  await refused(["w"], 409);
  await expect(s.nodes.add("small", node("x", 3), "")).rejects.toMatchObject({ status: 409 });
  expect(names(s)).toEqual(["m", "w"]);
});

test("a host that cannot be cleaned up is waited for, and given up by a skip, with the command for it", async () => {
  const { s, api } = await running();
  await s.nodes.change("small", "w", { expect: "STOP" }, "");
  await s.seconds(8);
  await s.nodes.remove("small", ["w"], gentle, "");
  await s.seconds(20);
  const change = () => s.clusters.state("small").plan.changes[0];
  expect(change()).toMatchObject({ status: "going" });
  expect(change()?.stages[3]?.units[0]?.reason).toBe("a is being cleaned up");
  expect(s.clusters.pending("small")).toMatchObject([{ node: "w", step: "clean-up-unit" }]);
  const words = await s.clusters.changePlan("small", "skip", { node: "w" }, "ann");
  expect(words).toContain("cke-k8s-exec -cleanup small/w@");
  await s.seconds(5);
  expect(names(s)).toEqual(["m"]);
  expect(api.nodes.has("w")).toBe(false);
});

test("a worker out of reach is removed as soon as its pods may go: its kubelet cannot say that they have ended", async () => {
  const { s, api } = await running();
  api.kubelets = false;
  api.pods = [{ namespace: "a", name: "web", node: "w", owner: "ReplicaSet" }];
  const tasks = s.tasksOf("small", "w").map(({ info }) => info.task_id.value);
  for (const id of tasks) s.mesos.update(id, "TASK_UNREACHABLE", {});
  await s.seconds(1);
  await s.nodes.remove("small", ["w"], gentle, "");
  await s.seconds(10);
  // Nobody can say that its pods have ended: it is enough that they may go.
  expect(api.asked).toContain("DELETE /api/v1/nodes/w");
  await s.seconds(900);
  expect(names(s)).toEqual(["m"]);
});

test("a worker that never ran, and a console, are removed too", async () => {
  const { s, api } = await running();
  await s.nodes.add("small", [node("x", 3, { host: "nowhere" }), { ...node("c", 4), type: "console" }], "");
  await up(s, api, "c");
  expect(s.launched("small", "c")).toContain("gotty");
  api.asked.length = 0;
  await s.nodes.remove("small", ["x", "c"], gentle, "");
  await s.seconds(10);
  expect(names(s)).toEqual(["m", "w"]);
  expect(api.asked).toEqual(["PATCH /api/v1/nodes/x", "DELETE /api/v1/nodes/x"]);
});
