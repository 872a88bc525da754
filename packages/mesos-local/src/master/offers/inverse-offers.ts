// Maintenance from the master's side: offers of scheduled machines carry their window, frameworks with something there are
// asked for it back by inverse offers until they have answered, machines that go down lose their agents.
// Facts: recording operations (RESCIND, OFFERS, INVERSE_OFFERS in this order, asked again after the answer's filter).
import type { InverseOffer, SchedulerCallOf } from "@cke/mesos";
import { shutdownAgent } from "../agents/agent-removal.ts";
import type { MachineId, Schedule } from "../state/maintenance-schedule.ts";
import type { MasterState } from "../state/master-state.ts";
import type { AgentRecord, FrameworkRecord } from "../state/records.ts";
import { machinesProblem, scheduleProblem } from "../validation/maintenance-validation.ts";
import { filterSeconds, rescindOffer } from "./offers.ts";

const modesOf = ({ maintenance }: MasterState) => ({
  isScheduled: (id: MachineId) => maintenance.windowOf(id) !== undefined,
  isDown: (id: MachineId) => maintenance.isDown(id),
});

const machineOf = ({ hostname, ip }: AgentRecord): MachineId => ({ hostname, ip });

const holdsSomething = (framework: FrameworkRecord, agent: AgentRecord) => {
  for (const [holder, bag] of agent.ledger.holders()) {
    if (bag.length > 0 && holder.startsWith(`${framework.id}/`, holder.indexOf(":") + 1)) return true;
  }
  return false;
};

/** Asks every framework that holds or is offered something of a scheduled machine, once at a time. */
export function sendInverseOffers(state: MasterState): void {
  if (state.maintenance.machines().length === 0) return;
  const now = state.services.clock.monotonic();
  for (const framework of state.frameworks.values()) {
    if (framework.stream === undefined) continue;
    const inverse = [...state.agents.values()].flatMap((agent): InverseOffer[] => {
      const unavailability = state.maintenance.windowOf(machineOf(agent));
      if (unavailability === undefined || agent.stream === undefined) return [];
      if ([...framework.inverseOffers.values()].includes(agent.id)) return [];
      if ((framework.inverseFilters.get(agent.id) ?? 0) > now || !holdsSomething(framework, agent)) return [];
      const id = `${state.masterId}-O${state.nextOffer++}`;
      framework.inverseOffers.set(id, agent.id);
      const { hostname, ip, port } = agent;
      return [
        {
          id: { value: id },
          url: { scheme: "http", address: { hostname, ip, port }, path: "/slave(1)" },
          framework_id: { value: framework.id },
          agent_id: { value: agent.id },
          unavailability,
        },
      ];
    });
    if (inverse.length > 0)
      state.send(framework, { type: "INVERSE_OFFERS", inverse_offers: { inverse_offers: inverse } });
  }
}

/** ACCEPT_INVERSE_OFFERS and DECLINE_INVERSE_OFFERS: remembered for operators, and not asked again for a while (5 s). */
export function answerInverseOffers(
  state: MasterState,
  framework: FrameworkRecord,
  status: "ACCEPT" | "DECLINE",
  call:
    | SchedulerCallOf<"ACCEPT_INVERSE_OFFERS">["accept_inverse_offers"]
    | SchedulerCallOf<"DECLINE_INVERSE_OFFERS">["decline_inverse_offers"],
): void {
  const seconds = filterSeconds(call.filters?.refuse_seconds);
  for (const { value } of call.inverse_offer_ids ?? []) {
    const agentId = framework.inverseOffers.get(value);
    const agent = agentId === undefined ? undefined : state.agents.get(agentId);
    framework.inverseOffers.delete(value);
    if (agent === undefined) continue;
    state.maintenance.answer(machineOf(agent), framework.id, { status, nanoseconds: state.nanoseconds() });
    const ms = Math.max(seconds * 1000, state.services.timings.allocationIntervalMs);
    framework.inverseFilters.set(agent.id, state.services.clock.monotonic() + ms);
  }
}

/** Takes back the inverse offers of agents for which `of` is true. */
export function rescindInverseOffers(state: MasterState, of: (agentId: string) => boolean): void {
  for (const framework of state.frameworks.values()) {
    for (const [id, agentId] of [...framework.inverseOffers]) {
      if (!of(agentId)) continue;
      framework.inverseOffers.delete(id);
      state.send(framework, {
        type: "RESCIND_INVERSE_OFFER",
        rescind_inverse_offer: { inverse_offer_id: { value: id } },
      });
    }
  }
}

/** A new schedule; answers what is wrong with it. Offers of machines whose window changed are made anew. */
export function updateSchedule(state: MasterState, schedule: Schedule): string | undefined {
  const plan = state.maintenance;
  const problem = scheduleProblem(schedule, plan.downMachines());
  if (problem !== undefined) return problem;
  const windowText = (agent: AgentRecord) => {
    const window = plan.windowOf(machineOf(agent));
    return window === undefined ? "" : `${window.start.nanoseconds} ${window.duration?.nanoseconds ?? ""}`;
  };
  const agents = [...state.agents.values()];
  const before = new Map(agents.map((agent) => [agent.id, windowText(agent)]));
  plan.replace(schedule);
  const changed = new Set(agents.filter((agent) => windowText(agent) !== before.get(agent.id)).map(({ id }) => id));
  for (const framework of state.frameworks.values()) {
    for (const offer of [...framework.offers.values()].reverse()) {
      if (changed.has(offer.agentId)) rescindOffer(state, framework, offer);
    }
    for (const id of changed) framework.inverseFilters.delete(id);
  }
  rescindInverseOffers(state, (id) => changed.has(id));
  state.services.saveRegistry();
  state.allocateSoon();
  return undefined;
}

/** The machines go down: their agents are shut down and may not come back before `stopMaintenance`. */
export function startMaintenance(state: MasterState, machines: readonly MachineId[]): string | undefined {
  const problem = machinesProblem(machines, "down", modesOf(state));
  if (problem !== undefined) return problem;
  state.maintenance.down(machines);
  for (const agent of [...state.agents.values()]) {
    if (state.maintenance.isDown(machineOf(agent))) shutdownAgent(state, agent, "Operator initiated 'Machine DOWN'");
  }
  state.services.saveRegistry();
  return undefined;
}

export function stopMaintenance(state: MasterState, machines: readonly MachineId[]): string | undefined {
  const problem = machinesProblem(machines, "up", modesOf(state));
  if (problem !== undefined) return problem;
  state.maintenance.up(machines);
  state.services.saveRegistry();
  return undefined;
}
