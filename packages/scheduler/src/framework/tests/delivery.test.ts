// What a call's acceptance means (nothing yet), and updates that come twice or late.
import type { TaskStatus } from "@cke/mesos";
import { expect, test } from "vitest";
import type { ConnectionHooks } from "../interfaces/dependencies.ts";
import { settle } from "../testing/manual-clock.ts";
import { Scenario } from "../testing/scenario.ts";

test("B5: an ACCEPT that was answered with 202 and got lost is found out, and the node is launched again", async () => {
  const s = await Scenario.created();
  const place = s.mesos.place.bind(s.mesos);
  s.mesos.place = (_info, left) => ({ left });
  await s.offer();
  expect(s.callsOf("ACCEPT")).toHaveLength(1);
  expect(s.clusters.get("small").status).toBe("starting");
  expect(s.mesos.live()).toEqual([]);
  s.mesos.place = place;
  await s.seconds(40);
  await s.offer();
  expect(s.callsOf("ACCEPT")).toHaveLength(2);
  expect(s.launched("small", "m").length).toBeGreaterThan(1);
  expect(s.mesos.violations).toEqual([]);
});

test("B5: a KILL that was answered with 202 is no end: only the update is", async () => {
  const s = await Scenario.created();
  await s.offer();
  await s.running("small", "m");
  s.mesos.onKill = () => undefined;
  await s.clusters.remove("small");
  await s.seconds(3);
  expect(s.callsOf("KILL").length).toBeGreaterThan(0);
  expect(s.clusters.get("small").status).toBe("killing");
  for (const { info } of s.tasksOf("small", "m")) s.mesos.update(info.task_id.value, "TASK_KILLED");
  s.mesos.onKill = (task) => void s.mesos.update(task.info.task_id.value, "TASK_KILLED");
  await s.seconds(20);
  await s.offer();
  await s.seconds(5);
  expect(s.clusters.list()).toEqual([]);
});

test("B5: updates that come twice, and old ones after new ones, are acknowledged and change nothing", async () => {
  const s = await Scenario.created();
  await s.offer();
  const id = s.id("small", "m");
  const starting = s.mesos.update(id, "TASK_STARTING");
  await settle();
  await s.running("small", "m");
  const before = s.clusters.state("small");
  const acknowledged = s.callsOf("ACKNOWLEDGE").length;
  // One that waits for its turn already is not taken twice.
  const again = async (status: TaskStatus) => {
    s.mesos.send({ type: "UPDATE", update: { status } });
    await settle();
  };
  await again(starting);
  await again(s.task("small", "m").status);
  await again(starting);
  expect(s.clusters.state("small")).toEqual(before);
  expect(s.callsOf("ACKNOWLEDGE").length).toBe(acknowledged + 3);
  expect(s.callsOf("ACCEPT")).toHaveLength(1);
});

test("B7: checkpoint, user and principal are there from the first subscription and stay the same", async () => {
  const s = new Scenario({ options: { principal: "me", user: "cke" } });
  const schedulers: ConnectionHooks[] = [];
  const { connect } = s.mesos;
  const remember = (hooks: ConnectionHooks) => {
    schedulers.push(hooks);
    return connect(hooks);
  };
  Object.assign(s.mesos, { connect: remember });
  await s.restart();
  const [first] = schedulers;
  const before = (await first?.subscribe())?.framework_info;
  await s.restart();
  const identity = { checkpoint: true, user: "cke", principal: "me", id: { value: "F-1" } };
  expect(before).toMatchObject(identity);
  expect((await schedulers.at(-1)?.subscribe())?.framework_info).toEqual(before);
});
