// Agents that go into maintenance, or are drained: what moves, what stays, and what Mesos is answered.
import type { InverseOffer } from "@cke/mesos";
import { expect, test } from "vitest";
import { logLines } from "../../kubernetes/testing/log-lines.ts";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { settle } from "../testing/manual-clock.ts";
import { nodeReport, Scenario } from "../testing/scenario.ts";

const minutes = (count: number) => count * 60;

class Maintenance extends Scenario {
  #inverse = 0;

  /** Mesos asks for what is on the agent, for a window of an hour that begins in so many seconds. */
  async inverse(hostname: string, startsInSeconds: number): Promise<string> {
    this.#inverse += 1;
    const id = `I-${this.#inverse}`;
    const offer: InverseOffer = {
      id: { value: id },
      framework_id: { value: "F-1" },
      agent_id: { value: `S-${hostname}` },
      unavailability: this.window(startsInSeconds),
    };
    this.mesos.send({ type: "INVERSE_OFFERS", inverse_offers: { inverse_offers: [offer] } });
    await settle();
    return id;
  }

  window(startsInSeconds: number) {
    const start = BigInt(this.clock.now() + startsInSeconds * 1000) * 1_000_000n;
    return { start: { nanoseconds: start }, duration: { nanoseconds: 3_600_000_000_000 } };
  }

  /** Answers as "ACCEPT I-1". */
  answers(): readonly string[] {
    return this.mesos.calls.flatMap((call) => {
      if (call.type === "ACCEPT_INVERSE_OFFERS")
        return (call.accept_inverse_offers.inverse_offer_ids ?? []).map(({ value }) => `ACCEPT ${value}`);
      if (call.type === "DECLINE_INVERSE_OFFERS")
        return (call.decline_inverse_offers.inverse_offer_ids ?? []).map(({ value }) => `DECLINE ${value}`);
      return [];
    });
  }
}

const body = (more: Readonly<Record<string, unknown>> = {}) =>
  smallBody({
    nodes: [
      { name: "m", type: "master", node_ip: "10.0.0.1", host: "a" },
      { name: "n", type: "node", node_ip: "10.0.0.2", ...more },
    ],
  });

/** The master on a, the node on b; c is free. */
const running = async (more: Readonly<Record<string, unknown>> = {}) => {
  const s = new Maintenance();
  await s.start();
  s.mesos.addAgent("a");
  s.mesos.addAgent("b");
  s.mesos.addAgent("c");
  await s.clusters.create(body(more));
  await s.offer("a", "b");
  await s.running("small", "m");
  await s.running("small", "n");
  expect(s.clusters.get("small").status).toBe("running");
  expect([s.task("small", "m").agentId, s.task("small", "n").agentId]).toEqual(["S-a", "S-b"]);
  return s;
};
const steps = (s: Scenario) => s.clusters.state("small").plan.steps;

test("B14: a node is moved off its agent half an hour before the window, and the inverse offer is accepted", async () => {
  const s = await running();
  const start = s.clock.now() / 1000 + minutes(60);
  const again = async () => {
    await s.inverse("b", start - s.clock.now() / 1000);
    await s.seconds(60);
  };
  for (let minute = 0; minute < 29; minute += 1) await again();
  expect(new Set(s.answers().map((answer) => answer.split(" ")[0]))).toEqual(new Set(["ACCEPT"]));
  expect(s.callsOf("KILL")).toEqual([]);
  expect(steps(s)).toMatchObject([
    { step: "wait", node: "n", explanation: expect.stringMatching(/stopped at .*, to be launched elsewhere/) },
  ]);
  await again();
  await again();
  expect(s.launched("small", "n")).toEqual([]);
  expect(s.clusters.state("small").nodes[1]).toMatchObject({ failures: 0 });
  s.mesos.unavailable.set("S-b", s.window(start - s.clock.now() / 1000));
  await s.offer("b");
  expect(s.launched("small", "n")).toEqual([]);
  expect(s.clusters.state("small").nodes[1]?.reason).toContain("b is in maintenance from");
  await s.offer("c");
  expect(s.task("small", "n").agentId).toBe("S-c");
  await s.running("small", "n");
  expect(s.clusters.get("small").status).toBe("running");
});

