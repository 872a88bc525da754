// A scheduler on what an earlier version of CKE left: its store, and a fake Mesos in which its tasks run on.
import { readFileSync } from "node:fs";
import { executorInfoSchema, resourceSchema, taskInfoSchema, taskStatusSchema } from "@cke/mesos";
import * as z from "zod";
import { migrated } from "../../store/migrations/migrations.ts";
import { Scenario } from "./scenario.ts";

const left = z.object({
  /** The commit. */
  of: z.string(),
  store: z.array(z.object({ key: z.string(), value: z.unknown() })),
  agents: z.array(z.object({ hostname: z.string(), cpus: z.number(), mem: z.number() })),
  /** With its reservations, by the agent's id. */
  totals: z.array(z.tuple([z.string(), z.array(resourceSchema)])),
  executors: z.array(z.tuple([z.string(), z.object({ info: executorInfoSchema, agentId: z.string() })])),
  /** Without their executors. */
  tasks: z.array(
    z.object({
      info: taskInfoSchema,
      agentId: z.string(),
      executorId: z.string(),
      process: z.string(),
      status: taskStatusSchema,
    }),
  ),
});

/** `file`: of framework/fixtures. The scheduler is not started: call `restart`. No agent has told what its host has. */
export async function leftByEarlierVersion(file: string): Promise<Scenario> {
  const { store, agents, totals, executors, tasks } = left.parse(
    JSON.parse(readFileSync(new URL(`../tests/fixtures/${file}`, import.meta.url), "utf8")),
  );
  const s = new Scenario();
  const entries = migrated(new Map(store.map(({ key, value }) => [key, value])), 1);
  await s.store.commit([...entries].map(([key, value]) => ({ op: "put", key, value })));
  for (const { hostname, ...more } of agents) s.mesos.addAgent(hostname, more);
  for (const [id, resources] of totals) s.mesos.totals.set(id, resources);
  for (const [id, executor] of executors) s.mesos.executors.set(id, executor);
  for (const { info, ...task } of tasks) {
    const executor = s.mesos.executors.get(task.executorId)?.info;
    s.mesos.tasks.set(info.task_id.value, {
      ...task,
      info: executor === undefined ? info : { ...info, executor },
      unacknowledged: [],
    });
  }
  return s;
}
