// Masters come, go and are replaced, with a model of etcd: never is there no majority, never a second cluster, and nothing
// else of the cluster is touched.
import { describe, expect, test } from "vitest";
import { MastersScenario, masterBody } from "../testing/scenarios/masters.ts";

const gentle = { force: false, drainSeconds: 600 };
const peer = (last: number) => `https://10.0.0.${last}:2380`;

/** The tasks of these nodes, to see that they are the same ones later. */
const tasks = (s: MastersScenario, ...names: readonly string[]) =>
  names.flatMap((name) => s.tasksOf("small", name).map(({ info }) => info.task_id.value));

function isWell(s: MastersScenario): void {
  expect(s.etcd.harm).toEqual([]);
  expect(s.refused).toEqual([]);
  expect(s.etcd.hasMajority).toBe(true);
  expect(s.mesos.violations).toEqual([]);
  expect(s.clusters.get("small").status).toBe("running");
  expect(s.clusters.state("small").plan.changes).toEqual([]);
}

describe("masters are added", () => {
  test("from one to three and five: one after the other, as learners first, and nothing else restarts", async () => {
    const s = await MastersScenario.cluster(1);
    const before = tasks(s, "m1", "w");
    const { names } = await s.nodes.add("small", [masterBody("m2", 2), masterBody("m3", 3)], "ann");
    expect(names).toEqual(["m2", "m3"]);
    await s.seconds(1);
    // Before etcd knows them, no offer is used for them.
    await s.offer();
    expect([...s.launched("small", "m2"), ...s.launched("small", "m3")]).toEqual([]);
    await s.settled(14);
    expect(s.etcd.list).toBe("small-m1 small-m2 small-m3");
    expect(s.etcd.changes).toEqual([`add ${peer(2)}`, "promote small-m2", `add ${peer(3)}`, "promote small-m3"]);
    isWell(s);
    await s.nodes.add("small", [masterBody("m4", 4), masterBody("m5", 5)], "");
    await s.settled(14);
    expect(s.etcd.list).toBe("small-m1 small-m2 small-m3 small-m4 small-m5");
    expect(tasks(s, "m1", "w")).toEqual(before);
    isWell(s);
    expect(s.clusters.list()[0]).toMatchObject({ master_count: 5 });
  });

  test("the first one's controllers elect a leader before the second one has any", async () => {
    const s = await MastersScenario.cluster(1);
    const controller = s.id("small", "m1", "controller");
    await s.nodes.add("small", [masterBody("m2", 2), masterBody("m3", 3)], "");
    await s.seconds(3);
    expect(s.changes).toEqual(["elect-leaders m1 going: controller begins to elect a leader"]);
    expect(s.etcd.changes).toEqual([]);
    await s.settled(14);
    expect(s.id("small", "m1", "controller")).toBe(controller);
    isWell(s);
  });

  test("state says what each of them waits for", async () => {
    const s = await MastersScenario.cluster(3);
    await s.loseMaster("m2");
    await expect(s.nodes.add("small", masterBody("m4", 4), "")).rejects.toMatchObject({ status: 422 });
    await s.nodes.add("small", [masterBody("m4", 4), masterBody("m5", 5)], "");
    await s.seconds(5);
    expect(s.changes).toEqual([
      "join-etcd m4 going: etcd takes no new member while m2 does not answer: bring it back or replace it",
    ]);
    expect(s.clusters.pending("small").find(({ node }) => node === "m4")?.summary).toContain(
      "waits until etcd has it as a member",
    );
    await s.returns();
    await s.settled(14);
    isWell(s);
  });

  test.each([
    [1, [2], {}, 422, /it would have 2, .*\?even=true/],
    [1, [2, 3, 4], {}, 422, /it would have 4/],
    [3, [4, 5, 6], {}, 422, /at most 5 masters, not 6/],
    [5, [6], { even: true }, 422, /at most 5 masters, not 6/],
  ])("%i and %j: refused", async (present, added, options, status, words) => {
    const s = await MastersScenario.cluster(present);
    const nodes = added.map((number) => masterBody(`m${number}`, number));
    await expect(s.nodes.add("small", nodes, "", options)).rejects.toMatchObject({
      status,
      message: expect.stringMatching(words),
    });
    expect(s.etcd.changes).toEqual([]);
  });

  test("an even number, for an operator who asks for it; and no second plan beside the first", async () => {
    const s = await MastersScenario.cluster(1);
    await s.nodes.add("small", masterBody("m2", 2), "", { even: true });
    await expect(s.nodes.add("small", masterBody("m3", 3), "", {})).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining("the masters are being changed already (add masters: m1, m2)"),
    });
    await s.settled(10);
    expect(s.etcd.list).toBe("small-m1 small-m2");
    isWell(s);
  });

  test("no etcd answers: 409, and nothing is stored", async () => {
    const s = await MastersScenario.cluster(1);
    await s.loseMaster("m1");
    await expect(s.nodes.add("small", [masterBody("m2", 2), masterBody("m3", 3)], "")).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining("no etcd of the cluster answers: m1: connection refused"),
    });
    expect(s.names).toBe("m1 w");
  });
});

