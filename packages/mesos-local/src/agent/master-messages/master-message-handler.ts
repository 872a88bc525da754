// Carries out the master's messages. Runs on the agent's queue, one message after the other.
import { assertNever, CkeError } from "@cke/foundation";
import type { MasterMessage } from "../../link/index.ts";
import type { AgentRecord } from "../checkpoint/checkpoint-schema.ts";
import { announceExit } from "../executors/executor-termination.ts";
import type { Executors } from "../executors/executors.ts";
import type { AgentContext } from "../state/agent-context.ts";
import type { TaskMessages } from "./task-messages.ts";

export class MasterMessageHandler {
  readonly #context: AgentContext;
  readonly #taskMessages: TaskMessages;
  readonly #executors: Executors;
  readonly #save: (change: Partial<AgentRecord>) => Promise<void>;
  readonly #waiting = new Set<{ resolve: (agentId: string) => void; reject: (reason: unknown) => void }>();
  #registered = false;

  constructor(
    context: AgentContext,
    taskMessages: TaskMessages,
    executors: Executors,
    save: (change: Partial<AgentRecord>) => Promise<void>,
  ) {
    this.#context = context;
    this.#taskMessages = taskMessages;
    this.#executors = executors;
    this.#save = save;
  }

  async handle(message: MasterMessage): Promise<void> {
    const { updates, logger } = this.#context;
    switch (message.type) {
      case "REGISTERED":
        return await this.#accepted(message.agent_id.value);
      case "RUN_TASK":
        return await this.#taskMessages.runTask(message);
      case "RUN_TASK_GROUP":
        return await this.#taskMessages.runGroup(message);
      case "KILL_TASK":
        return await this.#taskMessages.killTask(message);
      case "SHUTDOWN_EXECUTOR":
        return await this.#taskMessages.shutdownExecutor(message);
      case "SHUTDOWN_FRAMEWORK":
        return await this.#taskMessages.shutdownFramework(message.framework_id.value);
      case "FRAMEWORK_MESSAGE":
        return this.#taskMessages.frameworkMessage(message);
      case "STATUS_ACKNOWLEDGE":
        return await updates.acknowledge(message.framework_id.value, message.task_id.value, message.uuid);
      case "UPDATE_FRAMEWORK":
        return await this.#taskMessages.updateFramework(message);
      case "CHECKPOINT_RESOURCES":
        return await this.#save({ resources: [...message.resources] });
      case "PING":
        return;
      case "SHUTDOWN":
        logger.error("the master refuses this agent for good; its executors are ended", { reason: message.message });
        return await this.#endAll(new CkeError("agent_refused", message.message));
      default:
        return assertNever(message);
    }
  }

  /** Resolves with the agent id once the master has accepted the agent. */
  async registered(signal?: AbortSignal): Promise<string> {
    const { agentId } = this.#context.state;
    if (this.#registered && agentId !== undefined) return agentId;
    signal?.throwIfAborted();
    return await new Promise((resolve, reject) => {
      const waiter = { resolve, reject };
      this.#waiting.add(waiter);
      signal?.addEventListener("abort", () => this.#waiting.delete(waiter) && reject(signal.reason), { once: true });
    });
  }

  async #accepted(agentId: string): Promise<void> {
    const { state, updates } = this.#context;
    if (state.agentId !== undefined && state.agentId !== agentId) {
      this.#context.logger.warning("the master gave another agent id: executors of the old one are ended", { agentId });
      for (const run of state.runs()) await this.#executors.kill(run);
    }
    if (state.agentId !== agentId) {
      state.agentId = agentId;
      await this.#save({ agent_id: agentId });
    }
    this.#registered = true;
    this.#repeatExits();
    updates.connected();
    for (const { resolve } of this.#waiting) resolve(agentId);
    this.#waiting.clear();
  }

  /** REGISTER named runs that have ended but still have open updates: the master must not take them for alive. */
  #repeatExits(): void {
    for (const run of this.#context.state.runs()) if (run.state === "terminated") announceExit(this.#context, run);
  }

  async #endAll(reason: CkeError): Promise<void> {
    for (const run of this.#context.state.runs()) await this.#executors.kill(run);
    for (const { reject } of this.#waiting) reject(reason);
    this.#waiting.clear();
  }
}
