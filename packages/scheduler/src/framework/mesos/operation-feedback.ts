// Whether an operation may ask for an answer: the master must know of it, and so must the agent. Mesos refuses an operation
// that asks where it may not (Master::accept in src/master/master.cpp), so that one is refused once and then not asked again.
import type { OperationStatus } from "@cke/mesos";

/** Mesos did not do it, and not because the offer was gone. */
export const isRefusal = ({ state, message = "" }: Pick<OperationStatus, "state" | "message">) =>
  (state === "OPERATION_ERROR" || state === "OPERATION_FAILED" || state === "OPERATION_DROPPED") &&
  !message.includes("invalid offers");

export class OperationFeedback {
  #known = false;
  /** Older agents, or such as were started without the capabilities: they answer for no operation. */
  readonly #silentAgents = new Set<string>();

  /** `known`: this master answers for operations on agents' own resources. */
  subscribed(known: boolean): void {
    this.#known = known;
    this.#silentAgents.clear();
  }

  /** The id to give to an operation on the agent's resources; "" when it would be refused for having one. */
  idFor(id: string, agentId: string): string {
    return this.#known && !this.#silentAgents.has(agentId) ? id : "";
  }

  /** An answer for an operation there. */
  heard(status: OperationStatus, agentId: string): void {
    if (isRefusal(status) && /does not have the required \w+/.test(status.message ?? ""))
      this.#silentAgents.add(agentId);
  }
}
