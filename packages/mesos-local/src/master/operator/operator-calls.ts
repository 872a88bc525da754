// Operator calls that change something: the maintenance schedule, draining, deactivating and marking agents gone; by
// POST /api/v1 and by the classic /maintenance/schedule, /machine/down and /machine/up.

import * as z from "zod";
import { type Answer, done, textAnswer } from "../../http/answer.ts";
import type { JsonValue } from "../../wire/index.ts";
import { toJson } from "../../wire/index.ts";
import { markGoneByOperator } from "../agents.ts";
import { deactivateAgent, drainAgent, reactivateAgent } from "../draining.ts";
import { startMaintenance, stopMaintenance, updateSchedule } from "../inverse-offers.ts";
import { machinesSchema, scheduleSchema } from "../maintenance-plan.ts";
import type { AgentRecord } from "../records.ts";
import type { MasterState } from "../state.ts";

const whole = z.union([z.number().int(), z.bigint()]).transform(BigInt);
const agentId = z.object({ value: z.string() });
const byAgent = z.object({ agent_id: agentId });
const drain = z.object({
  agent_id: agentId,
  /** A protobuf Duration; DurationInfo's nanoseconds are taken as well. */
  max_grace_period: z.exactOptional(
    z.object({ seconds: whole.default(0n), nanos: whole.default(0n), nanoseconds: whole.default(0n) }),
  ),
  mark_gone: z.boolean().default(false),
});

const answer = (problem: string | undefined): Answer => (problem === undefined ? done : textAnswer(400, problem));

/** With the agent if it is registered; an agent that is away can be marked gone all the same. */
function withAgent(state: MasterState, id: string, action: (agent: AgentRecord) => void): Answer {
  const agent = state.agents.get(id);
  if (agent === undefined) return textAnswer(400, "Unknown agent");
  action(agent);
  return done;
}

function markGone(state: MasterState, id: string): Answer {
  const agent = state.agents.get(id);
  if (agent === undefined && !state.unreachable.has(id) && !state.recoveredAgents.has(id))
    return textAnswer(404, "Agent not found");
  if (agent !== undefined) markGoneByOperator(state, agent);
  state.goneAgents.add(id);
  state.unreachable.delete(id);
  state.recoveredAgents.delete(id);
  // Nobody hears of its unreachable tasks by itself: reconciliation says that they are gone.
  for (const framework of state.frameworks.values()) {
    for (const [taskId, task] of [...framework.unreachableTasks]) {
      if (task.agentId === id) framework.unreachableTasks.delete(taskId);
    }
  }
  state.services.saveRegistry();
  return done;
}

type Handler = (state: MasterState, content: unknown) => Answer;

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
  DRAIN_AGENT: (state, content) => {
    const { agent_id, max_grace_period: grace, mark_gone: gone } = drain.parse(content);
    const nanoseconds =
      grace === undefined ? undefined : grace.seconds * 1_000_000_000n + grace.nanos + grace.nanoseconds;
    return withAgent(state, agent_id.value, (agent) =>
      drainAgent(state, agent, { markGone: gone, ...(nanoseconds === undefined ? {} : { maxGrace: nanoseconds }) }),
    );
  },
  DEACTIVATE_AGENT: (state, content) =>
    withAgent(state, byAgent.parse(content).agent_id.value, (agent) => deactivateAgent(state, agent)),
  REACTIVATE_AGENT: (state, content) =>
    withAgent(state, byAgent.parse(content).agent_id.value, (agent) => reactivateAgent(state, agent)),
  MARK_AGENT_GONE: (state, content) => markGone(state, byAgent.parse(content).agent_id.value),
};

/** Classic endpoints: the body is the message itself. */
export const classicCalls: Readonly<Record<string, Handler>> = {
  "/maintenance/schedule": (state, body) => answer(updateSchedule(state, scheduleSchema.parse(body))),
  "/machine/down": (state, body) => answer(startMaintenance(state, machinesSchema.parse(body))),
  "/machine/up": (state, body) => answer(stopMaintenance(state, machinesSchema.parse(body))),
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
