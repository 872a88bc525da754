// What a Mesos master knows: frameworks, agents, and tasks with the rules that they must keep.
import { z } from "zod";
import type { ClusterState } from "../../scripts/up/cluster/api.ts";
import { waitFor } from "./wait-for.ts";

const stateSchema = z.object({
  frameworks: z.array(z.object({ id: z.string(), name: z.string() })),
  slaves: z.array(
    z.object({
      hostname: z.string(),
      active: z.boolean(),
      registered_time: z.number(),
      reregistered_time: z.number().default(0),
    }),
  ),
});

async function masterState(masterUrl: string): Promise<z.infer<typeof stateSchema>> {
  const answer = await fetch(`${masterUrl}/state`, { signal: AbortSignal.timeout(60_000) });
  return stateSchema.parse(await answer.json());
}

/** Waits until the master knows one framework of this name, and returns its id. */
export function frameworkIdOf(masterUrl: string, name: string): Promise<string> {
  return waitFor(`the master to know framework ${name}`, async () => {
    const own = (await masterState(masterUrl)).frameworks.filter((framework) => framework.name === name);
    return own.length === 1 ? own[0]?.id : undefined;
  });
}

/** When each agent that is connected registered last, by its hostname. */
export async function registrations(masterUrl: string): Promise<ReadonlyMap<string, number>> {
  const { slaves } = await masterState(masterUrl);
  return new Map(
    slaves
      .filter(({ active }) => active)
      .map(({ hostname, registered_time, reregistered_time }) => [
        hostname,
        Math.max(registered_time, reregistered_time),
      ]),
  );
}

const tasksSchema = z.object({
  tasks: z.array(
    z.object({
      id: z.string(),
      state: z.string(),
      resources: z.looseObject({ cpus: z.number().default(0), mem: z.number().default(0) }),
      labels: z.array(z.object({ key: z.string(), value: z.string().optional() })).default([]),
    }),
  ),
});

export interface TaskLine {
  readonly id: string;
  readonly state: string;
  /** cluster/node/process */
  readonly label: string;
  readonly cpus: number;
  /** MiB. */
  readonly mem: number;
}

export async function mesosTasks(masterUrl: string): Promise<readonly TaskLine[]> {
  const answer = await fetch(`${masterUrl}/tasks?limit=1000`, { signal: AbortSignal.timeout(60_000) });
  const { tasks } = tasksSchema.parse(await answer.json());
  return tasks.map(({ id, state, labels, resources: { cpus, mem } }) => {
    const value = (key: string) => labels.find((label) => label.key === key)?.value ?? "";
    return { id, state, label: [value("cke.cluster"), value("cke.node"), value("cke.process")].join("/"), cpus, mem };
  });
}

/**
 * True when every node, and every process of the cluster that has not finished its one-shot job, has a running task. A
 * new master knows only what still runs.
 */
export function tasksComplete(tasks: readonly TaskLine[], state: ClusterState): boolean {
  const running = tasks.filter((task) => task.state === "TASK_RUNNING");
  const expected = state.nodes.flatMap((node) => [
    `${node.name}/`,
    ...node.processes
      .filter((process) => process.task_state !== "TASK_FINISHED")
      .map((process) => `${node.name}/${process.name}`),
  ]);
  return expected.every((wanted) => running.some(({ label }) => label.endsWith(`/${wanted}`)));
}

/** Processes with more than one live task, as text. */
export function duplicateTasks(tasks: readonly TaskLine[]): string[] {
  const live = tasks.filter(({ state }) =>
    ["TASK_STAGING", "TASK_STARTING", "TASK_RUNNING", "TASK_KILLING"].includes(state),
  );
  return [...Map.groupBy(live, ({ label }) => label)]
    .filter(([, group]) => group.length > 1)
    .map(([label, group]) => `${label}: ${group.map(({ id }) => id).join(", ")}`);
}
