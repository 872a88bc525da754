// The counts of tasks by state that /state-summary has for every agent and framework. Facts: recording operator-api.
import type { JsonValue } from "../../wire/index.ts";
import type { MasterState } from "../state/master-state.ts";
import type { FrameworkRecord, TaskRecord } from "../state/records.ts";

const names = [
  "STAGING",
  "STARTING",
  "RUNNING",
  "KILLING",
  "FINISHED",
  "KILLED",
  "FAILED",
  "LOST",
  "ERROR",
  "UNREACHABLE",
];

const tasksOf = ({ tasks, unreachableTasks, completedTasks }: FrameworkRecord): readonly TaskRecord[] => [
  ...tasks.values(),
  ...unreachableTasks.values(),
  ...completedTasks.list(),
];

function counts(tasks: readonly TaskRecord[]): { readonly [key: string]: JsonValue } {
  const byState = Map.groupBy(tasks, ({ state }) => state as string);
  return Object.fromEntries(names.map((name) => [`TASK_${name}`, byState.get(`TASK_${name}`)?.length ?? 0]));
}

/** Those of frameworks that are still there, and which have something on the agent. */
export function countsOfAgent(state: MasterState, agentId: string): { readonly [key: string]: JsonValue } {
  const tasks = [...state.frameworks.values()].flatMap(tasksOf).filter((task) => task.agentId === agentId);
  const executors = [...(state.agents.get(agentId)?.executors.keys() ?? [])];
  const framework_ids = [...new Set([...tasks.map(({ frameworkId }) => frameworkId), ...executors])];
  return { ...counts(tasks), framework_ids };
}

export function countsOfFramework(framework: FrameworkRecord): { readonly [key: string]: JsonValue } {
  const tasks = tasksOf(framework);
  return { ...counts(tasks), slave_ids: [...new Set(tasks.map(({ agentId }) => agentId))] };
}
