// What an agent is doing while it is killed, as scripts. The points of `during` are those at which it dies.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { AgentFixture } from "./agent-fixture.ts";
import { frameworkId, frameworkInfo, runCommand, runGroup, runTask } from "./agent-fixture.ts";
import type { CrashMoment } from "./crash-points.ts";

type Step = (fixture: AgentFixture) => Promise<void> | void;

export interface CrashScenario {
  readonly name: string;
  /** Where an agent before the one in question died, after which this one took over. */
  readonly predecessor?: CrashMoment;
  /** Little but another scenario's points once more: only with `CRASH_POINTS=all`. */
  readonly thorough?: boolean;
  /** A task that runs on whatever becomes of the others. */
  readonly bystander?: string;
  readonly before: readonly Step[];
  readonly during: readonly Step[];
}

const send =
  (message: Parameters<AgentFixture["master"]["send"]>[0]): Step =>
  ({ master }) =>
    master.send(message);

const sees =
  (task: string, state: string): Step =>
  async ({ master }) => {
    await master.expectUpdate(task, state);
  };

/** Until the agent has done everything that it was told before. */
const quiet =
  (executor: string): Step =>
  async (fixture) => {
    const word = `quiet-${fixture.heard().length}`;
    fixture.say(`echo ${word}`, executor);
    await fixture.master.until(() => fixture.heard().includes(word));
  };

const exits =
  (count: number): Step =>
  async ({ master }) => {
    await master.until(() => master.exits().length === count, "EXECUTOR_EXITED");
  };

/** Until no executor is left on the agent's disk. */
const forgotten: Step = async ({ workDir }) => {
  const meta = join(workDir, "meta", "frameworks", frameworkId.value);
  while ((await readdir(meta).catch(() => [])).length > 0) await delay(10);
};

const executor_id = { value: "e1" };
const launch = [send(runTask({ id: "t1", executor: "e1" })), sees("t1", "TASK_RUNNING"), quiet("e1")];
const kill = (id: string) => send({ type: "KILL_TASK", framework_id: frameworkId, task_id: { value: id } });
const never: Step = () => new Promise<void>(() => {});

/** RUN_TASK_GROUP of commands. */
function group(ids: readonly string[]): ReturnType<typeof runGroup> {
  const message = runGroup(ids, { type: "DEFAULT" });
  return { ...message, tasks: message.tasks.map((task) => ({ ...task, command: { value: "sleep 1000" } })) };
}

const deaf = runTask({ id: "t1", executor: "e1", graceMs: 100, environment: { TEST_DEAF: "1" } });

export const crashScenarios: readonly CrashScenario[] = [
  { name: "launching an executor", before: [], during: launch },
  {
    name: "handing a second task to an executor",
    bystander: "t1",
    before: launch,
    during: [send(runTask({ id: "t2", executor: "e1" })), sees("t2", "TASK_RUNNING"), quiet("e1")],
  },
  {
    name: "launching a task group on an executor",
    thorough: true,
    before: [],
    during: [send(runGroup(["t1", "t2"], { type: "CUSTOM" })), sees("t1", "TASK_RUNNING"), sees("t2", "TASK_RUNNING")],
  },
  {
    name: "forgetting a task that has ended",
    before: launch,
    during: [(fixture) => fixture.say("report t1 TASK_FINISHED", "e1"), sees("t1", "TASK_FINISHED"), quiet("e1")],
  },
  {
    name: "noticing the end of an executor",
    before: launch,
    during: [(fixture) => fixture.say("exit 3", "e1"), exits(1), sees("t1", "TASK_FAILED"), forgotten],
  },
  {
    name: "killing an executor that does not obey",
    before: [send(deaf), sees("t1", "TASK_RUNNING"), quiet("e1")],
    during: [
      send({ type: "SHUTDOWN_EXECUTOR", framework_id: frameworkId, executor_id }),
      exits(1),
      sees("t1", "TASK_FAILED"),
      forgotten,
    ],
  },
  {
    name: "launching an executor of a framework without checkpointing",
    before: [],
    during: [
      send(runTask({ id: "t1", executor: "e1" }, { ...frameworkInfo, checkpoint: false })),
      sees("t1", "TASK_RUNNING"),
      quiet("e1"),
    ],
  },
  {
    name: "running a command",
    before: [],
    during: [send(runCommand("k1", { value: "sleep 1000" })), sees("k1", "TASK_RUNNING")],
  },
  {
    name: "killing a command",
    before: [send(runCommand("k1", { value: "sleep 1000" })), sees("k1", "TASK_RUNNING")],
    during: [kill("k1"), sees("k1", "TASK_KILLED"), forgotten],
  },
  {
    name: "launching a task group on the default executor",
    before: [],
    during: [send(group(["t1", "t2"])), sees("t1", "TASK_RUNNING"), sees("t2", "TASK_RUNNING")],
  },
  {
    name: "handing a second task group to the default executor",
    bystander: "t1",
    before: [send(group(["t1"])), sees("t1", "TASK_RUNNING")],
    during: [send(group(["t2", "t3"])), sees("t2", "TASK_RUNNING"), sees("t3", "TASK_RUNNING")],
  },
  {
    name: "taking over an executor that had not subscribed",
    predecessor: { when: "after", point: "release e1/runs" },
    before: launch,
    during: [sees("t1", "TASK_DROPPED"), exits(1), forgotten],
  },
  {
    name: "taking over an executor that had not got its task",
    predecessor: { when: "before", point: "event LAUNCH t1" },
    before: launch,
    during: [sees("t1", "TASK_DROPPED"), exits(1), forgotten],
  },
  {
    name: "taking over a command that is being killed",
    predecessor: { when: "before", point: "signal SIGTERM" },
    before: [send(runCommand("k1", { value: "sleep 1000" })), sees("k1", "TASK_RUNNING"), kill("k1"), never],
    during: [sees("k1", "TASK_KILLED"), forgotten],
  },
];
