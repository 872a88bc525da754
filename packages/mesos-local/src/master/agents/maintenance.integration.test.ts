import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@cke/foundation";
import { newUuid } from "@cke/mesos";
import { expect, onTestFinished, test } from "vitest";
import { MasterCore } from "../master-core.ts";
import { answerInverseOffers } from "../offers/inverse-offers.ts";
import { scheduleSchema } from "../state/maintenance-schedule.ts";
import { fileRegistry } from "../state/registry.ts";
import { acknowledge, reconcile } from "../tasks/task-calls.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { MasterFixture, type TestFramework } from "../testing/master-fixture.ts";
import { operator, v1, view } from "../testing/operator.ts";
import { startMaintenance, updateSchedule } from "./maintenance.ts";

const start = { nanoseconds: 1_800_003_600 * 1e9 };
const machine = { hostname: "h1", ip: "127.0.0.1" };
const windows = [{ machine_ids: [machine], unavailability: { start, duration: { nanoseconds: 60e9 } } }];
const t = (id: string) => ({ task_id: { value: id } });

function setting() {
  const master = new MasterFixture();
  const { agent, messages } = master.register("cpus:8;mem:16384", { hostname: "h1" });
  const framework = master.subscribe();
  master.allocate();
  return { master, agent, messages, framework };
}
const inverseIds = (framework: TestFramework) =>
  framework.events.flatMap((event) =>
    event.type === "INVERSE_OFFERS" ? (event.inverse_offers.inverse_offers ?? []).map(({ id }) => id) : [],
  );

test("a schedule takes offers back, makes them with their window, and asks for the resources until it is answered", () => {
  const { master, framework } = setting();
  const before = framework.events.length;
  expect(v1(master, "UPDATE_MAINTENANCE_SCHEDULE", { schedule: { windows } }).status).toBe(200);
  master.allocate();
  expect(framework.types().slice(before)).toEqual(["RESCIND", "OFFERS", "INVERSE_OFFERS"]);
  expect(framework.offers().at(-1)?.unavailability).toMatchObject({
    start: { nanoseconds: 1_800_003_600_000_000_000n },
  });
  master.allocate();
  expect(inverseIds(framework)).toHaveLength(1);
  const record = master.record(framework);
  const answer = (status: "ACCEPT" | "DECLINE", refuse_seconds?: number) =>
    answerInverseOffers(master.state, record, status, {
      inverse_offer_ids: inverseIds(framework).slice(-1),
      ...(refuse_seconds === undefined ? {} : { filters: { refuse_seconds } }),
    });
  answer("ACCEPT", 2);
  master.clock.advance(1_900);
  master.allocate();
  expect(inverseIds(framework)).toHaveLength(1);
  master.clock.advance(200);
  master.allocate();
  expect(inverseIds(framework)).toHaveLength(2);
  answer("DECLINE");
  expect(view(master, "GET_MAINTENANCE_STATUS")).toMatchObject({
    get_maintenance_status: {
      status: {
        draining_machines: [{ id: machine, statuses: [{ status: "DECLINE", framework_id: { value: framework.id } }] }],
      },
    },
  });
  expect(view(master, "GET_MAINTENANCE_SCHEDULE")).toMatchObject({
    get_maintenance_schedule: { schedule: { windows: [{ machine_ids: [machine] }] } },
  });
  master.check();
});

test("a window that goes takes its inverse offers with it", () => {
  const { master, framework } = setting();
  operator(master, "/maintenance/schedule", { windows });
  master.allocate();
  const before = framework.events.length;
  operator(master, "/maintenance/schedule", {});
  master.allocate();
  expect(framework.types().slice(before)).toEqual(["RESCIND", "RESCIND_INVERSE_OFFER", "OFFERS"]);
  expect(framework.offers().at(-1)?.unavailability).toBeUndefined();
});

test("a framework that has nothing there is not asked", () => {
  const master = new MasterFixture();
  master.register("cpus:8;mem:16384", { hostname: "h1" });
  const framework = master.subscribe();
  v1(master, "UPDATE_MAINTENANCE_SCHEDULE", { schedule: { windows } });
  master.state.frameworks.get(framework.id)?.suppressed.add("dev");
  master.allocate();
  expect(framework.types()).toEqual(["SUBSCRIBED", "HEARTBEAT"]);
});

test("a machine goes down with its agents, stays away, and comes back", () => {
  const { master, framework, messages } = setting();
  master.launch(framework, [t("t1")]);
  expect(operator(master, "/machine/down", [machine])).toMatchObject({ status: 400 });
  operator(master, "/maintenance/schedule", { windows });
  expect(v1(master, "START_MAINTENANCE", { machines: [machine] }).status).toBe(200);
  expect(framework.updates()).toEqual(["t1 TASK_GONE REASON_AGENT_REMOVED"]);
  expect(messages.at(-1)).toMatchObject({ type: "SHUTDOWN" });
  expect(view(master, "GET_MAINTENANCE_STATUS")).toMatchObject({
    get_maintenance_status: { status: { down_machines: [machine] } },
  });
  const again = () => master.register("cpus:8;mem:16384", { hostname: "h1" });
  expect(again).toThrow("refused");
  expect(v1(master, "STOP_MAINTENANCE", { machines: [machine] }).status).toBe(200);
  expect(again().agent.hostname).toBe("h1");
  expect(view(master, "GET_MAINTENANCE_SCHEDULE")).toEqual({
    type: "GET_MAINTENANCE_SCHEDULE",
    get_maintenance_schedule: { schedule: {} },
  });
});

