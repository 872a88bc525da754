// Handles framework messages of executors. An executor gets the secrets of its unit, sealed, only if it is the one that
// was launched for the unit, on the agent where it was launched. Log lines and host reports are passed on.
import { type Logger, messageOf } from "@cke/foundation";
import type { SchedulerEventOf } from "@cke/mesos";
import {
  ExecutorMessage,
  refuseSecrets,
  SchedulerMessage,
  type SecretsRequest,
  type SecretsResponse,
  sealSecrets,
} from "@cke/protocol";
import { type Kinds, WorkloadGoneError } from "../../workload/kinds/kinds.ts";
import type { UnitRecord, WorkloadRecord } from "../../workload/records/records.ts";
import type { AgentInventory } from "../agents/agent-inventory.ts";
import type { FrameworkDependencies } from "../interfaces/dependencies.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { MesosCalls } from "../mesos/mesos-calls.ts";
import type { WorkloadLogs } from "../workload-log/workload-log.ts";

export interface ExecutorMessagesParts {
  readonly logger: Logger;
  readonly ledger: Ledger;
  readonly kinds: Kinds;
  readonly logs: WorkloadLogs;
  readonly calls: MesosCalls;
  readonly inventory: AgentInventory;
  /** The last secrets that were being made for the workload are made: what waits for that goes on. */
  readonly onIdle: (workload: string) => void;
  /** Called for every message of an executor that was launched. */
  readonly onExecutorMessage?: FrameworkDependencies["onExecutorMessage"];
}

export class ExecutorMessages {
  readonly #parts: ExecutorMessagesParts;
  /** Work in progress, by workload. */
  readonly #running = new Map<string, Set<Promise<void>>>();

  constructor(parts: ExecutorMessagesParts) {
    this.#parts = parts;
  }

  /** Handles a MESSAGE event. Returns at once; answers are sent later. */
  receive({ message }: SchedulerEventOf<"MESSAGE">): void {
    const executorId = message.executor_id.value;
    const agentId = message.agent_id.value;
    const record = this.#parts.ledger.findExecutor(executorId);
    if (record?.launch?.agentId !== agentId) {
      this.#parts.logger.warning("a message of an executor that was not launched there is ignored", {
        executorId,
        agentId,
      });
      return;
    }
    let content: ExecutorMessage["message"];
    try {
      content = ExecutorMessage.decode(new Uint8Array(Buffer.from(message.data, "base64"))).message;
    } catch (error) {
      this.#parts.logger.warning("a message of an executor cannot be read", { executorId, error: messageOf(error) });
      return;
    }
    this.#parts.onExecutorMessage?.(executorId, content);
    if (content?.kind === "log") {
      const { level, message: text, process } = content.value;
      const known = level === "error" || level === "warning" ? level : "info";
      this.#parts.logs.line(known, record.workload, process === "" ? text : `${process}: ${text}`, {
        unit: record.unit,
        ...(process === "" ? {} : { process }),
      });
    } else if (content?.kind === "host") {
      this.#parts.inventory.receive(agentId, record.launch.hostname, content.value);
    } else if (content?.kind === "secretsRequest") {
      const request = content.value;
      this.#track(record.workload, () => this.#answer(record, executorId, agentId, request));
    }
  }

  /** Makes the secrets of a new workload, or of new units of it, before executors ask for them. */
  warm(workload: WorkloadRecord, units = workload.spec.units.map(({ name }) => name)): void {
    const { name } = workload.spec;
    const kind = this.#parts.kinds.of(workload);
    for (const unit of units) this.#track(name, async () => void (await kind.secrets(workload, unit, "")));
  }

  /** True while secrets are being made for the workload. Its end is told by `onIdle`; nothing in the serial queue waits for it. */
  isBusy(workload: string): boolean {
    return this.#running.has(workload);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.values()].flatMap((running) => [...running]));
  }

  #track(workload: string, work: () => Promise<void>): void {
    const running = this.#running.get(workload) ?? new Set<Promise<void>>();
    this.#running.set(workload, running);
    const job: Promise<void> = work()
      .catch((error: unknown) => {
        // The workload was deleted meanwhile.
        if (error instanceof WorkloadGoneError) return;
        this.#parts.logger.error("secrets could not be issued", { ...this.#parts.logs.fields(workload), error });
      })
      .finally(() => {
        running.delete(job);
        if (running.size > 0 || this.#running.get(workload) !== running) return;
        this.#running.delete(workload);
        this.#parts.onIdle(workload);
      });
    running.add(job);
  }

  async #answer(record: UnitRecord, executorId: string, agentId: string, request: SecretsRequest): Promise<void> {
    const response = await this.#respond(record, executorId, request);
    const level = response.error === "" ? "debug" : "error";
    this.#parts.logger[level](response.error === "" ? "secrets sent" : `secrets refused: ${response.error}`, {
      ...this.#parts.logs.fields(record.workload, record.unit),
    });
    const message = SchedulerMessage.encode({ message: { kind: "secretsResponse", value: response } });
    await this.#parts.calls.message(agentId, executorId, message);
  }

  async #respond(record: UnitRecord, executorId: string, request: SecretsRequest): Promise<SecretsResponse> {
    const { ledger, kinds } = this.#parts;
    const workload = ledger.workload(record.workload);
    if (workload === undefined || workload.deleting) return refuseSecrets(request, "the workload is being deleted");
    const issued = await kinds.of(workload).secrets(workload, record.unit, record.launch?.hostname ?? "");
    if (issued === undefined) return refuseSecrets(request, "the workload's configuration is gone");
    const missing = request.names.filter((name) => !issued.has(name));
    if (missing.length > 0) return refuseSecrets(request, `this unit has no secrets named ${missing.join(", ")}`);
    const secrets = Object.fromEntries(
      [...issued]
        .filter(([name]) => request.names.includes(name))
        .map(([name, text]) => [name, new TextEncoder().encode(text)]),
    );
    return sealSecrets(request, { executorId, secrets });
  }
}
