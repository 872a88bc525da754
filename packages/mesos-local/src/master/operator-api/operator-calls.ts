// Operator calls that change something: maintenance, draining, deactivating and marking agents gone, reservations, the end
// of a framework; by POST /api/v1 and by the classic paths. Answers and words: mesos 1.12.
import { type Operation, type Resource, resourceSchema } from "@cke/mesos";
import * as z from "zod";
import { type Answer, accepted, done, textAnswer } from "../../http/answer.ts";
import type { JsonValue } from "../../wire/index.ts";
import { toJson } from "../../wire/index.ts";
import { markGoneByOperator } from "../agents/agent-removal.ts";
import { deactivateAgent, drainAgent, reactivateAgent } from "../agents/draining.ts";
import { startMaintenance, stopMaintenance, updateSchedule } from "../agents/maintenance.ts";
import { removeFramework } from "../frameworks/framework-removal.ts";
import { applyByOperator } from "../operations/operator-reservations.ts";
import { machinesSchema, scheduleSchema } from "../state/maintenance-schedule.ts";
import type { MasterState } from "../state/master-state.ts";
import { impossibleResources } from "../validation/resource-validation.ts";
import { messageFrom, messagesFrom, unreadable } from "./operator-change.ts";

const whole = z.union([z.number().int(), z.bigint()]).transform(BigInt);
const agentId = z.object({ value: z.string() });
const byFramework = z.object({ framework_id: z.object({ value: z.string() }) });
const byAgent = z.object({ agent_id: agentId });
const drainSchema = z.object({
  agent_id: agentId,
  /** A protobuf Duration. */
  max_grace_period: z.exactOptional(z.object({ seconds: whole.default(0n), nanos: whole.default(0n) })),
  mark_gone: z.boolean().default(false),
});

const answer = (problem: string | undefined): Answer => (problem === undefined ? done : textAnswer(400, problem));

const isKnown = (state: MasterState, id: string) =>
  state.agents.has(id) || state.unreachable.has(id) || state.recoveredAgents.has(id);

/** Acts on an agent that is registered or out of reach; the latter is dealt with when it returns. */
function withAgent(state: MasterState, id: string, action: (agentId: string) => Answer): Answer {
  return isKnown(state, id) ? action(id) : textAnswer(400, "Unknown agent");
}

function reactivate(state: MasterState, id: string): Answer {
  if (!state.deactivated.has(id)) return textAnswer(400, "Agent is not deactivated");
  if (state.drains.get(id)?.drained === false) return textAnswer(400, "Agent is still in the DRAINING state");
  reactivateAgent(state, id);
  return done;
}

function drain(state: MasterState, content: unknown): Answer {
  const { agent_id, max_grace_period: grace, mark_gone: markGone } = drainSchema.parse(content);
  const id = agent_id.value;
  const agent = state.agents.get(id);
  const machine = agent === undefined ? undefined : { hostname: agent.hostname, ip: agent.ip };
  if (machine !== undefined && state.maintenance.windowOf(machine) !== undefined) {
    const words = JSON.stringify(machine);
    return textAnswer(400, `Agent ${id} is part of a maintenance schedule under Machine ${words}`);
  }
  return withAgent(state, id, () => {
    const nanoseconds = grace === undefined ? undefined : grace.seconds * 1_000_000_000n + grace.nanos;
    drainAgent(state, id, { markGone, ...(nanoseconds === undefined ? {} : { maxGrace: nanoseconds }) });
    return done;
  });
}

function teardown(state: MasterState, id: string): Answer {
  const framework = state.frameworks.get(id);
  if (framework === undefined) return textAnswer(400, "No framework found with specified ID");
  removeFramework(state, framework);
  return done;
}

function change(state: MasterState, id: string, operation: Operation, principal: string | undefined): Answer {
  const agent = state.agents.get(id);
  if (agent === undefined) return textAnswer(400, "No agent found with specified ID");
  const result = applyByOperator(state, agent, operation, principal);
  if (result.kind === "done") return accepted;
  return textAnswer(result.kind === "invalid" ? 400 : 409, result.words);
}

const resources = z.array(resourceSchema);
type OfResources = (list: readonly Resource[], source: readonly Resource[] | undefined) => Operation;
const operations: Readonly<Record<string, OfResources>> = {
  RESERVE_RESOURCES: (list, source) => ({
    type: "RESERVE",
    reserve: { resources: list, ...(source === undefined || source.length === 0 ? {} : { source }) },
  }),
  UNRESERVE_RESOURCES: (list) => ({ type: "UNRESERVE", unreserve: { resources: list } }),
  CREATE_VOLUMES: (list) => ({ type: "CREATE", create: { volumes: list } }),
  DESTROY_VOLUMES: (list) => ({ type: "DESTROY", destroy: { volumes: list } }),
};

/** The four calls that change an agent's resources differ in their names only. */
const resourceCalls: Readonly<Record<string, Handler>> = Object.fromEntries(
  Object.entries(operations).map(([type, operation]): [string, Handler] => [
    type,
    (state, content, principal) => {
      const { agent_id, resources: list, volumes, source } = resourceCall.parse(content);
      const problem = impossibleResources(list ?? volumes) ?? impossibleResources(source);
      if (problem !== undefined) return textAnswer(400, `Failed to validate master::Call: ${problem}`);
      return change(state, agent_id.value, operation(list ?? volumes ?? [], source), principal);
    },
  ]),
);
const resourceCall = z.object({
  agent_id: agentId,
  resources: z.exactOptional(resources),
  volumes: z.exactOptional(resources),
  source: z.exactOptional(resources),
});

