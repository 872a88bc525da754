// What must be true of an agent that took over from one that died at any moment, whatever that one was doing.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isTerminalTaskState, type TaskStatus } from "@cke/mesos";
import { type AgentFixture, frameworkId } from "./agent-fixture.ts";

const pollMs = 25;
const patienceMs = 240_000;

/** Executor ids of live processes that run in a sandbox of `workDir`. */
async function executorsWithProcesses(workDir: string): Promise<string[]> {
  const found = new Set<string>();
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    const sandbox = environment.split("\0").find((entry) => entry.startsWith(`MESOS_SANDBOX=${workDir}/`));
    const executor = /\/executors\/([^/]+)\//.exec(sandbox ?? "")?.[1];
    if (executor !== undefined) found.add(executor);
  }
  return [...found].sort();
}

/** Statuses by task, oldest first, and the executor of each task. */
interface Known {
  readonly executor: string;
  readonly statuses: TaskStatus[];
}

/** The tasks that the new agent told of when it registered, with what was said about them since then. */
function knownTasks({ master }: AgentFixture): Map<string, Known> {
  const known = new Map<string, Known>();
  for (const { executor_info, tasks } of master.registrations.at(-1)?.frameworks[0]?.executors ?? []) {
    for (const { task, latest } of tasks) {
      const statuses = latest === undefined ? [] : [latest];
      known.set(task.task_id.value, { executor: executor_info.executor_id.value, statuses });
    }
  }
  for (const { status } of master.updates()) {
    const statuses = known.get(status.task_id.value)?.statuses;
    if (statuses?.some(({ state }) => isTerminalTaskState(state)) === false) statuses.push(status);
  }
  return known;
}

interface WhatIs {
  /** Newest state of the tasks that the new agent knew. */
  readonly tasks: Readonly<Record<string, string>>;
  /** Executors with live processes. */
  readonly processes: readonly string[];
  /** Executors on the agent's disk. */
  readonly checkpoints: readonly string[];
}

/**
 * Waits until the new agent has settled everything: what it knows is what lives, every task runs or has ended, and no
 * executor lives for nothing. `spoken` are the executors that were heard of before. Throws an Error with what it saw.
 */
export async function expectSettled(fixture: AgentFixture, spoken: ReadonlySet<string>): Promise<WhatIs> {
  const meta = join(fixture.workDir, "meta", "frameworks", frameworkId.value, "executors");
  for (const begun = performance.now(); ; ) {
    const known = [...knownTasks(fixture)];
    const latest = (statuses: readonly TaskStatus[]) => statuses.at(-1)?.state ?? "TASK_STAGING";
    const open = known.filter(([, { statuses }]) => !isTerminalTaskState(latest(statuses)));
    const heard = known.flatMap(([, { executor, statuses }]) =>
      statuses.some(({ source }) => source === "SOURCE_EXECUTOR") ? [executor] : [],
    );
    const useful = new Set([...open.map(([, { executor }]) => executor), ...heard, ...spoken]);
    const seen: WhatIs = {
      tasks: Object.fromEntries(known.map(([id, { statuses }]) => [id, latest(statuses)])),
      processes: await executorsWithProcesses(fixture.workDir),
      checkpoints: (await readdir(meta).catch(() => [])).sort(),
    };
    const settled =
      String(seen.processes) === String(seen.checkpoints) &&
      open.every(([id, { executor }]) => seen.tasks[id] === "TASK_RUNNING" && seen.processes.includes(executor)) &&
      seen.processes.every((executor) => useful.has(executor));
    if (settled) return seen;
    if (performance.now() - begun > patienceMs) throw new Error(`not settled: ${JSON.stringify(seen)}`);
    await delay(pollMs);
  }
}

/** Executors that reported something themselves. */
export function executorsHeard(statuses: readonly TaskStatus[]): Set<string> {
  const own = statuses.filter(({ source }) => source === "SOURCE_EXECUTOR");
  return new Set(own.flatMap(({ executor_id }) => (executor_id === undefined ? [] : [executor_id.value])));
}

/** Updates of tasks that had ended before, other than repetitions of those of that time. */
export function updatesAfterTheEnd(before: readonly TaskStatus[], after: readonly TaskStatus[]): TaskStatus[] {
  const said = new Set(before.map(({ uuid }) => uuid));
  const ended = new Set(before.flatMap(({ task_id, state }) => (isTerminalTaskState(state) ? [task_id.value] : [])));
  const late: TaskStatus[] = [];
  for (const status of after) {
    if (said.has(status.uuid)) continue;
    if (ended.has(status.task_id.value)) late.push(status);
    said.add(status.uuid);
    if (isTerminalTaskState(status.state)) ended.add(status.task_id.value);
  }
  return late;
}
