// Maintenance as an operator asks for it: a new schedule, machines that go down, machines that are up again. A machine that
// is down has no agent: its agents are shut down, and refused until the maintenance is over.
import { rescindInverseOffers } from "../offers/inverse-offers.ts";
import { rescindOffer } from "../offers/offers.ts";
import type { MachineId, Schedule } from "../state/maintenance-schedule.ts";
import type { MasterState } from "../state/master-state.ts";
import type { AgentRecord } from "../state/records.ts";
import { machinesProblem, scheduleProblem } from "../validation/maintenance-validation.ts";
import { shutdownAgent } from "./agent-removal.ts";

const modesOf = ({ maintenance }: MasterState) => ({
  isScheduled: (id: MachineId) => maintenance.windowOf(id) !== undefined,
  isDown: (id: MachineId) => maintenance.isDown(id),
});

/** Takes a new schedule, or returns what is wrong with it. Machines whose window changed get new offers. */
export function updateSchedule(state: MasterState, schedule: Schedule): string | undefined {
  const plan = state.maintenance;
  const problem = scheduleProblem(schedule, plan.downMachines());
  if (problem !== undefined) return problem;
  const windowText = (agent: AgentRecord) => {
    const window = plan.windowOf(agent);
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
    if (state.maintenance.isDown(agent)) shutdownAgent(state, agent, "Operator initiated 'Machine DOWN'");
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