const formOf =
  (type: string, field: string): FormHandler =>
  (state, form, principal) => {
    const [id, list] = [form.get("slaveId"), form.get(field)];
    for (const [name, value] of [
      ["slaveId", id],
      [field, list],
    ] as const)
      if (value === null) return textAnswer(400, `Missing '${name}' query parameter in the request body`);
    let parsed: readonly Resource[];
    try {
      parsed = resources.parse(messagesFrom("Resource", list ?? ""));
    } catch (error) {
      const words = unreadable(error);
      if (words === undefined) throw error;
      return textAnswer(400, `Error in parsing '${field}' query parameter in the request body: ${words}`);
    }
    const operation = operations[type];
    return operation === undefined
      ? textAnswer(501, `${type} is not implemented by the embedded Mesos`)
      : change(state, id ?? "", operation(parsed, undefined), principal);
  };

/** Classic endpoints whose body is a form. */
export const formCalls: Readonly<Record<string, FormHandler>> = {
  "/teardown": (state, form) => {
    const id = form.get("frameworkId");
    if (id === null) return textAnswer(400, "Missing 'frameworkId' query parameter in the request body");
    return teardown(state, id);
  },
  "/reserve": formOf("RESERVE_RESOURCES", "resources"),
  "/unreserve": formOf("UNRESERVE_RESOURCES", "resources"),
  "/create-volumes": formOf("CREATE_VOLUMES", "volumes"),
  "/destroy-volumes": formOf("DESTROY_VOLUMES", "volumes"),
};

function markGone(state: MasterState, id: string): Answer {
  if (state.goneAgents.has(id)) return done;
  if (!isKnown(state, id)) return textAnswer(404, `Agent '${id}' not found`);
  const agent = state.agents.get(id);
  if (agent !== undefined) markGoneByOperator(state, agent);
  state.goneAgents.add(id);
  state.unreachable.delete(id);
  state.recoveredAgents.delete(id);
  // No update is sent for its unreachable tasks: frameworks learn by reconciliation that they are gone.
  for (const framework of state.frameworks.values()) {
    for (const [taskId, task] of [...framework.unreachableTasks]) {
      if (task.agentId === id) framework.unreachableTasks.delete(taskId);
    }
  }
  state.services.saveRegistry();
  return done;
}

/** `principal` is the authenticated one. */
type Handler = (state: MasterState, content: unknown, principal: string | undefined) => Answer;
type FormHandler = (state: MasterState, form: URLSearchParams, principal: string | undefined) => Answer;

/** By call type; the content is the part of the call that is named like it. */
export const operatorCalls: Readonly<Record<string, Handler>> = {
  UPDATE_MAINTENANCE_SCHEDULE: (state, content) => {
    const { schedule } = z.object({ schedule: scheduleSchema }).parse(content);
    return answer(updateSchedule(state, schedule));
  },
  START_MAINTENANCE: (state, content) =>
    answer(startMaintenance(state, z.object({ machines: machinesSchema }).parse(content).machines)),
  STOP_MAINTENANCE: (state, content) =>
    answer(stopMaintenance(state, z.object({ machines: machinesSchema }).parse(content).machines)),
  DRAIN_AGENT: drain,
  DEACTIVATE_AGENT: (state, content) =>
    withAgent(state, byAgent.parse(content).agent_id.value, (id) => {
      deactivateAgent(state, id);
      return done;
    }),
  REACTIVATE_AGENT: (state, content) => reactivate(state, byAgent.parse(content).agent_id.value),
  TEARDOWN: (state, content) => teardown(state, byFramework.parse(content).framework_id.value),
  ...resourceCalls,
  MARK_AGENT_GONE: (state, content) => markGone(state, byAgent.parse(content).agent_id.value),
};

/** Classic endpoints: the body is the JSON text of the message itself. */
export const classicCalls: Readonly<Record<string, (state: MasterState, body: string) => Answer>> = {
  "/maintenance/schedule": (state, body) =>
    answer(updateSchedule(state, scheduleSchema.parse(messageFrom("maintenance.Schedule", body)))),
  "/machine/down": (state, body) =>
    answer(startMaintenance(state, machinesSchema.parse(messagesFrom("MachineID", body)))),
  "/machine/up": (state, body) => answer(stopMaintenance(state, machinesSchema.parse(messagesFrom("MachineID", body)))),
};

export function scheduleView(state: MasterState): JsonValue {
  const { windows } = state.maintenance.schedule;
  if (windows.length === 0) return {};
  return {
    windows: windows.map(({ machine_ids, unavailability }) => ({
      machine_ids: machine_ids.map((id) => ({ ...id })),
      unavailability: toJson(unavailability, "Unavailability"),
    })),
  };
}

export function statusView(state: MasterState): JsonValue {
  const plan = state.maintenance;
  const draining = plan.machines().filter(({ id }) => !plan.isDown(id));
  const down = plan.downMachines();
  return {
    ...(draining.length === 0
      ? {}
      : {
          draining_machines: draining.map(({ id }) => {
            const statuses = [...plan.answersOf(id)].map(([frameworkId, { status, nanoseconds }]) => ({
              status,
              framework_id: { value: frameworkId },
              timestamp: { nanoseconds },
            }));
            return { id: { ...id }, ...(statuses.length === 0 ? {} : { statuses }) };
          }),
        }),
    ...(down.length === 0 ? {} : { down_machines: down.map((id) => ({ ...id })) }),
  };
}
