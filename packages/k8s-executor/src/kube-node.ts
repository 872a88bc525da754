// One KubeNode from launch to its end: container, wrapper, secrets, files, then the watch over its life. It reports and
// decides nothing about the tasks of processes.
import { CkeError, type Clock, type Logger, messageOf } from "@cke/foundation";
import type { KubeNodeTask, WatchEvent } from "@cke/protocol";
import { containerDeath } from "./container-watch.ts";
import type { Engine } from "./engine.ts";
import type { Host } from "./host.ts";
import type { LaunchStep } from "./launch-step.ts";
import type { NodeContainer, PreparedContainer } from "./node-container.ts";
import { plainFiles, secretFiles, secretNames } from "./node-files.ts";
import { type NodeFacts, noFacts } from "./node-report.ts";
import { watchProcesses } from "./process-watch.ts";
import type { SecretsClient } from "./secrets-client.ts";
import type { PutFile, WrapperClient } from "./wrapper-client.ts";
import { waitForWrapper } from "./wrapper-wait.ts";

export interface KubeNodeParts {
  readonly engine: Engine;
  readonly container: NodeContainer;
  readonly secrets: SecretsClient;
  readonly host: Host;
  readonly openWrapper: (socketPath: string) => Promise<WrapperClient>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly wrapperTimeoutMs: number;
}

export interface KubeNodeListener {
  progress(step: LaunchStep, detail: string): void;
  ready(node: ReadyNode): void;
  reachable(reachable: boolean): void;
  event(event: WatchEvent): void;
  /** Another wrapper answers: it knows no process. */
  newInstance(): void;
  /** The launch failed, or the container ended; what was made is removed already. */
  lost(error: CkeError): void;
}

export interface ReadyNode {
  readonly wrapper: WrapperClient;
  readonly facts: NodeFacts;
  readonly adopted: boolean;
}

export class KubeNode {
  readonly #task: KubeNodeTask;
  readonly #parts: KubeNodeParts;
  readonly #listener: KubeNodeListener;
  readonly #life = new AbortController();
  #step: LaunchStep = "engine";
  #facts: NodeFacts = noFacts;
  #ready: ReadyNode | undefined;
  #launched = false;
  #wrapper: WrapperClient | undefined;
  #running: Promise<void> | undefined;

  constructor(task: KubeNodeTask, parts: KubeNodeParts, listener: KubeNodeListener) {
    this.#task = task;
    this.#parts = parts;
    this.#listener = listener;
  }

  get facts(): NodeFacts {
    return this.#facts;
  }

  /** Set from readiness to the end. */
  get ready(): ReadyNode | undefined {
    return this.#ready;
  }

  /** True from its first readiness on, also after its end: what fails then is no launch. */
  get launched(): boolean {
    return this.#launched;
  }

  get step(): LaunchStep {
    return this.#step;
  }

  /** Aborted when the node is to be left alone or removed. */
  get signal(): AbortSignal {
    return this.#life.signal;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Stops launching and watching; what runs is not touched, what was half made is removed. */
  async letGo(): Promise<void> {
    this.#life.abort(new CkeError("let_go", "the node is let go"));
    await this.#running;
    this.#ready = undefined;
    this.#wrapper?.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#life;
    const { container, logger } = this.#parts;
    let made = false;
    try {
      const ready = await this.#launch((adopted) => {
        made = !adopted;
      });
      // From here on processes write data: nothing that happens later is a reason to undo the launch.
      made = false;
      this.#ready = ready;
      this.#launched = true;
      this.#listener.ready(ready);
      await this.#watch(ready);
    } catch (thrown) {
      const error = container.failure(thrown, this.#step);
      const hopeless = error.code.startsWith("container_") || error.code === "wrapper_silent";
      // An adopted container is worth more than this launch, unless it cannot be worked with.
      if (made || (hopeless && !signal.aborted)) await container.undo();
      if (signal.aborted) return;
      logger.error("the launch of the node failed", { step: this.#step, code: error.code, detail: error.message });
      this.#listener.lost(error);
    }
  }

  async #launch(onPrepared: (adopted: boolean) => void): Promise<ReadyNode> {
    const { signal } = this.#life;
    const abandoned = new AbortController();
    // The scheduler may have certificates to issue first: it does so while the container is made.
    const secrets = this.#parts.secrets.fetch(secretNames(this.#task), AbortSignal.any([signal, abandoned.signal]));
    secrets.catch(() => {});
    try {
      const prepared = await this.#container(onPrepared);
      const wrapper = await this.#connect(prepared);
      this.#progress("secrets", "");
      const opened = await secrets;
      this.#progress("files", "");
      const files = [...plainFiles(this.#task), ...secretFiles(this.#task, opened)];
      await Promise.all(files.map((file) => putFile(wrapper, file)));
      signal.throwIfAborted();
      return { wrapper, facts: this.#facts, adopted: prepared.adopted };
    } finally {
      abandoned.abort(new CkeError("abandoned", "the launch is over"));
    }
  }

  async #container(onPrepared: (adopted: boolean) => void): Promise<PreparedContainer> {
    const { clock, container } = this.#parts;
    const task = this.#task;
    const report = (step: LaunchStep, detail: string) => this.#progress(step, detail);
    const prepared = await container.prepare(report, this.#life.signal);
    onPrepared(prepared.adopted);
    this.#facts = {
      containerId: prepared.container.id,
      ip: prepared.container.ips[task.network === "" ? "bridge" : task.network] ?? task.ip,
      startedAtMs: clock.now(),
    };
    return prepared;
  }

  async #connect({ adopted, container, socketPath }: PreparedContainer): Promise<WrapperClient> {
    const { engine, host, openWrapper, clock, wrapperTimeoutMs: timeoutMs } = this.#parts;
    const { signal } = this.#life;
    this.#progress("wrapper", adopted ? "connecting to the adopted container" : "");
    const wrapper = await openWrapper(socketPath);
    this.#wrapper = wrapper;
    const socketExists = () => host.exists(socketPath);
    const containerId = container.id;
    const info = await waitForWrapper({ engine, containerId, wrapper, socketExists, clock, timeoutMs, signal });
    this.#facts = { ...this.#facts, startedAtMs: info.startedAtMs };
    return wrapper;
  }

  /** Until the container ends or the node is let go. */
  async #watch({ wrapper, facts }: ReadyNode): Promise<void> {
    const { clock, container, engine, logger } = this.#parts;
    const { signal } = this.#life;
    const over = new AbortController();
    const watching = watchProcesses(
      {
        wrapper,
        clock,
        logger,
        onEvent: (event) => this.#listener.event(event),
        onNewInstance: () => this.#listener.newInstance(),
        onReachable: (reachable) => this.#listener.reachable(reachable),
      },
      AbortSignal.any([signal, over.signal]),
    );
    const death = await containerDeath(engine, facts.containerId, { clock, logger }, signal);
    over.abort();
    await watching;
    if (death === undefined || signal.aborted) return;
    logger.error("the node's container has ended", { containerId: facts.containerId, detail: death.message });
    this.#ready = undefined;
    await container.discard().catch((error: unknown) => {
      logger.warning("the dead container could not be removed", { error });
    });
    this.#listener.lost(death);
  }

  #progress(step: LaunchStep, detail: string): void {
    this.#step = step;
    this.#listener.progress(step, detail);
  }
}

async function putFile(wrapper: WrapperClient, file: PutFile): Promise<void> {
  try {
    await wrapper.putFile(file);
  } catch (cause) {
    throw new CkeError("file_failed", `${file.path} cannot be written into the node: ${messageOf(cause)}`, { cause });
  }
}
