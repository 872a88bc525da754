// LAUNCH_GROUP with a custom executor: valid tasks under one executor, or TASK_ERROR for each (recording: operations).
import { type ExecutorInfo, type Offer, Resources, type TaskInfo } from "@cke/mesos";
import { expect, test } from "vitest";
import { bagText } from "../../resources/format.ts";
import { MasterFixture, type TestFramework, taskInfo } from "../testing/master-fixture.ts";
import { accept } from "./accept.ts";

const { scalar } = Resources;

interface Group {
  readonly executor?: Partial<ExecutorInfo>;
  readonly tasks?: readonly Partial<TaskInfo>[];
  /** Leaves framework_id out. */
  readonly nameless?: true;
  readonly typeless?: true;
}

function set() {
  const master = new MasterFixture();
  const { agent, messages } = master.register("cpus:4;mem:1000;disk:100");
  const framework = master.subscribe();
  master.allocate();
  return { master, agent, messages, framework };
}

function launchGroup(master: MasterFixture, framework: TestFramework, group: Group = {}): void {
  const offer = framework.offers().at(-1);
  if (offer === undefined) throw new Error("there is no offer");
  const { executor, typeless, tasks = [{ task_id: { value: "g1" } }, { task_id: { value: "g2" } }] } = group;
  accept(master.state, master.record(framework), {
    type: "ACCEPT",
    accept: {
      offer_ids: [offer.id],
      operations: [
        {
          type: "LAUNCH_GROUP",
          launch_group: {
            executor: {
              ...described(own(offer, group.nameless === true ? undefined : framework.id), typeless),
              ...executor,
            },
            task_group: { tasks: tasks.map((task) => bare(offer, task)) },
          },
        },
      ],
    },
  });
}

function described({ type, ...executor }: ExecutorInfo, typeless = false): ExecutorInfo {
  return typeless || type === undefined ? executor : { ...executor, type };
}

function own(offer: Offer, frameworkId: string | undefined): ExecutorInfo {
  const { executor } = taskInfo(offer, {});
  if (executor === undefined) throw new Error("no executor");
  const resources = [...(executor.resources ?? []), scalar("disk", 10)];
  return { ...executor, resources, ...(frameworkId === undefined ? {} : { framework_id: { value: frameworkId } }) };
}

function bare(offer: Offer, task: Partial<TaskInfo>): TaskInfo {
  const { executor: _, ...rest } = taskInfo(offer, {});
  return { ...rest, ...task };
}

test("all tasks go to the agent in one message, and their resources are held with the executor's", () => {
  const { master, agent, messages, framework } = set();
  launchGroup(master, framework);
  expect(messages.map(({ type }) => type)).toEqual(["REGISTERED", "RUN_TASK_GROUP"]);
  const message = messages.find(({ type }) => type === "RUN_TASK_GROUP");
  expect(message?.type === "RUN_TASK_GROUP" && message.tasks.map(({ task_id }) => task_id.value)).toEqual(["g1", "g2"]);
  expect(message?.type === "RUN_TASK_GROUP" && message.executor_info.command).toEqual({ value: "true" });
  expect(bagText(agent.ledger.available)).toBe("cpus:1.9; mem:840; disk:90");
  expect(framework.updates()).toEqual([]);
  master.check();
});

test.each<[string, Group, RegExp]>([
  ["an executor without framework_id", { nameless: true }, /framework_id/],
  [
    "a task with an executor of its own",
    { tasks: [{ task_id: { value: "g1" } }, { task_id: { value: "g2" }, executor: { executor_id: { value: "x" } } }] },
    /The `ExecutorInfo` of task 'g2' is different from executor 'e'/,
  ],
  [
    "a task without resources",
    { tasks: [{ task_id: { value: "g1" } }, { task_id: { value: "g2" }, resources: [] }] },
    /Task 'g2' is invalid: Task uses no resources/,
  ],
  ["the same id twice", { tasks: [{ task_id: { value: "g1" } }, { task_id: { value: "g1" } }] }, /duplicate/],
  [
    "a task of another agent",
    { tasks: [{ task_id: { value: "g1" } }, { task_id: { value: "g2" }, agent_id: { value: "other" } }] },
    /agent/,
  ],
  ["an executor of another framework", { executor: { framework_id: { value: "other" } } }, /FrameworkID/],
  ["an executor without a type", { typeless: true }, /'ExecutorInfo.type' must be set/],
  ["an executor without disk", { executor: { resources: [scalar("cpus", 0.1), scalar("mem", 32)] } }, /uses no disk$/],
  [
    "an executor with next to no cpus",
    { executor: { resources: [scalar("cpus", 0.001), scalar("mem", 32), scalar("disk", 1)] } },
    /uses less CPUs \(0.001\) than the minimum required \(0.01\)/,
  ],
  [
    "an executor with little memory",
    { executor: { resources: [scalar("cpus", 0.1), scalar("mem", 31), scalar("disk", 1)] } },
    /uses less memory \(31MB\) than the minimum required \(32MB\)/,
  ],
  ["a default executor with a command", { executor: { type: "DEFAULT" } }, /command/],
  [
    "more than was offered",
    { tasks: Array.from({ length: 5 }, (_, index) => ({ task_id: { value: `g${index}` } })) },
    /more than available/,
  ],
])("%s: nothing is launched, and each task is told", (_what, group, words) => {
  const { master, agent, messages, framework } = set();
  launchGroup(master, framework, group);
  expect(messages.map(({ type }) => type)).toEqual(["REGISTERED"]);
  const updates = framework.events.flatMap((event) => (event.type === "UPDATE" ? [event.update.status] : []));
  expect(updates).toHaveLength(group.tasks?.length ?? 2);
  for (const status of updates) {
    expect(status).toMatchObject({
      state: "TASK_ERROR",
      reason: "REASON_TASK_GROUP_INVALID",
      source: "SOURCE_MASTER",
      message: expect.stringMatching(words),
    });
    expect(status.uuid).toBeUndefined();
  }
  expect(bagText(agent.ledger.available)).toBe("cpus:4; mem:1000; disk:100");
  master.check();
});
