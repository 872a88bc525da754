// What the Mesos master's operator API says of this framework's executors and tasks (GET_AGENTS, GET_EXECUTORS, GET_TASKS), as
// much as an adoption needs.
import { boundedText, messageOf } from "@cke/foundation";
import { Resources, taskStates } from "@cke/mesos";
import { z } from "zod";
import type { AgentSnapshot } from "../../workload/adoption/adoption.ts";
import { jsonBytes } from "../../workload/records/record-text.ts";
import type { HeldAmount } from "../../workload/records/resource-tasks.ts";
import type { Ask } from "../interfaces/mesos-connection.ts";

const id = z.object({ value: z.string() });
const labels = z
  .looseObject({ labels: z.array(z.looseObject({ key: z.string(), value: z.string().optional() })).default([]) })
  .optional();
// Loose: what is not looked at here is kept, for ExecutorInfo is launched with again.
const resources = z.array(z.looseObject({ allocation_info: z.object({ role: z.string() }).optional() })).default([]);
const task = z.object({
  task_id: id,
  framework_id: id,
  executor_id: id.optional(),
  state: z.enum(taskStates),
  labels,
  resources: z
    .array(z.looseObject({ name: z.string(), scalar: z.object({ value: z.number() }).optional() }))
    .optional(),
  statuses: z.array(z.object({ state: z.enum(taskStates), healthy: z.boolean().optional() })).default([]),
});
const tasks = z.array(task).default([]);

const agentsSchema = z.object({
  get_agents: z.object({
    agents: z.array(z.object({ agent_info: z.object({ hostname: z.string(), id: id.optional() }) })).default([]),
  }),
});
const executorsSchema = z.object({
  get_executors: z.object({
    executors: z
      .array(
        z.object({
          agent_id: id,
          executor_info: z.looseObject({ executor_id: id, framework_id: id.optional(), labels, resources }),
        }),
      )
      .default([]),
  }),
});
const tasksSchema = z.object({ get_tasks: z.object({ tasks, completed_tasks: tasks, unreachable_tasks: tasks }) });

/** A label that CKE made is shorter, and so is the ExecutorInfo around it: what is larger is not of CKE. */
const maxLabelBytes = 1_024;
const maxExecutorBytes = 65_536;

const mapOf = (of: z.infer<typeof labels>): ReadonlyMap<string, string> =>
  new Map((of?.labels ?? []).map(({ key, value = "" }) => [key, boundedText(value, { maxBytes: maxLabelBytes })]));

/** CPUs and MiB; a resource may come in several pieces. */
function heldIn(resources: z.infer<typeof task>["resources"]): HeldAmount | undefined {
  if (resources === undefined) return undefined;
  const amountOf = (wanted: string) =>
    Resources.roundScalar(
      resources.reduce((sum, { name, scalar }) => sum + (name === wanted ? (scalar?.value ?? 0) : 0), 0),
    );
  return { cpu: amountOf("cpus"), mem: amountOf("mem") };
}

/** The snapshot, or why there is none; never rejects. */
export async function takeAgentSnapshot(
  ask: Ask,
  frameworkId: string,
): Promise<AgentSnapshot | { readonly problem: string }> {
  const bodies: unknown[] = [];
  for (const type of ["GET_AGENTS", "GET_EXECUTORS", "GET_TASKS"]) {
    const answer = await ask(type);
    if (answer.kind === "failed") return { problem: `${type}: ${answer.reason}` };
    bodies.push(answer.body);
  }
  try {
    return readSnapshot(bodies, frameworkId);
  } catch (error) {
    return { problem: `the master's answer is not readable: ${messageOf(error)}` };
  }
}

function readSnapshot([agents, executors, tasks]: readonly unknown[], frameworkId: string): AgentSnapshot {
  const hosts = new Map(
    agentsSchema
      .parse(agents)
      .get_agents.agents.map(({ agent_info }) => [agent_info.id?.value ?? "", agent_info.hostname]),
  );
  const { get_tasks } = tasksSchema.parse(tasks);
  return {
    executors: executorsSchema.parse(executors).get_executors.executors.flatMap(({ agent_id, executor_info }) => {
      if (executor_info.framework_id?.value !== frameworkId) return [];
      const hostname = hosts.get(agent_id.value);
      if (hostname === undefined || jsonBytes(executor_info) > maxExecutorBytes) return [];
      return [
        {
          executorId: executor_info.executor_id.value,
          agentId: agent_id.value,
          hostname,
          role: executor_info.resources.flatMap(({ allocation_info }) => allocation_info?.role ?? [])[0] ?? "*",
          labels: mapOf(executor_info.labels),
          info: executor_info,
        },
      ];
    }),
    tasks: [...get_tasks.tasks, ...get_tasks.unreachable_tasks, ...get_tasks.completed_tasks]
      .filter(({ framework_id }) => framework_id.value === frameworkId)
      .map(({ task_id, executor_id, state, labels, resources, statuses }) => ({
        taskId: task_id.value,
        executorId: executor_id?.value ?? "",
        state,
        healthy: statuses.findLast((status) => status.state === state)?.healthy,
        holds: heldIn(resources),
        labels: mapOf(labels),
      })),
  };
}