test("an agent is drained: no offers, every task killed with the reason, then offers again when it is reactivated", () => {
  const { master, agent, framework, messages } = setting();
  master.launch(framework, [t("t1")]);
  master.allocate();
  const before = framework.events.length;
  const call = { agent_id: { value: agent.id }, max_grace_period: { seconds: 30 } };
  expect(v1(master, "DRAIN_AGENT", call).status).toBe(200);
  expect(messages.at(-1)).toMatchObject({
    type: "KILL_TASK",
    task_id: { value: "t1" },
    kill_policy: { grace_period: { nanoseconds: 30_000_000_000n } },
  });
  expect(framework.types().slice(before)).toEqual(["RESCIND"]);
  master.allocate();
  expect(framework.types().slice(before)).toEqual(["RESCIND"]);
  const stateOf = () =>
    JSON.stringify(view(master, "GET_AGENTS"), (_, value) => (typeof value === "bigint" ? 0 : value));
  expect(stateOf()).toContain('"deactivated":true');
  expect(stateOf()).toContain('"state":"DRAINING"');
  const uuid = master.update(agent, framework, "t1", "TASK_KILLED");
  expect(framework.updates()).toEqual(["t1 TASK_KILLED REASON_AGENT_DRAINING"]);
  acknowledge(master.state, master.record(framework), {
    type: "ACKNOWLEDGE",
    acknowledge: { agent_id: { value: agent.id }, task_id: { value: "t1" }, uuid },
  });
  master.allocate();
  expect(stateOf()).toContain('"state":"DRAINED"');
  expect(v1(master, "REACTIVATE_AGENT", { agent_id: { value: agent.id } }).status).toBe(200);
  master.allocate();
  expect(framework.types().at(-1)).toBe("OFFERS");
  master.check();
});

test.each([
  [10, undefined],
  [30, undefined],
  [90, 30_000_000_000n],
])("a drain of 30 s takes a task of %i s no longer than it has itself", (seconds, asked) => {
  const { master, agent, framework, messages } = setting();
  master.launch(framework, [{ ...t("t1"), kill_policy: { grace_period: { nanoseconds: seconds * 1_000_000_000 } } }]);
  v1(master, "DRAIN_AGENT", { agent_id: { value: agent.id }, max_grace_period: { seconds: 30 } });
  const kill = { type: "KILL_TASK", framework_id: { value: framework.id }, task_id: { value: "t1" } };
  const policy = asked === undefined ? {} : { kill_policy: { grace_period: { nanoseconds: asked } } };
  expect(messages.at(-1)).toEqual({ ...kill, ...policy });
});

test("an agent is drained to be gone: its tasks are gone by the operator, and it must not come back", () => {
  const { master, agent, framework, messages } = setting();
  master.launch(framework, [t("t1")]);
  v1(master, "DRAIN_AGENT", { agent_id: { value: agent.id }, mark_gone: true });
  const uuid = master.update(agent, framework, "t1", "TASK_KILLED");
  expect(framework.updates()).toEqual(["t1 TASK_GONE_BY_OPERATOR REASON_AGENT_DRAINING"]);
  acknowledge(master.state, master.record(framework), {
    type: "ACKNOWLEDGE",
    acknowledge: { agent_id: { value: agent.id }, task_id: { value: "t1" }, uuid },
  });
  master.allocate();
  expect(messages.at(-1)).toMatchObject({ type: "SHUTDOWN" });
  expect(master.state.goneAgents.has(agent.id)).toBe(true);
});

test("a deactivated agent offers nothing, and keeps its tasks", () => {
  const { master, agent, framework } = setting();
  master.launch(framework, [t("t1")]);
  v1(master, "DEACTIVATE_AGENT", { agent_id: { value: agent.id } });
  const before = framework.offers().length;
  master.allocate();
  expect(framework.offers()).toHaveLength(before);
  expect(framework.updates()).toEqual([]);
});

test("an agent that is marked gone: its tasks are gone by the operator, also when it is out of reach", () => {
  const { master, agent, framework } = setting();
  master.launch(framework, [t("t1")]);
  expect(v1(master, "MARK_AGENT_GONE", { agent_id: { value: "nobody" } }).status).toBe(404);
  expect(v1(master, "MARK_AGENT_GONE", { agent_id: { value: agent.id } }).status).toBe(200);
  expect(framework.updates()).toEqual(["t1 TASK_GONE_BY_OPERATOR REASON_AGENT_REMOVED_BY_OPERATOR"]);
  reconcile(master.state, master.record(framework), {
    type: "RECONCILE",
    reconcile: { tasks: [{ task_id: { value: "t1" }, agent_id: { value: agent.id } }] },
  });
  expect(framework.updates().at(-1)).toBe("t1 TASK_GONE_BY_OPERATOR REASON_RECONCILIATION");
});

test("schedule, machines that are down, drains and deactivations survive a restart of the master", () => {
  const directory = mkdtempSync(join(tmpdir(), "cke-registry-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const life = () =>
    new MasterCore({
      info: { id: "m", ip: 0, port: 5050 },
      registry: fileRegistry(directory),
      clock: new ManualClock(),
      logger: silentLogger,
      newUuid,
    }).state;
  const first = life();
  updateSchedule(first, scheduleSchema.parse({ windows }));
  startMaintenance(first, [machine]);
  first.deactivated.add("S1");
  first.drains.set("S1", { maxGrace: 7n, markGone: true, startedMs: 1, drained: false });
  first.services.saveRegistry();
  const second = life();
  expect(second.maintenance.windowOf(machine)?.duration?.nanoseconds).toBe(60_000_000_000);
  expect(second.maintenance.isDown(machine)).toBe(true);
  expect([...second.deactivated]).toEqual(["S1"]);
  expect(second.drains.get("S1")).toEqual({ maxGrace: 7n, markGone: true, startedMs: 1, drained: false });
});
