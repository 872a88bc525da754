// GET …/pending: what is not placed, what it needs, and why every host was refused.
import { Resources } from "@cke/mesos";
import { describe, expect, test } from "vitest";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { settle } from "../testing/manual-clock.ts";
import { nodeReport, Scenario } from "../testing/scenario.ts";

const created = async (node: Readonly<Record<string, unknown>> = {}) => {
  const s = await new Scenario().start();
  await s.clusters.create(smallBody({ nodes: [{ name: "m", type: "master", node_ip: "10.0.0.1", ...node }] }));
  return s;
};
const iso = (ms: number) => new Date(ms).toISOString();

test("a node that no host is good enough for: needs, refusals by kind with figures, and all of it in words", async () => {
  const s = await created({ host: "a" });
  s.mesos.addAgent("a", { cpus: 0.5 });
  s.mesos.addAgent("b");
  const since = iso(s.clock.now());
  await s.seconds(4);
  await s.offer();
  const offered = iso(s.clock.now());
  const pending = s.clusters.pending("small");
  expect(pending).toEqual([
    {
      node: "m",
      process: "",
      step: "launch-unit",
      since,
      next_try: "",
      requests: { cpus: 1.41, mem: 2144, disk: 0, ports: [], host: "a", attributes: [], roles: [], reservation: false },
      offers: { hosts: 2, newest: offered },
      refusals: [
        { kind: "host", hosts: 1, examples: [{ host: "b", role: "cke", words: "is not host a", time: offered }] },
        {
          kind: "cpus",
          hosts: 1,
          examples: [{ host: "a", role: "cke", words: "has cpus 0.5 of 1.41", time: offered }],
        },
      ],
      no_offers: "",
      oversize: "",
      unknown_host: "",
      summary: expect.stringMatching(
        /not launched yet; waits for an offer with cpus 1.41, mem 2144 MiB on host a; 2 hosts were not enough: .*a has cpus 0.5 of 1.41/,
      ),
    },
  ]);
  expect(s.clusters.state("small").pending).toEqual(pending);
  s.mesos.addAgent("a", { cpus: 4 });
  await s.offer("a");
  expect(s.clusters.pending("small")).toEqual([]);
});

test("more hosts than can be named: counts by kind with examples", async () => {
  const s = await created();
  for (let index = 0; index < 40; index++) s.mesos.addAgent(`h${index}`, { cpus: index < 30 ? 0.1 : 4, mem: 64 });
  await s.offer();
  const [view] = s.clusters.pending("small");
  expect(view?.offers.hosts).toBe(40);
  expect(view?.refusals.map(({ kind, hosts, examples }) => [kind, hosts, examples.length])).toEqual([
    ["cpus", 30, 3],
    ["mem", 40, 3],
  ]);
  expect(view?.summary.length).toBeLessThan(1_000);
});