test("B14: a scheduler that ends while a node is moved goes on with it, and counts no failure", async () => {
  const s = await running();
  const { onKill } = s.mesos;
  s.mesos.onKill = () => undefined;
  await s.inverse("b", minutes(10));
  await s.seconds(2);
  expect(s.callsOf("KILL")).toHaveLength(1);
  await s.restart();
  s.mesos.onKill = onKill;
  await s.seconds(6);
  expect(s.launched("small", "n")).toEqual([]);
  await s.offer("c");
  expect(s.task("small", "n").agentId).toBe("S-c");
  expect(s.clusters.state("small").nodes[1]).toMatchObject({ failures: 0 });
});

test("B14: a master stays, its inverse offer is declined, and why is in log and state", async () => {
  const s = await running();
  const lines = () => logLines(s.clusters.log("small"));
  const id = await s.inverse("a", minutes(10));
  await s.seconds(120);
  expect(s.answers()).toEqual([`DECLINE ${id}`]);
  expect(s.callsOf("KILL")).toEqual([]);
  expect(lines().join()).toContain("it stays, for its data is on this host");
  expect(steps(s)).toMatchObject([
    { step: "wait", node: "m", explanation: expect.stringContaining("the inverse offer is declined") },
  ]);
  const told = lines().length;
  await s.inverse("a", minutes(8));
  expect(lines()).toHaveLength(told);
});

test("B14: a node that may run on one host only stays", async () => {
  const s = await running({ host: "b" });
  const id = await s.inverse("b", minutes(10));
  await s.seconds(120);
  expect(s.answers()).toEqual([`DECLINE ${id}`]);
  expect(s.callsOf("KILL")).toEqual([]);
});

test("B14: a window that is taken back, or of which nothing is heard any more, moves nobody", async () => {
  const s = await running();
  const id = await s.inverse("b", minutes(34));
  s.mesos.send({ type: "RESCIND_INVERSE_OFFER", rescind_inverse_offer: { inverse_offer_id: { value: id } } });
  await s.seconds(minutes(30));
  expect(steps(s)).toEqual([]);
  await s.inverse("b", minutes(35));
  await s.seconds(minutes(30));
  expect(s.callsOf("KILL")).toEqual([]);
});

test("B14: a drained agent: its node is launched elsewhere at once, and no failure is counted", async () => {
  const s = await running();
  const { executorId } = s.task("small", "n");
  for (const { info, process } of s.tasksOf("small", "n")) {
    const data = process === "" ? { data: nodeReport("stopping", "", "c", "kept") } : {};
    s.mesos.update(info.task_id.value, "TASK_KILLED", { reason: "REASON_AGENT_DRAINING", ...data });
  }
  s.mesos.executors.delete(executorId);
  await s.seconds(1);
  expect(s.clusters.state("small").nodes[1]).toMatchObject({ failures: 0 });
  await s.offer("c");
  expect(s.task("small", "n").agentId).toBe("S-c");
});

test("B14: FAILURE of an agent or executor is a hint: before, after or without the updates the outcome is the same", async () => {
  for (const order of ["before", "after", "alone"] as const) {
    const s = await running();
    const old = s.task("small", "n").executorId;
    const failure = () =>
      s.mesos.send({
        type: "FAILURE",
        failure: { agent_id: { value: "S-b" }, executor_id: { value: old }, status: 9 },
      });
    if (order === "before") failure();
    s.mesos.executors.delete(old);
    for (const { info } of s.tasksOf("small", "n")) {
      if (order === "alone") s.mesos.tasks.delete(info.task_id.value);
      else s.mesos.update(info.task_id.value, "TASK_FAILED", { reason: "REASON_EXECUTOR_TERMINATED" });
    }
    if (order !== "before") failure();
    await s.seconds(5);
    await s.offer("b");
    expect(s.task("small", "n").executorId).not.toBe(old);
    expect(s.launched("small", "m").length).toBeGreaterThan(1);
    expect(s.mesos.violations).toEqual([]);
  }
});
