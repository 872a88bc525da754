// Puts an agent together from its parts: start → recover → register → serve → stop. The parts know each other only through
// AgentContext.
import { isAbsolute } from "node:path";
import { CkeError, messageOf } from "@cke/foundation";
import type { AgentInfo } from "@cke/mesos";
import { AgentLink, type AgentMessage, type MasterMessage } from "../link/index.ts";
import { agentRoutes } from "./agent-routes.ts";
import { AgentPaths } from "./checkpoint/agent-paths.ts";
import { Checkpoint } from "./checkpoint/checkpoint.ts";
import type { AgentRecord } from "./checkpoint/checkpoint-schema.ts";
import { makeDirectoryDurably } from "./checkpoint/durable-file.ts";
import { ExecutorTokens } from "./checkpoint/executor-tokens.ts";
import { SandboxGarbageCollector } from "./checkpoint/sandbox-garbage-collector.ts";
import { Executors } from "./executors/executors.ts";
import { FetchCache } from "./fetcher/fetch-cache.ts";
import { Fetcher } from "./fetcher/fetcher.ts";
import { HttpServer } from "./http/http-server.ts";
import { listenStably } from "./http/listen-port.ts";
import { MasterMessageHandler } from "./master-messages/master-message-handler.ts";
import { registerMessage } from "./master-messages/register-message.ts";
import { TaskMessages } from "./master-messages/task-messages.ts";
import { executorsBack, recover } from "./recovery.ts";
import type { AgentContext } from "./state/agent-context.ts";
import { AgentMetrics } from "./state/agent-metrics.ts";
import { type AgentHandle, type AgentOptions, type AgentSettings, agentSettings } from "./state/agent-options.ts";
import { AgentState } from "./state/agent-state.ts";
import { SerialQueue } from "./state/serial-queue.ts";
import { StatusUpdates } from "./status-updates/status-updates.ts";

/**
 * Starts an agent and resolves when it serves executors; registration with the master goes on in the background. Throws
 * CkeError: `invalid_work_dir`, `checkpoint_unreadable`, `port_in_use`.
 */
export async function startAgent(options: AgentOptions): Promise<AgentHandle> {
  if (!isAbsolute(options.workDir)) throw new CkeError("invalid_work_dir", "workDir must be an absolute path");
  const agent = new Agent(agentSettings(options));
  await agent.start();
  return agent;
}

class Agent implements AgentHandle {
  readonly #settings: AgentSettings;
  readonly #stopping = new AbortController();
  readonly #context: AgentContext;
  readonly #executors: Executors;
  readonly #masterMessages: MasterMessageHandler;
  readonly #link: AgentLink;
  readonly #server: HttpServer;
  readonly #socketServer: HttpServer | undefined;
  #tokens: ExecutorTokens | undefined;
  #port = 0;
  #record: AgentRecord = { port: 0 };
  #recovered = false;
  #registering: Promise<void> = Promise.resolve();

