import { expect, test } from "vitest";
import { bagText } from "../resources/format.ts";
import { parseResources } from "../resources/parse.ts";
import { executorExited } from "./agents/agent-messages.ts";
import { pingAgent } from "./agents/agent-ping.ts";
import { disconnectAgent, markUnreachable } from "./agents/agent-removal.ts";
import { disconnectFramework, removeFramework } from "./frameworks/framework-removal.ts";
import { decline } from "./operations/accept.ts";
import { acknowledge, killTask, reconcile } from "./tasks/task-calls.ts";
import { MasterFixture } from "./testing/master-fixture.ts";

const t = (id: string) => ({ task_id: { value: id } });

test("resources go from offer to task to free", () => {
  const master = new MasterFixture();
  const { agent, messages } = master.register();
  const framework = master.subscribe();
  master.allocate();
  expect(framework.types()).toEqual(["SUBSCRIBED", "HEARTBEAT", "OFFERS"]);
  master.launch(framework, [t("t1"), t("t2")]);
  expect(messages.map(({ type }) => type)).toEqual(["REGISTERED", "RUN_TASK", "RUN_TASK"]);
  expect(bagText(agent.ledger.available)).toBe("cpus:5.9; mem:16224; ports:[31000-31099]");
  const uuid = master.update(agent, framework, "t1", "TASK_FINISHED");
  expect(bagText(agent.ledger.available)).toBe("cpus:6.9; mem:16288; ports:[31000-31099]");
  acknowledge(master.state, master.record(framework), {
    type: "ACKNOWLEDGE",
    acknowledge: { agent_id: { value: agent.id }, task_id: { value: "t1" }, uuid },
  });
  expect([...master.record(framework).tasks.keys()]).toEqual(["t2"]);
  master.update(agent, framework, "t2", "TASK_FAILED");
  executorExited(master.state, agent, {
    type: "EXECUTOR_EXITED",
    framework_id: { value: framework.id },
    executor_id: { value: "e" },
    status: 9,
  });
  expect(bagText(agent.ledger.available)).toBe("cpus:8; mem:16384; ports:[31000-31099]");
  expect(framework.events.at(-1)).toMatchObject({ type: "FAILURE", failure: { status: 9 } });
  master.check();
});

test("a declined offer comes back after its filter, at once for more resources", () => {
  const master = new MasterFixture();
  const { agent } = master.register("cpus:4;mem:1000");
  const framework = master.subscribe();
  master.allocate();
  const [offer] = framework.offers();
  decline(master.state, master.record(framework), {
    type: "DECLINE",
    decline: { offer_ids: offer === undefined ? [] : [offer.id], filters: { refuse_seconds: 10 } },
  });
  master.clock.advance(9_000);
  master.allocate();
  expect(framework.offers()).toHaveLength(1);
  agent.ledger.convert([], parseResources("cpus:1"));
  master.allocate();
  expect(framework.offers()).toHaveLength(2);
});

test("an unreachable agent and its way back", () => {
  const master = new MasterFixture();
  const { agent } = master.register();
  const framework = master.subscribe();
  master.allocate();
  master.launch(framework, [t("t1")]);
  const uuid = master.update(agent, framework, "t1", "TASK_RUNNING");
  expect(uuid).not.toBe("");
  master.allocate();
  disconnectAgent(master.state, agent, agent.stream?.id ?? "");
  expect(framework.events.at(-1)?.type).toBe("RESCIND");
  for (let ping = 0; ping <= 5; ping += 1) pingAgent(master.state, agent);
  expect(framework.updates().at(-1)).toBe("t1 TASK_UNREACHABLE REASON_AGENT_REMOVED");
  expect(framework.events.at(-1)).toEqual({ type: "FAILURE", failure: { agent_id: { value: agent.id } } });
  const ask = { type: "RECONCILE", reconcile: { tasks: [{ ...t("t1"), agent_id: { value: agent.id } }] } } as const;
  reconcile(master.state, master.record(framework), ask);
  expect(framework.updates().at(-1)).toBe("t1 TASK_UNREACHABLE REASON_RECONCILIATION");
  const known = master.record(framework).unreachableTasks.get("t1");
  const executor = known?.info.executor;
  if (known === undefined || executor === undefined) throw new Error("the task is forgotten");
  const checkpoint = {
    agent_id: { value: agent.id },
    frameworks: [
      {
        framework_id: { value: framework.id },
        framework_info: master.record(framework).info,
        executors: [
          {
            executor_info: executor,
            command_executor: false,
            tasks: [
              {
                task: known.info,
                latest: { ...t("t1"), state: "TASK_RUNNING" as const, healthy: true },
                unacknowledged: [],
              },
            ],
          },
        ],
      },
    ],
  };
  const back = master.register(undefined, checkpoint);
  expect(framework.updates().at(-1)).toBe("t1 TASK_RUNNING REASON_AGENT_REREGISTERED");
  // The health that the executor told meanwhile, not what the master heard before.
  const latest = framework.events.at(-1);
  expect(latest).toMatchObject({ update: { status: { healthy: true } } });
  expect(bagText(back.agent.ledger.available)).toBe("cpus:6.9; mem:16288; ports:[31000-31099]");
  const restarted = new MasterFixture();
  restarted.register(undefined, checkpoint);
  const again = restarted.subscribe({ id: framework.id });
  reconcile(restarted.state, restarted.record(again), { type: "RECONCILE", reconcile: {} });
  expect(again.updates()).toEqual(["t1 TASK_RUNNING REASON_RECONCILIATION"]);
  master.check();
  restarted.check();
});

