// The executor's state machine: idle → running → ending → ended. It hands the agent's events to the driver and sends the driver's
// reports to the agent. It ends only when the agent has acknowledged every update, or when the time for that is over.
import { type Clock, type Logger, messageOf } from "@cke/foundation";
import { decodeBytes, type HandledExecutorEvent, type TaskInfo } from "@cke/mesos";
import type { AgentLink, LinkEnd } from "./agent-link.ts";
import type { ExecutorContext, ExecutorDriver, LaunchedTask, TaskUpdate } from "./driver.ts";
import { StatusLedger, type Unacknowledged } from "./status-ledger.ts";
import { StatusSender } from "./status-sender.ts";
import { taskStatus } from "./task-status.ts";

export interface ExecutorOptions {
  readonly executorId: string;
  readonly frameworkId: string;
  readonly link: AgentLink;
  readonly driver: ExecutorDriver;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * How long the end waits for acknowledgements. Default: 2 min when the work is done, because a busy agent has no other way to
   * learn how the tasks ended; 5 s when the end was asked for, because the agent does not wait longer.
   */
  readonly exitWaitMs?: number;
}

/** Why `run` resolved. */
export interface ExecutorEnd {
  readonly kind: "done" | "shut-down" | "detached" | "agent-lost" | "refused" | "failed";
  readonly message: string;
}

const doneWaitMs = 120_000;
const askedWaitMs = 5_000;

type State = "idle" | "running" | "ending" | "ended";
type Subscribed = Extract<HandledExecutorEvent, { type: "SUBSCRIBED" }>["subscribed"];

