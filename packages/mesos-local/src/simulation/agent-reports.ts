// The reports of a simulated agent to the master: status updates of its executors and its own, repeated until they are
// acknowledged, and the ends of executors.
import { type Clock, type Logger, silentLogger } from "@cke/foundation";
import type { TaskStatus } from "@cke/mesos";
import type { Ending } from "../agent/state/agent-state.ts";
import { agentStatus } from "../agent/state/task-status.ts";
import { StatusUpdateStreams } from "../agent/status-updates/status-update-streams.ts";
import type { AgentMessage } from "../link/index.ts";
import type { SimulatedRun } from "./simulated-run.ts";

/** First wait for the acknowledgement of an update; it doubles up to 10 min. */
const firstRetryMs = 10_000;

export interface AgentReportsOptions {
  readonly ip: string;
  readonly clock: Clock;
  readonly logger?: Logger;
  readonly agentId: () => string;
  readonly send: (message: AgentMessage) => void;
}

export class AgentReports {
  readonly updates: StatusUpdateStreams;
  readonly #options: AgentReportsOptions;

  constructor(options: AgentReportsOptions) {
    this.#options = options;
    const { clock, logger = silentLogger } = options;
    this.updates = new StatusUpdateStreams({
      clock,
      logger,
      retryMs: firstRetryMs,
      forward: (framework, status, latest) =>
        options.send({
          type: "STATUS_UPDATE",
          framework_id: { value: framework },
          status,
          ...(latest === undefined ? {} : { latest_state: latest }),
        }),
    });
  }

  /** An update of an executor, with what the agent adds to it. */
  report(run: SimulatedRun, status: TaskStatus): void {
    this.#submit(run, {
      ...status,
      agent_id: { value: this.#options.agentId() },
      executor_id: { value: run.executorId },
      container_status: {
        container_id: { value: `container-${run.executorId}` },
        network_infos: [{ ip_addresses: [{ protocol: "IPv4", ip_address: this.#options.ip }] }],
      },
    });
  }

  /** An update that the agent makes itself. */
  reportEnding(frameworkId: string, taskId: string, ending: Ending, run?: SimulatedRun): void {
    const status = agentStatus({
      taskId,
      agentId: this.#options.agentId(),
      ...(run === undefined ? {} : { executorId: run.executorId }),
      ending,
      now: this.#options.clock.now(),
    });
    if (run !== undefined) this.#submit(run, status);
    else if (this.updates.takes(frameworkId, status)) this.updates.add(frameworkId, status);
  }

  announceExit(run: SimulatedRun): void {
    this.#options.send({
      type: "EXECUTOR_EXITED",
      framework_id: { value: run.frameworkId },
      executor_id: { value: run.executorId },
      ...(run.waitStatus === undefined ? {} : { status: run.waitStatus }),
    });
  }

  #submit(run: SimulatedRun, status: TaskStatus): void {
    if (!this.updates.takes(run.frameworkId, status)) return;
    const task = run.tasks.get(status.task_id.value);
    if (task !== undefined) task.latest = status;
    this.updates.add(run.frameworkId, status);
  }
}
