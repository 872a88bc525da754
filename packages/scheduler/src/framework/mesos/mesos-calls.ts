// The calls that the framework makes, by name. Mesos delivers a call at most once, and no method throws. A caller that
// needs the effect looks for it in the events and asks again.
import type { Logger } from "@cke/foundation";
import { type CallResult, describeCallResult, type Operation, type SubscribeBody } from "@cke/mesos";
import type { CallSink, FrameworkCall } from "../interfaces/mesos-connection.ts";

const id = (value: string) => ({ value });

export class MesosCalls {
  readonly #sink: CallSink;
  readonly #logger: Logger;
  /**
   * Offers whose ACCEPT or DECLINE may be lost, with the seconds to refuse them. Without an answer the master would
   * wait for ever.
   */
  readonly #unanswered = new Map<string, number>();

  constructor(sink: CallSink, logger: Logger) {
    this.#sink = sink;
    this.#logger = logger;
  }

  /** One ACCEPT for the offers of one agent and role. Mesos applies the operations in this order. */
  async accept(offerIds: readonly string[], operations: readonly Operation[], refuseSeconds: number): Promise<boolean> {
    const taken = await this.#send({
      type: "ACCEPT",
      accept: { offer_ids: offerIds.map(id), operations, filters: { refuse_seconds: refuseSeconds } },
    });
    // If the offers were used all the same, a later DECLINE has no effect.
    if (!taken) for (const offerId of offerIds) this.#unanswered.set(offerId, refuseSeconds);
    return taken;
  }

  async decline(offerIds: readonly string[], refuseSeconds: number): Promise<void> {
    if (offerIds.length === 0) return;
    const taken = await this.#send({
      type: "DECLINE",
      decline: { offer_ids: offerIds.map(id), filters: { refuse_seconds: refuseSeconds } },
    });
    if (!taken) for (const offerId of offerIds) this.#unanswered.set(offerId, refuseSeconds);
  }

  /** Declines offers again whose answer may be lost. */
  async declineAgain(): Promise<void> {
    const again = Map.groupBy(this.#unanswered, ([, refuseSeconds]) => refuseSeconds);
    this.#unanswered.clear();
    for (const [refuseSeconds, offers] of again)
      await this.decline(
        offers.map(([offerId]) => offerId),
        refuseSeconds,
      );
  }

  /** After a subscription every earlier offer is void. */
  forgetOffers(): void {
    this.#unanswered.clear();
  }

  async acceptInverse(offerIds: readonly string[], refuseSeconds: number): Promise<void> {
    if (offerIds.length === 0) return;
    await this.#send({
      type: "ACCEPT_INVERSE_OFFERS",
      accept_inverse_offers: { inverse_offer_ids: offerIds.map(id), filters: { refuse_seconds: refuseSeconds } },
    });
  }

  async declineInverse(offerIds: readonly string[], refuseSeconds: number): Promise<void> {
    if (offerIds.length === 0) return;
    await this.#send({
      type: "DECLINE_INVERSE_OFFERS",
      decline_inverse_offers: { inverse_offer_ids: offerIds.map(id), filters: { refuse_seconds: refuseSeconds } },
    });
  }

  async suppress(roles: readonly string[]): Promise<boolean> {
    return await this.#send({ type: "SUPPRESS", suppress: { roles } });
  }

  async revive(roles: readonly string[]): Promise<boolean> {
    return await this.#send({ type: "REVIVE", revive: { roles } });
  }

  async kill(taskId: string, agentId: string): Promise<void> {
    await this.#send({
      type: "KILL",
      kill: { task_id: id(taskId), ...(agentId === "" ? {} : { agent_id: id(agentId) }) },
    });
  }

  async shutdown(executorId: string, agentId: string): Promise<void> {
    await this.#send({ type: "SHUTDOWN", shutdown: { executor_id: id(executorId), agent_id: id(agentId) } });
  }

  async acknowledge(agentId: string, taskId: string, uuid: string): Promise<void> {
    await this.#send({ type: "ACKNOWLEDGE", acknowledge: { agent_id: id(agentId), task_id: id(taskId), uuid } });
  }

  /**
   * Without tasks: implicit reconciliation, for everything that the master knows. True when Mesos has taken the call
   * (202); otherwise it may be lost.
   */
  async reconcile(tasks: readonly { readonly taskId: string; readonly agentId: string }[]): Promise<boolean> {
    const list = tasks.map(({ taskId, agentId }) => ({
      task_id: id(taskId),
      ...(agentId === "" ? {} : { agent_id: id(agentId) }),
    }));
    return await this.#send({ type: "RECONCILE", reconcile: { tasks: list } });
  }

  async acknowledgeOperation(operationId: string, agentId: string | undefined, uuid: string): Promise<void> {
    await this.#send({
      type: "ACKNOWLEDGE_OPERATION_STATUS",
      acknowledge_operation_status: {
        ...(agentId === undefined ? {} : { agent_id: id(agentId) }),
        uuid,
        operation_id: id(operationId),
      },
    });
  }

  /** Asks what became of these operations. Mesos answers each with an UPDATE_OPERATION_STATUS. */
  async reconcileOperations(
    operations: readonly { readonly operationId: string; readonly agentId: string }[],
  ): Promise<void> {
    const list = operations.map(({ operationId, agentId }) => ({
      operation_id: id(operationId),
      agent_id: id(agentId),
    }));
    await this.#send({ type: "RECONCILE_OPERATIONS", reconcile_operations: { operations: list } });
  }

  /** All or nothing. It is done when the master has answered. */
  async updateFramework(update: SubscribeBody): Promise<CallResult["kind"]> {
    return await this.#kind({ type: "UPDATE_FRAMEWORK", update_framework: update });
  }

  async message(agentId: string, executorId: string, data: Uint8Array): Promise<void> {
    await this.#send({
      type: "MESSAGE",
      message: { agent_id: id(agentId), executor_id: id(executorId), data: Buffer.from(data).toString("base64") },
    });
  }

  async #send(call: FrameworkCall): Promise<boolean> {
    return (await this.#kind(call)) === "accepted";
  }

  async #kind(call: FrameworkCall): Promise<CallResult["kind"]> {
    const result = await this.#sink.call(call);
    if (result.kind === "accepted") return result.kind;
    const level = result.kind === "rejected" ? "error" : "warning";
    this.#logger[level](`the Mesos call ${call.type} was not taken: ${describeCallResult(result)}`);
    return result.kind;
  }
}