export class Executor {
  readonly #options: ExecutorOptions;
  readonly #ledger = new StatusLedger();
  readonly #sender: StatusSender;
  readonly #detached = new AbortController();
  #state: State = "idle";
  #started = false;
  #inSubscribe: Unacknowledged | undefined;
  #settled: (() => void) | undefined;
  /** Time of the last update. */
  #updatedMs = 0;
  #linkEnded = false;
  #ending: Promise<ExecutorEnd> | undefined;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#sender = new StatusSender(options, this.#ledger);
  }

  get state(): State {
    return this.#state;
  }

  /** Runs until the driver is done, the agent shuts the executor down, the agent is lost, or `detach` is called. */
  async run(): Promise<ExecutorEnd> {
    if (this.#state !== "idle") throw new Error("an executor runs once");
    this.#state = "running";
    const { link, logger } = this.#options;
    const linkEnd = await link.run({
      unacknowledged: () => {
        this.#inSubscribe = this.#ledger.unacknowledged();
        return this.#inSubscribe;
      },
      event: (event) => this.#onEvent(event),
      disconnected: () => {
        this.#sender.disconnected();
      },
    });
    this.#sender.disconnected();
    this.#linkEnded = true;
    this.#settled?.();
    if (this.#ending === undefined) this.#leave(endOf(linkEnd));
    const end = (await this.#ending) ?? endOf(linkEnd);
    this.#state = "ended";
    logger.info("the executor ends", { reason: end.kind, detail: end.message });
    return end;
  }

  /** Ends this process and leaves its tasks running (SIGTERM): the next executor process adopts them. */
  detach(why: string): void {
    this.#leave({ kind: "detached", message: why });
  }

  #leave(end: ExecutorEnd): void {
    this.#beginEnd(async () => {
      this.#detached.abort(new Error(end.message));
      const { driver } = this.#options;
      // An agent that does not know this executor, under a new id for example, has told Mesos that its tasks are over.
      const isOver = end.kind === "agent-lost" || end.kind === "refused";
      await (isOver ? driver.agentLost() : driver.detach());
      return end;
    });
  }

  /** Only the first request to end counts: a SIGTERM must not interrupt a shutdown. */
  #beginEnd(work: () => Promise<ExecutorEnd>): void {
    if (this.#state !== "running") return;
    this.#state = "ending";
    this.#ending = work().then(async (end) => {
      await this.#deliverRest(end.kind === "done" ? doneWaitMs : askedWaitMs);
      await this.#options.link.stop();
      return end;
    });
    // `run` waits for it only once the link is over.
    this.#ending.catch((error: unknown) => {
      this.#options.logger.error("ending failed", { error });
      void this.#options.link.stop();
    });
  }

  #onEvent(event: HandledExecutorEvent): void {
    const { driver, logger } = this.#options;
    switch (event.type) {
      case "SUBSCRIBED":
        this.#onSubscribed(event.subscribed);
        break;
      case "LAUNCH":
        this.#launch(event.launch.task);
        break;
      case "LAUNCH_GROUP":
        this.#launchGroup(event.launch_group.task_group.tasks ?? []);
        break;
      case "KILL":
        this.#kill(event.kill.task_id.value, event.kill.kill_policy?.grace_period?.nanoseconds);
        break;
      case "ACKNOWLEDGED":
        this.#ledger.acknowledged(event.acknowledged.task_id.value, event.acknowledged.uuid);
        if (this.#ledger.settled()) this.#settled?.();
        break;
      case "MESSAGE":
        if (this.#state === "running") driver.message(decodeBytes(event.message.data));
        break;
      case "SHUTDOWN":
        this.#shutdown("the agent asked for a shutdown");
        break;
      case "UNKNOWN":
        logger.warning("an event is ignored", { detail: event.problem });
        break;
    }
  }

  #onSubscribed(subscribed: Subscribed): void {
    const { driver, logger } = this.#options;
    for (const status of this.#inSubscribe?.updates ?? []) this.#ledger.markSent(status);
    this.#inSubscribe = undefined;
    if (!this.#started) {
      this.#started = true;
      logger.info("subscribed with the agent", { agent: subscribed.agent_info.hostname });
      driver.start(this.#context(subscribed));
    } else {
      logger.info("subscribed again with the agent", { agent: subscribed.agent_info.hostname });
    }
    this.#sender.connected();
  }

  #context(subscribed: Subscribed): ExecutorContext {
    const { executor_info, framework_info, agent_info } = subscribed;
    const { executorId, frameworkId, link, logger } = this.#options;
    return {
      executorId,
      frameworkId,
      frameworkName: framework_info.name,
      executorData: decodeBytes(executor_info.data ?? ""),
      killingState: (framework_info.capabilities ?? []).some(({ type }) => type === "TASK_KILLING_STATE"),
      agentHostname: agent_info.hostname,
      signal: this.#detached.signal,
      update: (taskId, update) => this.#update(taskId, update),
      sendMessage: (data) => {
        link.message(data).catch((error: unknown) => {
          logger.warning("a framework message was not taken by the agent", { detail: messageOf(error) });
        });
      },
      setLogLevel: (level) => logger.setLevel(level),
      end: () => {
        this.#beginEnd(async () => ({ kind: "done", message: "every task has ended" }));
      },
    };
  }

  #launch(info: TaskInfo): void {
    const { driver, logger } = this.#options;
    const taskId = info.task_id.value;
    if (!this.#ledger.launched(info)) {
      logger.debug("a launch that is known already is ignored", { taskId });
      return;
    }
    if (this.#state !== "running") {
      this.#update(taskId, { state: "TASK_KILLED", message: "the executor is ending" });
      return;
    }
    logger.info("launch", { taskId });
    driver.launch(launchedTask(info));
  }

  #launchGroup(infos: readonly TaskInfo[]): void {
    const { driver, logger } = this.#options;
    const fresh = infos.filter((info) => this.#ledger.launched(info));
    const taskIds = fresh.map((info) => info.task_id.value);
    if (fresh.length === 0) {
      logger.debug("a launch of a group that is known already is ignored");
      return;
    }
    const end = (state: "TASK_KILLED" | "TASK_FAILED", message: string) => {
      for (const taskId of taskIds) this.#update(taskId, { state, message });
    };
    if (this.#state !== "running") end("TASK_KILLED", "the executor is ending");
    else if (fresh.length < infos.length) {
      end("TASK_FAILED", "a task group is launched whole or not at all, and a part of this one was launched before");
    } else {
      logger.info("launch of a group", { taskIds });
      driver.launchGroup(fresh.map(launchedTask));
    }
  }

  #kill(taskId: string, graceNanoseconds: number | bigint | undefined): void {
    const { driver, logger } = this.#options;
    const info = this.#ledger.open(taskId);
    if (info === undefined) {
      // The scheduler repeats KILL until it has seen the terminal update, which is on its way.
      logger.debug("a kill of a task that is not open is ignored", { taskId });
      return;
    }
    if (this.#state !== "running") return;
    logger.info("kill", { taskId });
    // A kill without a policy, as of an agent that is drained, is by the policy of the task.
    const nanoseconds = graceNanoseconds ?? info.kill_policy?.grace_period?.nanoseconds;
    driver.kill(launchedTask(info), nanoseconds === undefined ? {} : { graceMs: Number(nanoseconds) / 1_000_000 });
  }

  #shutdown(why: string): void {
    const { driver, logger } = this.#options;
    this.#beginEnd(async () => {
      logger.info("shutting down", { reason: why });
      let last: TaskUpdate = { state: "TASK_KILLED", message: "the executor was shut down" };
      try {
        await driver.shutdown();
      } catch (error) {
        logger.error("the shutdown left something behind", { error });
        last = { state: "TASK_FAILED", message: `the executor was shut down, but: ${messageOf(error)}` };
      }
      for (const info of this.#ledger.openTasks()) this.#update(info.task_id.value, last);
      return { kind: "shut-down", message: why };
    });
  }

  /** Waits until all updates are acknowledged, at most `exitWaitMs`. */
  async #deliverRest(defaultMs: number): Promise<void> {
    const { clock, exitWaitMs = defaultMs, logger } = this.#options;
    if (this.#ledger.settled() || this.#linkEnded) return;
    await new Promise<void>((resolve) => {
      const cancel = clock.after(exitWaitMs, () => {
        logger.warning("ending although the agent has not acknowledged every update");
        resolve();
      });
      this.#settled = () => {
        cancel();
        resolve();
      };
    });
  }

  #update(taskId: string, update: TaskUpdate): void {
    const { clock, executorId, logger } = this.#options;
    // The scheduler compares these times to find the newer of two updates, so they never go back, even if the host's clock does.
    this.#updatedMs = Math.max(clock.now(), this.#updatedMs + 1);
    const status = taskStatus(taskId, update, executorId, this.#updatedMs);
    if (!this.#ledger.add(status)) {
      logger.debug("a report on a task that is not open is dropped", { taskId, state: update.state });
      return;
    }
    logger.info("task update", { taskId, state: update.state, detail: update.message, healthy: update.healthy });
    this.#sender.wake();
  }
}

function endOf(end: LinkEnd): ExecutorEnd {
  return end.kind === "stopped" ? { kind: "detached", message: "the connection was closed" } : end;
}

function launchedTask(info: TaskInfo): LaunchedTask {
  return { id: info.task_id.value, name: info.name, data: decodeBytes(info.data ?? ""), info };
}
