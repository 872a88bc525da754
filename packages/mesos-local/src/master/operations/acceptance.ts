// One ACCEPT while its operations are applied. What its offers still hold shrinks with every launch; what is left at the
// end goes back to the agent.
import { type Bag, subtractBags } from "../../resources/bag.ts";
import type { MasterState } from "../state/master-state.ts";
import type { AgentRecord, FrameworkRecord } from "../state/records.ts";

/** One ACCEPT while it is worked on: what its offers still hold. */
export interface Acceptance {
  readonly state: MasterState;
  readonly framework: FrameworkRecord;
  readonly agent: AgentRecord;
  readonly role: string;
  /** Allocated to the role; shrinks with every launch. */
  left: Bag;
}

/** Takes resources out of what is left. */
export function consume(acceptance: Acceptance, bag: Bag): void {
  acceptance.left = subtractBags(acceptance.left, bag);
}