describe("masters are removed", () => {
  test("from five to three to one, each gone before the next one leaves etcd", async () => {
    const s = await MastersScenario.cluster(5);
    const before = tasks(s, "m1", "w");
    expect(await s.nodes.remove("small", ["m4", "m5"], gentle, "")).toContain('nodes "m4", "m5" of cluster "small"');
    await s.until(() => s.isAtRest);
    expect(s.names).toBe("m1 m2 m3 w");
    expect(s.etcd.changes).toEqual(["remove small-m4", "remove small-m5"]);
    isWell(s);
    await s.nodes.remove("small", ["m2", "m3"], gentle, "");
    await s.until(() => s.isAtRest);
    expect([s.names, s.etcd.list]).toEqual(["m1 w", "small-m1"]);
    expect(tasks(s, "m1", "w")).toEqual(before);
    expect([...s.mesos.hosts.volumes].filter((volume) => /m[2-5]/.test(volume))).toEqual([]);
    isWell(s);
  });

  test("the dead one goes first, and one without which there is no majority is refused", async () => {
    const s = await MastersScenario.cluster(3);
    await s.loseMaster("m2");
    await expect(s.nodes.remove("small", ["m1", "m3"], gentle, "")).rejects.toMatchObject({
      status: 409,
      message: expect.stringMatching(/^m1: without it 2 of 2 etcd members are needed and 1 answer: m2 must/),
    });
    await s.nodes.remove("small", ["m3", "m2"], gentle, "");
    await s.until(() => s.isAtRest);
    expect(s.etcd.changes).toEqual(["remove small-m2", "remove small-m3"]);
    expect(s.names).toBe("m1 w");
    isWell(s);
  });

  test("the last one, all, and all but two are refused", async () => {
    const s = await MastersScenario.cluster(3);
    const all = s.nodes.remove("small", ["m1", "m2", "m3"], gentle, "");
    await expect(all).rejects.toMatchObject({ status: 409, message: expect.stringContaining("keeps at least one") });
    const one = s.nodes.remove("small", ["m1"], gentle, "");
    await expect(one).rejects.toMatchObject({ status: 422, message: expect.stringContaining("it would have 2") });
    await s.nodes.remove("small", ["m1"], { ...gentle, even: true }, "");
    await s.settled(6);
    expect(s.names).toBe("m2 m3 w");
    isWell(s);
  });

  test("what was fine at the request is looked at again: it waits while it would cost the majority", async () => {
    const s = await MastersScenario.cluster(3);
    await s.clusters.changePlan("small", "pause", {}, "");
    await s.nodes.remove("small", ["m2", "m3"], gentle, "");
    await s.clusters.changePlan("small", "pause", {}, "");
    await s.loseMaster("m1");
    await s.clusters.changePlan("small", "resume", {}, "");
    await s.seconds(10);
    expect(s.etcd.changes).toEqual([]);
    expect(s.changes.join()).toMatch(/leave-etcd m2 going: without it 2 of 2 etcd members are needed and 1 answer: m1/);
    await s.returns();
    await s.settled(8);
    expect(s.names).toBe("m1 w");
    isWell(s);
  });
});

test("the first master stays while nodes know its address only", async () => {
  const s = await MastersScenario.cluster(3, { balancer: false });
  await expect(s.nodes.remove("small", ["m1", "m2"], gentle, "")).rejects.toMatchObject({
    status: 409,
    message: expect.stringMatching(/^"m1": w reach the API server at its address and at no other/),
  });
  await s.nodes.remove("small", ["m2", "m3"], gentle, "");
  await s.settled(8);
  isWell(s);
});

test("the first master goes where nodes have a balancer", async () => {
  const s = await MastersScenario.cluster(3);
  await s.nodes.remove("small", ["m1", "m2"], gentle, "");
  await s.settled(8);
  expect(s.names).toBe("m3 w");
  isWell(s);
});

