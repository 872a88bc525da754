// Decides whether an operation may ask for an answer: both the Mesos master and the agent must support it. Mesos
// refuses such an operation otherwise (Master::accept in src/master/master.cpp), so after one refusal CKE does not ask
// on that agent again.
import type { OperationStatus } from "@cke/mesos";

/** True when Mesos refused the operation for another reason than a lost offer. */
export const isRefusal = ({ state, message = "" }: Pick<OperationStatus, "state" | "message">) =>
  (state === "OPERATION_ERROR" || state === "OPERATION_FAILED" || state === "OPERATION_DROPPED") &&
  !message.includes("invalid offers");

export class OperationFeedback {
  #known = false;
  /** Agents that give no answer for operations, because of their version or capabilities. */
  readonly #silentAgents = new Set<string>();

  /** `known`: this master gives answers for operations on agents' own resources. */
  subscribed(known: boolean): void {
    this.#known = known;
    this.#silentAgents.clear();
  }

  /** The id for an operation on the agent's resources; "" when Mesos would refuse an operation with an id. */
  idFor(id: string, agentId: string): string {
    return this.#known && !this.#silentAgents.has(agentId) ? id : "";
  }

  /** An answer for an operation on that agent. */
  heard(status: OperationStatus, agentId: string): void {
    if (isRefusal(status) && /does not have the required \w+/.test(status.message ?? ""))
      this.#silentAgents.add(agentId);
  }
}
