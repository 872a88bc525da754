// One KubeNode from launch to its end: container, wrapper, secrets, files, then the watch over its life. It reports and
// decides nothing about the tasks of processes.
import { CkeError, type Clock, type Logger } from "@cke/foundation";
import type { KubeNodeTask, WatchEvent } from "@cke/protocol";
import { containerDeath, whileItRuns } from "../container/container-watch.ts";
import type { Host } from "../container/host.ts";
import type { NodeContainer, PreparedContainer } from "../container/node-container.ts";
import type { Engine } from "../docker/engine.ts";
import type { Peers } from "../peers/peers.ts";
import { PeersSync } from "../peers/peers-sync.ts";
import { writePeers } from "../peers/peers-writer.ts";
import type { LaunchStep } from "../reports/launch-step.ts";
import { type NodeFacts, noFacts } from "../reports/node-report.ts";
import { writeFiles } from "../wrapper/file-writer.ts";
import { watchProcesses } from "../wrapper/process-watch.ts";
import type { WrapperClient } from "../wrapper/wrapper-client.ts";
import type { WrapperLiveness } from "../wrapper/wrapper-liveness.ts";
import { watchSilence } from "../wrapper/wrapper-silence.ts";
import { waitForWrapper } from "../wrapper/wrapper-wait.ts";
import { plainFiles, secretFiles, secretNames } from "./node-files.ts";
import type { SecretsClient } from "./secrets-client.ts";

export interface KubeNodeParts {
  readonly engine: Engine;
  readonly container: NodeContainer;
  readonly secrets: SecretsClient;
  readonly host: Host;
  readonly openWrapper: (socketPath: string) => Promise<WrapperClient>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long the wrapper of a container that this launch has made may be silent before it is ready, in ms. */
  readonly wrapperTimeoutMs: number;
}

export interface KubeNodeListener {
  progress(step: LaunchStep, detail: string): void;
  ready(node: ReadyNode): void;
  /** A ready node has not answered since that UNIX time in ms; why, in words. */
  unresponsive(sinceMs: number, words: string): void;
  /** It answers again. */
  responsive(): void;
  /** What is known of the ready node has changed: its `facts`. */
  changed(): void;
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
  /** Of whatever looks at the container and its wrapper; aborted with the life, and when the container has ended. */
  readonly #watching = new AbortController();
  #step: LaunchStep = "engine";
  #facts: NodeFacts = noFacts;
  #ready: ReadyNode | undefined;
  #launched = false;
  #wrapper: WrapperClient | undefined;
  #silence = new AbortController();
  #running: Promise<void> | undefined;
  readonly #peers: PeersSync;