test("an addition that finds no place is given up: each of its steps is skipped, then the nodes are removed", async () => {
  const s = await MastersScenario.cluster(1);
  const nowhere = (name: string, last: number) => ({ ...masterBody(name, last), host: "nowhere" });
  await s.nodes.add("small", [nowhere("m2", 2), nowhere("m3", 3)], "");
  await s.settled(6);
  for (const node of ["m2", "m3"]) {
    await s.clusters.changePlan("small", "skip", { node }, "");
    await s.settled(2);
  }
  expect(s.clusters.state("small").plan.changes).toEqual([]);
  await s.nodes.remove("small", ["m2", "m3"], gentle, "");
  await s.settled(6);
  expect([s.names, s.etcd.list]).toEqual(["m1 w", "small-m1"]);
  isWell(s);
});

test("a master that is to go is launched again while it has not left etcd: its vote counts", async () => {
  const s = await MastersScenario.cluster(3);
  await s.clusters.changePlan("small", "pause", {}, "");
  await s.nodes.remove("small", ["m2", "m3"], gentle, "");
  const old = s.task("small", "m2").executorId;
  await s.loseMaster("m1");
  await s.clusters.changePlan("small", "resume", {}, "");
  await s.seconds(3);
  for (const { info } of s.tasksOf("small", "m2"))
    s.mesos.update(info.task_id.value, "TASK_FAILED", { reason: "REASON_EXECUTOR_TERMINATED" });
  await s.settled(4);
  expect(s.task("small", "m2").executorId).not.toBe(old);
  expect(s.etcd.hasMajority).toBe(true);
  await s.returns();
  await s.settled(12);
  expect(s.names).toBe("m1 w");
  isWell(s);
});

describe("a master is replaced", () => {
  test("that is dead: another instance joins elsewhere under its name and address, and the old one is removed when it is back", async () => {
    const s = await MastersScenario.cluster(3);
    const old = s.task("small", "m2").executorId;
    const before = tasks(s, "m1", "m3", "w");
    const { instance } = await s.record("m2");
    await s.loseMaster("m2");
    expect(await s.nodes.replace("small", "m2", "ann")).toContain("is being replaced");
    await s.settled(14);
    expect(s.etcd.changes).toEqual(["remove small-m2", `add ${peer(2)}`, "promote small-m2"]);
    expect((await s.record("m2")).instance).not.toBe(instance);
    expect(tasks(s, "m1", "m3", "w")).toEqual(before);
    expect(s.clusters.get("small").nodes.map(({ name, node_ip }) => `${name} ${node_ip}`)).toContain("m2 10.0.0.2");
    await s.restart();
    await s.returns();
    await s.seconds(20);
    expect(
      s.mesos
        .live()
        .filter(({ executorId }) => executorId === old)
        .map(({ process }) => process),
    ).toEqual([]);
    await s.settled(1);
    isWell(s);
  });

  test("a founder that was replaced is replaced again, also when it runs", async () => {
    const s = await MastersScenario.cluster(3);
    for (const round of [1, 2]) {
      await s.nodes.replace("small", "m1", "");
      await s.settled(14);
      expect(s.etcd.changes).toHaveLength(3 * round);
    }
    // It led etcd, and another one did before it left.
    expect(s.etcd.changes[0]).toBe("remove small-m1");
    expect(s.etcd.list).toBe("small-m2 small-m3 small-m1");
    isWell(s);
  });

  test("the only one, and one without which there is no majority: 409 with the reason", async () => {
    const single = await MastersScenario.cluster(1);
    await expect(single.nodes.replace("small", "m1", "")).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining("it is the last member of etcd: the data of the cluster would go with it"),
    });
    const s = await MastersScenario.cluster(3);
    await s.loseMaster("m1");
    await s.loseMaster("m2");
    await expect(s.nodes.replace("small", "m1", "")).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining("etcd has no majority: 1 of 3 members answer"),
    });
  });

  test("a worker needs no etcd", async () => {
    const s = await MastersScenario.cluster(1);
    const block = async () =>
      JSON.stringify((await s.store.get("renderings/small/w"))?.value).match(/"podCidr":"[^"]+"/)?.[0];
    const before = await block();
    await s.loseMaster("w");
    await s.nodes.replace("small", "w", "");
    await s.settled(6);
    expect(before).toContain("10.244.");
    expect(await block()).toBe(before);
    isWell(s);
  });
});