  constructor(settings: AgentSettings) {
    this.#settings = settings;
    const { clock } = settings;
    const logger = settings.logger.child({ component: "mesos-agent", agent: settings.hostname });
    const paths = new AgentPaths(settings.workDir);
    const state = new AgentState();
    const checkpoint = new Checkpoint(paths, logger);
    const queue = new SerialQueue(logger);
    const cache = new FetchCache(settings.fetcherCacheDir, settings.fetcherCacheBytes);
    const updates = new StatusUpdates({
      clock,
      logger,
      retryMs: settings.updateRetryMs,
      store: async (framework, task, line) => {
        const run = state.runOfTask(framework, task);
        if (run?.checkpoint === true) await checkpoint.appendUpdate(run.key, task, line);
      },
      forward: (framework, status, latest) =>
        this.#send({
          type: "STATUS_UPDATE",
          framework_id: { value: framework },
          status,
          ...(latest === undefined ? {} : { latest_state: latest }),
        }),
      settled: (framework, task) => taskMessages.settled(framework, task),
    });
    this.#context = {
      settings,
      clock,
      logger,
      paths,
      checkpoint,
      state,
      queue,
      updates,
      fetcher: new Fetcher({ cache, clock, stallTimeoutMs: settings.fetcherStallTimeoutMs }),
      metrics: new AgentMetrics(),
      collector: new SandboxGarbageCollector({
        paths,
        clock,
        logger,
        keepMs: settings.sandboxKeepMs,
        live: () => new Set(state.runs().map((run) => run.sandbox)),
      }),
      tokens: () => this.#tokens,
      port: () => this.#port,
      agentInfo: () => this.#agentInfo(),
      registered: () => updates.listening,
      send: (message) => this.#send(message),
      stopping: this.#stopping.signal,
    };
    this.#executors = new Executors(this.#context);
    const taskMessages = new TaskMessages(this.#context, this.#executors);
    this.#masterMessages = new MasterMessageHandler(this.#context, taskMessages, this.#executors, (change) =>
      this.#save(change),
    );
    this.#link = new AgentLink({
      master: settings.master,
      register: () => queue.run(() => registerMessage(this.#context)),
      onMessage: (message) => this.#hear(message),
      onDisconnected: () => updates.disconnected(),
      clock,
      logger,
    });
    const handle = agentRoutes({
      context: this.#context,
      executors: this.#executors,
      recovered: () => this.#recovered,
      startedAt: clock.now(),
    });
    this.#server = new HttpServer({ handle, clock, logger });
    this.#socketServer = settings.executorDomainSocket ? new HttpServer({ handle, clock, logger }) : undefined;
  }

  get agentId(): string | undefined {
    return this.#context.state.agentId;
  }

  get port(): number {
    return this.#port;
  }

  async start(): Promise<void> {
    const { checkpoint, state, queue, fetcher, collector, paths } = this.#context;
    await makeDirectoryDurably(this.#settings.workDir);
    const record = await checkpoint.loadAgent();
    const { ip, port, clock } = this.#settings;
    const listen = (address: string, wanted: number) => this.#server.listen(address, wanted);
    this.#port = await listenStably({ ip, port, last: record?.port, clock, listen });
    try {
      state.agentId = record?.agent_id;
      await this.#save({ ...record, port: this.#port });
      if (this.#settings.authenticateExecutors) this.#tokens = await ExecutorTokens.load(paths.executorKeyFile());
      await this.#socketServer?.listenSocket(paths.domainSocket());
      await fetcher.cache.start();
      await queue.run(() => recover(this.#context, this.#executors));
    } catch (error) {
      await this.#server.close();
      await this.#socketServer?.close();
      throw error;
    }
    this.#recovered = true;
    collector.start();
    this.#registering = this.#register();
  }

  registered(signal?: AbortSignal): Promise<string> {
    return this.#masterMessages.registered(signal);
  }

  async stop({ unregister = false }: { readonly unregister?: boolean } = {}): Promise<void> {
    const { queue, updates, collector, state, checkpoint } = this.#context;
    if (unregister) {
      await queue.run(async () => {
        for (const run of state.runs()) await this.#executors.kill(run);
      });
    }
    this.#stopping.abort(new CkeError("stopped", "the agent was stopped"));
    await this.#registering;
    await this.#link.stop({ unregister });
    await this.#server.close();
    await this.#socketServer?.close();
    updates.disconnected();
    this.#executors.runner.stop();
    await queue.close();
    for (const run of state.runs()) {
      run.cancelTimer();
      run.launching.abort();
    }
    await this.#executors.settle();
    await collector.stop();
    if (unregister) await checkpoint.forget(this.#port);
  }

  async #register(): Promise<void> {
    await executorsBack(this.#context, this.#stopping.signal);
    if (!this.#stopping.signal.aborted) this.#link.start();
  }

  async #hear(message: MasterMessage): Promise<void> {
    const { queue, logger } = this.#context;
    try {
      await queue.run(() => this.#masterMessages.handle(message));
    } catch (error) {
      logger.error("a message of the master failed", { type: message.type, problem: messageOf(error) });
    }
  }

  #send(message: AgentMessage): void {
    this.#link.send(message);
  }

  #agentInfo(): AgentInfo {
    const { hostname, resources, attributes } = this.#settings;
    const { agentId } = this.#context.state;
    return {
      hostname,
      port: this.#port,
      resources: this.#record.resources ?? resources,
      attributes,
      ...(agentId === undefined ? {} : { id: { value: agentId } }),
    };
  }

  async #save(change: Partial<AgentRecord>): Promise<void> {
    this.#record = { ...this.#record, ...change };
    await this.#context.checkpoint.saveAgent(this.#record);
  }
}