test("why nothing can be offered: no offer, no connection, a pause", async () => {
  const s = await created();
  await s.seconds(42);
  expect(s.clusters.pending("small")[0]).toMatchObject({
    offers: { hosts: 0, newest: "" },
    refusals: [],
    no_offers: "Mesos made no offer for 42 s",
    summary: expect.stringContaining("no offer yet, for 42 s"),
  });
  await s.clusters.changePlan("small", "pause", {}, "ann");
  expect(s.clusters.pending("small")[0]).toMatchObject({
    step: "wait",
    requests: null,
    no_offers: expect.stringMatching(/the cluster's plan is paused since .* by ann/),
  });
  await s.clusters.changePlan("small", "resume", {}, "ann");
  await s.seconds(1);
  s.mesos.connection.lose();
  expect(s.clusters.pending("small")[0]).toMatchObject({
    step: "launch-unit",
    no_offers: "the scheduler is not connected to the Mesos master (test)",
  });
});

test("offers that were suppressed and cannot be asked for are told", async () => {
  const s = await new Scenario().start();
  await s.seconds(35);
  expect(s.mesos.suppressed).toBe(true);
  s.mesos.refuseCalls = true;
  await s.clusters.create(smallBody());
  await settle();
  expect(s.clusters.pending("small")[0]?.no_offers).toContain("offers are suppressed");
  s.mesos.refuseCalls = false;
  await s.seconds(2);
  expect(s.clusters.pending("small")[0]?.no_offers).toBe("");
});

test("what waits for its next try is pending with that time; what was given up or runs is not", async () => {
  const s = await created();
  s.mesos.addAgent("a");
  await s.offer();
  const words = "network n not found";
  s.mesos.failExecutor(s.task("small", "m").executorId, "TASK_FAILED", {
    message: words,
    data: nodeReport("network", words),
  });
  await settle();
  const failedAt = s.clock.now();
  expect(s.clusters.pending("small")).toMatchObject([
    { node: "m", process: "", step: "wait", since: iso(failedAt), next_try: iso(failedAt + 30_000), requests: null },
  ]);
  expect(s.clusters.pending("small")[0]?.summary).toContain(words);
  await s.seconds(31);
  await s.offer();
  await s.running("small", "m");
  s.mesos.update(s.id("small", "m", "docker"), "TASK_FAILED", { message: "exit code 1" });
  await settle();
  expect(s.clusters.pending("small")).toMatchObject([{ process: "docker", step: "wait", since: iso(s.clock.now()) }]);
  await s.seconds(2);
  expect(s.clusters.pending("small")).toMatchObject([
    { process: "docker", step: "relaunch-process", requests: { cpus: 0.1, mem: 128, host: "a", roles: ["cke"] } },
  ]);
  await s.clusters.changePlan("small", "skip", { node: "m", process: "docker" }, "ann");
  expect(s.clusters.pending("small")).toEqual([]);
});

test("a clean-up that waits for its host is pending", async () => {
  const s = await created();
  s.mesos.addAgent("a");
  s.mesos.addAgent("b");
  await s.offer("a");
  await s.running("small", "m");
  s.mesos.failExecutor(s.task("small", "m").executorId);
  await settle();
  await s.clusters.remove("small");
  await s.offer("b");
  expect(s.clusters.pending("small")).toMatchObject([
    {
      step: "clean-up-unit",
      requests: { cpus: 0.11, mem: 96, host: "a" },
      refusals: [{ kind: "host", hosts: 1, examples: [{ host: "b", words: "is not host a" }] }],
    },
  ]);
});

describe("a node that is larger than any agent", () => {
  const asked = (cpu: number) => [{ name: "etcd", type: "etcd", res: { cpu, mem: 256 } }];

  test("is told so at once, and waits", async () => {
    const s = await created();
    s.mesos.addAgent("a", { cpus: 8, mem: 8_192 });
    await s.offer();
    const nodes = [{ name: "m", type: "master", node_ip: "10.0.0.9", process: asked(9) }];
    await s.clusters.create(smallBody({ name: "wide", nodes }));
    const words = /no agent of that size has ever been seen: the largest is a with cpus 8, mem 8192 MiB$/;
    expect(s.clusters.pending("wide")[0]).toMatchObject({
      oversize: expect.stringMatching(words),
      summary: expect.stringMatching(words),
    });
    expect(s.clusters.state("wide").nodes[0]?.reason).toMatch(words);
    s.mesos.addAgent("b", { cpus: 32 });
    await s.offer("b");
    expect(s.clusters.pending("wide")).toEqual([]);
  });

  test.each([{ memory: 999_999 }, { cpu: 99 }])(
    "a process that is to have more than any agent is told so while it runs: %j",
    async (res) => {
      for (const askProblem of ["", "403 Forbidden"]) {
        const s = await created();
        s.mesos.askProblem = askProblem;
        s.mesos.addAgent("a", { cpus: 8, mem: 8_192 });
        await s.offer();
        await s.running("small", "m");
        await s.processes.change({ cluster: "small", node: "m", process: "etcd" }, { res }, "ann");
        await s.offer();
        const words = /no agent of that size has ever been seen: the largest is a with cpus 8, mem 8192 MiB$/;
        expect(s.clusters.pending("small")).toMatchObject([
          { step: "hold-resources", oversize: expect.stringMatching(words), summary: expect.stringMatching(words) },
        ]);
        await s.processes.change(
          { cluster: "small", node: "m", process: "etcd" },
          { res: { cpu: 1, mem: 1024 } },
          "ann",
        );
        await s.offer();
        expect(s.clusters.pending("small")).toEqual([]);
      }
    },
  );

  test("what our own nodes have on an agent counts, after a restart too", async () => {
    const s = await created();
    s.mesos.askProblem = "403 Forbidden";
    s.mesos.addAgent("a", { cpus: 8, mem: 8_192 });
    await s.offer();
    await s.running("small", "m");
    await s.restart();
    const body = (cpu: number) => ({
      nodes: [{ name: "m", type: "master", node_ip: `10.0.0.${cpu}`, process: asked(cpu) }],
    });
    await s.clusters.create(smallBody({ name: "fits", ...body(7) }));
    await s.clusters.create(smallBody({ name: "wide", ...body(9) }));
    expect(s.clusters.pending("wide")[0]?.oversize).toBe("");
    await s.offer();
    expect(s.clusters.pending("wide")[0]?.oversize).toMatch(/the largest is a with cpus 8, mem 8192 MiB$/);
    expect(s.clusters.pending("fits")[0]).toMatchObject({ oversize: "", step: "launch-unit" });
  });

  test("an agent that others have filled is as large as the master says, once it is asked", async () => {
    const s = await new Scenario().start();
    const agent = s.mesos.addAgent("a", { cpus: 2 });
    s.mesos.totals.set(agent.id, []);
    s.mesos.addAgent("b", { cpus: 16, mem: 1_024 });
    await s.clusters.create(
      smallBody({ nodes: [{ name: "m", type: "master", node_ip: "10.0.0.9", process: asked(15) }] }),
    );
    await s.offer("b");
    await settle();
    expect(s.clusters.pending("small")[0]?.oversize).toMatch(/the largest is b with cpus 16, mem 1024 MiB$/);
    // The Mesos master counts all resources of an agent, used or not.
    s.mesos.totals.set(agent.id, [Resources.scalar("cpus", 64), Resources.scalar("mem", 65_536)]);
    await s.seconds(601);
    await s.offer("b");
    await settle();
    expect(s.clusters.pending("small")[0]?.oversize).toBe("");
    expect(s.clusters.pending("small")).toHaveLength(1);
  });
});

describe("a node with a host that never offered", () => {
  const tied = (host: string) => smallBody({ nodes: [{ name: "m", type: "master", node_ip: "10.0.0.9", host }] });
  const started = async (askProblem = "") => {
    const s = await new Scenario().start();
    s.mesos.askProblem = askProblem;
    s.mesos.addAgent("a");
    s.mesos.addAgent("b");
    return s;
  };
  const reason = (s: Scenario) => s.clusters.pending("small")[0]?.unknown_host;

  test("is told so, with the agents that there are, until it offers", async () => {
    const s = await started();
    await s.clusters.create(tied("Kafka-7"));
    await s.offer("a");
    await settle();
    const words = "host Kafka-7 is not known: the Mesos master has no agent of that name or address; there are a, b.";
    expect(reason(s)).toContain(words);
    expect(s.clusters.pending("small")[0]?.summary).toContain(words);
    expect(s.clusters.state("small").nodes[0]?.reason).toContain(words);
    s.mesos.addAgent("kafka-7", { cpus: 0.1 });
    await s.offer("kafka-7");
    expect(reason(s)).toBe("");
    expect(s.clusters.pending("small")).toHaveLength(1);
  });

  test("is told that the master has it, when it offers nothing", async () => {
    const s = await started();
    await s.clusters.create(tied("b"));
    await s.offer("a");
    await settle();
    expect(reason(s)).toContain("the Mesos master has an agent b, which has offered nothing to this scheduler yet");
    await s.offer("b");
    expect(s.clusters.pending("small")).toEqual([]);
  });

  test("is told what has offered, where the master tells nothing", async () => {
    const s = await started("403 Forbidden");
    await s.clusters.create(tied("c"));
    await s.offer("a");
    await settle();
    expect(reason(s)).toContain(
      "no agent of that name or address has offered anything to this scheduler yet; there is a.",
    );
  });
});