  constructor(task: KubeNodeTask, parts: KubeNodeParts, listener: KubeNodeListener, peers?: Peers) {
    this.#task = task;
    this.#parts = parts;
    this.#listener = listener;
    const { clock } = parts;
    this.#peers = new PeersSync(
      { clock, write: (wanted) => this.#writePeers(wanted), onChange: () => this.#peersChanged() },
      peers,
    );
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

  /** Aborted as soon as the node is unresponsive; another one once it answers again. */
  get silence(): AbortSignal {
    return this.#silence.signal;
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

  /** The nodes of the cluster are these from now on: hosts file and routes follow. */
  wantPeers(peers: Peers): void {
    this.#peers.want(peers);
  }

  /** Stops launching and watching; what runs is not touched, what was half made is removed. */
  async letGo(): Promise<void> {
    this.#life.abort(new CkeError("let_go", "the node is let go"));
    this.#watching.abort();
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
      this.#watching.abort();
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
      const liveness = this.#live(wrapper);
      const { engine, clock, logger } = this.#parts;
      const { containerId } = this.#facts;
      await whileItRuns({ engine, containerId, clock, logger }, signal, async (runs) => {
        this.#progress("secrets", "");
        const opened = await secrets;
        this.#progress("files", "");
        const files = [...plainFiles(this.#task), ...secretFiles(this.#task, opened)];
        const onProgress = (detail: string) => this.#progress("files", detail);
        const patienceMs = this.#patienceMs(prepared);
        await writeFiles(files, { wrapper, liveness, clock, logger, onProgress, patienceMs, signal: runs });
      });
      await this.#peers.begin(this.#watching.signal);
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
      ...noFacts,
      containerId: prepared.container.id,
      ip: prepared.container.ips[task.network === "" ? "bridge" : task.network] ?? task.ip,
      startedAtMs: clock.now(),
    };
    return prepared;
  }

  /** Nobody's data is in a container that was just made; an adopted one runs a node, however slow, and is never given up. */
  #patienceMs({ adopted }: PreparedContainer): number {
    return adopted ? Number.POSITIVE_INFINITY : this.#parts.wrapperTimeoutMs;
  }

  #live(wrapper: WrapperClient): WrapperLiveness {
    const { engine, clock, logger } = this.#parts;
    const { containerId } = this.#facts;
    const onChange = (unresponsiveSinceMs: number, words: string) => {
      if (unresponsiveSinceMs > 0) this.#silence.abort();
      else this.#silence = new AbortController();
      this.#facts = { ...this.#facts, unresponsiveSinceMs };
      if (this.#ready === undefined) this.#listener.progress(this.#step, words);
      else if (unresponsiveSinceMs > 0) this.#listener.unresponsive(unresponsiveSinceMs, words);
      else this.#listener.responsive();
    };
    return watchSilence({ wrapper, engine, containerId, clock, logger, onChange }, this.#watching.signal);
  }

  async #connect(prepared: PreparedContainer): Promise<WrapperClient> {
    const { adopted, container, socketPath } = prepared;
    const { engine, host, openWrapper, clock } = this.#parts;
    const { signal } = this.#life;
    const onProgress = (detail: string) => this.#progress("wrapper", detail);
    const timeoutMs = this.#patienceMs(prepared);
    this.#progress("wrapper", adopted ? "connecting to the adopted container" : "");
    const wrapper = await openWrapper(socketPath);
    this.#wrapper = wrapper;
    const socketExists = () => host.exists(socketPath);
    const containerId = container.id;
    const wait = { engine, containerId, wrapper, socketExists, clock, timeoutMs, onProgress, signal };
    const info = await waitForWrapper(wait);
    this.#facts = { ...this.#facts, startedAtMs: info.startedAtMs };
    return wrapper;
  }

  /** Until the container ends or the node is let go. */
  async #watch({ wrapper, facts }: ReadyNode): Promise<void> {
    const { clock, container, engine, logger } = this.#parts;
    const { signal } = this.#life;
    const watching = watchProcesses(
      {
        wrapper,
        clock,
        logger,
        onEvent: (event) => this.#listener.event(event),
        onNewInstance: () => {
          // A container that was started again has lost its routes, and Docker has written its hosts file anew.
          this.#peers.again();
          this.#listener.newInstance();
        },
      },
      this.#watching.signal,
    );
    const death = await containerDeath(engine, facts.containerId, { clock, logger }, signal);
    this.#watching.abort();
    await watching;
    if (death === undefined || signal.aborted) return;
    logger.error("the node's container has ended", { containerId: facts.containerId, detail: death.message });
    this.#ready = undefined;
    await container.discard().catch((error: unknown) => {
      logger.warning("the dead container could not be removed", { error });
    });
    this.#listener.lost(death);
  }

  async #writePeers(wanted: Peers): Promise<void> {
    if (this.#wrapper !== undefined) await writePeers(this.#wrapper, wanted, this.#task.node);
  }

  #peersChanged(): void {
    const { applied, problem } = this.#peers;
    this.#facts = { ...this.#facts, peersVersion: applied, peersProblem: problem };
    if (problem !== "") this.#parts.logger.warning("the cluster's nodes are not written into this node", { problem });
    if (this.#ready !== undefined) this.#listener.changed();
  }

  #progress(step: LaunchStep, detail: string): void {
    this.#step = step;
    this.#listener.progress(step, detail);
  }
}