test("tasks that the agent does not know any more end", () => {
  const master = new MasterFixture();
  const { agent } = master.register();
  const framework = master.subscribe();
  master.allocate();
  master.launch(framework, [t("fresh"), t("old")]);
  master.update(agent, framework, "old", "TASK_RUNNING");
  master.register(undefined, { agent_id: { value: agent.id } });
  expect(framework.updates().slice(-2)).toEqual([
    "fresh TASK_DROPPED REASON_RECONCILIATION",
    "old TASK_GONE REASON_RECONCILIATION",
  ]);
  killTask(master.state, master.record(framework), { type: "KILL", kill: t("old") });
  expect(framework.updates().at(-1)).toBe("old TASK_UNKNOWN REASON_RECONCILIATION");
  master.check();
});

test("without checkpointing tasks are lost with the link; without a scheduler frameworks time out", () => {
  const master = new MasterFixture();
  const { agent, messages } = master.register();
  const framework = master.subscribe({ checkpoint: false, failoverTimeout: 3_000_000 });
  master.allocate();
  master.launch(framework, [t("t1")]);
  disconnectAgent(master.state, agent, agent.stream?.id ?? "");
  expect(framework.updates()).toEqual(["t1 TASK_LOST REASON_AGENT_DISCONNECTED"]);
  disconnectFramework(master.state, master.record(framework), master.record(framework).stream?.id ?? "");
  master.clock.advance(2_999_999_000);
  expect(master.state.frameworks.size).toBe(1);
  master.clock.advance(2_000);
  expect(master.state.frameworks.size).toBe(0);
  expect(messages.at(-1)?.type).toBe("RUN_TASK");
  const refused = master.subscribe({ id: framework.id });
  expect(refused.events).toEqual([{ type: "ERROR", error: { message: "Framework has been removed" } }]);
  master.check();
});

test("a removed framework frees everything", () => {
  const master = new MasterFixture();
  const { agent, messages } = master.register();
  const framework = master.subscribe();
  master.allocate();
  master.launch(framework, [t("t1")]);
  removeFramework(master.state, master.record(framework));
  expect(messages.at(-1)?.type).toBe("SHUTDOWN_FRAMEWORK");
  expect(bagText(agent.ledger.available)).toBe("cpus:8; mem:16384; ports:[31000-31099]");
  markUnreachable(master.state, agent);
  master.check();
});

test("a HEARTBEAT comes with SUBSCRIBED and every 15 s from then on, to the newest stream only", () => {
  const fixture = new MasterFixture();
  const framework = fixture.subscribe();
  const beats = (of: typeof framework) => of.types().filter((type) => type === "HEARTBEAT").length;
  fixture.clock.advance(14_999);
  expect(beats(framework)).toBe(1);
  fixture.clock.advance(1);
  expect(beats(framework)).toBe(2);
  const second = fixture.subscribe({ id: framework.id });
  fixture.clock.advance(30_000);
  expect([beats(framework), beats(second)]).toEqual([2, 3]);
});

test("a kill that a disconnected agent did not hear of is said again when it is back with the task", () => {
  const master = new MasterFixture();
  const { agent, messages } = master.register();
  const framework = master.subscribe();
  master.allocate();
  master.launch(framework, [t("t1"), t("t2")]);
  const record = master.record(framework);
  const executor = record.tasks.get("t1")?.info.executor;
  if (executor === undefined) throw new Error("the task is not there");
  const tasks = ["t1", "t2"].flatMap((id) => record.tasks.get(id)?.info ?? []);
  disconnectAgent(master.state, agent, agent.stream?.id ?? "");
  killTask(master.state, record, { type: "KILL", kill: t("t1") });
  expect(messages.filter(({ type }) => type === "KILL_TASK")).toEqual([]);
  const running = (id: string) => ({ ...t(id), state: "TASK_RUNNING" as const });
  const back = master.register(undefined, {
    agent_id: { value: agent.id },
    frameworks: [
      {
        framework_id: { value: framework.id },
        framework_info: record.info,
        executors: [
          {
            executor_info: executor,
            command_executor: false,
            tasks: tasks.map((task) => ({ task, latest: running(task.task_id.value), unacknowledged: [] })),
          },
        ],
      },
    ],
  });
  expect(back.messages).toEqual([
    expect.objectContaining({ type: "REGISTERED" }),
    { type: "KILL_TASK", framework_id: { value: framework.id }, task_id: { value: "t1" } },
  ]);
});
