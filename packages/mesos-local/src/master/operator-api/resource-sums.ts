// Sums over the agents' ledgers, as the operator endpoints show them.
import { type Bag, sumBags } from "../../resources/bag.ts";
import type { MasterState } from "../state/master-state.ts";
import type { AgentRecord } from "../state/records.ts";

const kindOf = (holder: string) => holder.slice(0, holder.indexOf(":"));
const frameworkOf = (holder: string) => holder.slice(holder.indexOf(":") + 1, holder.indexOf("/"));

/** Held by tasks and executors of one agent, allocated. */
export const usedOn = (agent: AgentRecord): Bag => agent.ledger.sum((holder) => kindOf(holder) !== "offer");

/** Offered on one agent, allocated. */
export const offeredOn = (agent: AgentRecord): Bag => agent.ledger.sum((holder) => kindOf(holder) === "offer");

/** Held by a framework's tasks and executors. */
export function usedBy(state: MasterState, frameworkId: string): Bag {
  const mine = (holder: string) => kindOf(holder) !== "offer" && frameworkOf(holder) === frameworkId;
  return sumBags([...state.agents.values()].map(({ ledger }) => ledger.sum(mine)));
}

/** Offered to a framework. */
export function offeredTo(state: MasterState, frameworkId: string): Bag {
  const mine = (holder: string) => kindOf(holder) === "offer" && frameworkOf(holder) === frameworkId;
  return sumBags([...state.agents.values()].map(({ ledger }) => ledger.sum(mine)));
}

/** All used or all offered resources allocated to a role. */
export function ofRole(state: MasterState, role: string, bag: (agent: AgentRecord) => Bag): Bag {
  return sumBags([...state.agents.values()].map(bag)).filter((resource) => resource.allocation_info?.role === role);
}
