// An agent comes back under another id while the scheduler does not hear what Mesos says of its tasks.
import { expect, test } from "vitest";
import { logLines } from "../../kubernetes/testing/log-lines.ts";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { unitRecordSchema } from "../../workload/records/records.ts";
import { settle } from "../testing/manual-clock.ts";
import { Scenario } from "../testing/scenario.ts";

const body = (reservation: boolean) => {
  const master = { name: "m", type: "master", node_ip: "10.0.0.1", reservation };
  return smallBody({ nodes: [master, { name: "n", type: "node", node_ip: "10.0.0.2", reservation }] });
};

/** A cluster on host a, whose agent forgets what it had. Mesos does not know its tasks from then on. */
async function forgotten({ reservation = false, successor = true } = {}): Promise<Scenario> {
  const s = new Scenario();
  await s.start();
  s.mesos.addAgent("a");
  await s.clusters.create(body(reservation));
  await s.offer("a");
  await s.offer("a");
  await s.running("small", "m");
  await s.running("small", "n");
  expect(s.clusters.get("small").status).toBe("running");
  s.mesos.agents.delete("S-a");
  s.mesos.tasks.clear();
  s.mesos.executors.clear();
  if (successor) s.mesos.addAgent("a", { id: "S-a2" });
  await s.restart();
  return s;
}

const recordOf = async (s: Scenario, node: string) =>
  unitRecordSchema.parse((await s.store.get(`units/small/${node}`))?.value);
const logged = (s: Scenario) => logLines(s.clusters.log("small")).join("\n");
const offered = async (s: Scenario) => {
  s.mesos.offer("a");
  await settle();
};

test("another agent of its host has come: the master runs there again, and what waits for the host follows that agent", async () => {
  const s = await forgotten();
  await s.seconds(110);
  expect((await recordOf(s, "m")).launch?.agentId).toBe("S-a");
  await s.seconds(90);
  expect((await recordOf(s, "m")).launch).toBeUndefined();
  expect(logged(s)).toContain("Mesos has no agent S-a any more, and a has agent S-a2 now");
  // Mesos is asked first whether the agent of before was marked gone.
  await offered(s);
  await s.seconds(5);
  await offered(s);
  expect(s.task("small", "m").agentId).toBe("S-a2");
  await s.running("small", "m");
  await offered(s);
  expect(s.task("small", "n").agentId).toBe("S-a2");
});

test("no other agent has come to its host: the master waits for the one that has its data", async () => {
  const s = await forgotten({ successor: false });
  s.mesos.addAgent("b");
  await s.seconds(1_200);
  expect((await recordOf(s, "m")).launch?.agentId).toBe("S-a");
  await s.offer("b");
  expect(s.tasksOf("small", "m")).toEqual([]);
});

test("an agent that has its id still is not replaced, whoever else has its name", async () => {
  const s = await forgotten();
  s.mesos.addAgent("a");
  await s.seconds(1_200);
  // Mesos says of an agent that it has that such a task is gone.
  expect((await recordOf(s, "m")).launch?.agentId).not.toBe("S-a2");
});

test("what was reserved on an agent that is replaced is noted no more", async () => {
  const s = await forgotten({ reservation: true });
  expect((await recordOf(s, "m")).reservations.map(({ agentId }) => agentId)).toEqual(["S-a"]);
  await s.seconds(240);
  expect((await recordOf(s, "m")).reservations).toEqual([]);
  expect((await recordOf(s, "n")).reservations).toEqual([]);
});

test("the other agent is marked gone before anything ran there: the data is lost, as with the first one", async () => {
  const s = await forgotten();
  await s.seconds(240);
  expect((await recordOf(s, "m")).home).toBe("a");
  await s.seconds(600);
  expect((await recordOf(s, "m")).last?.agentId).toBe("S-a2");
  s.mesos.agents.delete("S-a2");
  s.mesos.goneAgents.add("S-a2");
  await s.seconds(600);
  expect((await recordOf(s, "m")).home).toBe("");
  expect(logged(s)).toContain("its data on a is lost: the agent was marked gone");
});
