// One KubeNode from its launch to its end: makes or adopts the container, connects to the wrapper, gets the secrets, writes the
// files, then watches the container until it ends. It knows nothing of the tasks of processes.
import { CkeError } from "@cke/foundation";
import type { KubeNodeTask } from "@cke/protocol";
import { BirdControl } from "../bird/bird-control.ts";
import { ServingWatch } from "../bird/serving.ts";
import { containerDeath, whileItRuns } from "../container/container-watch.ts";
import { uplinkWay } from "../container/engine-questions.ts";
import type { PreparedContainer } from "../container/node-container.ts";
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
import { watchFacts } from "./facts-watch.ts";
import type { KubeNodeListener, KubeNodeParts, ReadyNode } from "./kube-node-parts.ts";
import { plainFiles, secretFiles, secretNames } from "./node-files.ts";

export class KubeNode {
  readonly bird = new BirdControl();
  readonly #task: KubeNodeTask;
  readonly #parts: KubeNodeParts;
  readonly #listener: KubeNodeListener;
  readonly #end = new AbortController();
  /** Ends everything that watches the container and its wrapper: aborted with `#end`, and when the container has ended. */
  readonly #watching = new AbortController();
  #step: LaunchStep = "engine";
  #facts: NodeFacts = noFacts;
  #ready: ReadyNode | undefined;
  #launched = false;
  #fresh = false; // the container is new, and no peers were written into it
  #wrapper: WrapperClient | undefined;
  #silence = new AbortController();
  #running: Promise<void> | undefined;
  readonly #peers: PeersSync;
  readonly #serving: ServingWatch;

  constructor(task: KubeNodeTask, parts: KubeNodeParts, listener: KubeNodeListener, peers?: Peers) {
    this.#task = task;
    this.#parts = parts;
    this.#listener = listener;
    this.#serving = new ServingWatch({ clock: parts.clock, logger: parts.logger, bird: this.bird });
    this.#peers = new PeersSync(
      {
        clock: parts.clock,
        write: (wanted) => this.#writePeers(wanted),
        onChange: () => this.#peersChanged(),
        answers: () => !this.#silence.signal.aborted,
      },
      peers,
    );
  }

  get facts(): NodeFacts {
    return this.#facts;
  }

  /** Defined while the node is ready. */
  get ready(): ReadyNode | undefined {
    return this.#ready;
  }

  /** True since the node was ready for the first time, also after its end: a later failure is no failed launch. */
  get launched(): boolean {
    return this.#launched;
  }

  /** Aborted when the node becomes unresponsive. There is a new signal when it answers again. */
  get silence(): AbortSignal {
    return this.#silence.signal;
  }

  get step(): LaunchStep {
    return this.#step;
  }

  /** Aborted when this executor lets go of the node, or removes it. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** The nodes of the cluster are these from now on: hosts file and routes follow. */
  wantPeers(peers: Peers): void {
    this.#peers.want(peers);
  }

  /** Stops launching and watching. A node that runs is not touched; the parts of an unfinished launch are removed. */
  async letGo(): Promise<void> {
    this.#end.abort(new CkeError("let_go", "the node is let go"));
    this.#watching.abort();
    await this.#running;
    this.#ready = undefined;
    this.#wrapper?.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#end;
    const { container, logger } = this.#parts;
    let made = false;
    try {
      const ready = await this.#launch((adopted) => {
        made = !adopted;
      });
      // From here on processes write data, so the launch is never undone any more.
      made = false;
      this.#ready = ready;
      this.#launched = true;
      this.#listener.ready(ready);
      await this.#watch(ready);
    } catch (thrown) {
      this.#watching.abort();
      const failed = container.failure(thrown, this.#step);
      const hopeless = !signal.aborted && /^(container_|wrapper_silent$)/.test(failed.code);
      // An adopted container runs a node, so a failed launch leaves it alone, unless the container itself has failed.
      const cause = made || hopeless ? await this.#undo(failed) : failed;
      const error = container.failure(cause, this.#step);
      if (signal.aborted) return;
      logger.error("the launch of the node failed", { step: this.#step, code: error.code, detail: error.message });
      this.#listener.lost(error);
    }
  }

  /** Removes the container. What could be removed is in no report any more: nothing of it runs. */
  async #undo(failure: unknown): Promise<unknown> {
    const cause = await this.#parts.container.undo(failure);
    if (cause === failure) this.#facts = { ...this.#facts, containerId: "", startedAtMs: 0 };
    return cause;
  }

  async #launch(onPrepared: (adopted: boolean) => void): Promise<ReadyNode> {
    const { signal } = this.#end;
    const abandoned = new AbortController();
    // The scheduler may have to issue certificates first. It does so while the container is made.
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
        const silenceLimitMs = this.#silenceLimitMs(prepared);
        const writing = { wrapper, liveness, clock, logger, onProgress, silenceLimitMs, signal: runs };
        await Promise.all([writeFiles(files, writing), this.#peers.begin(this.#watching.signal)]);
      });
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
    const prepared = await container.prepare(report, this.#end.signal);
    onPrepared(prepared.adopted);
    this.#fresh = !prepared.adopted;
    this.#serving.begin(prepared.adopted);
    this.#facts = {
      ...noFacts,
      containerId: prepared.container.id,
      ip: prepared.container.ips[task.network === "" ? "bridge" : task.network] ?? task.ip,
      startedAtMs: clock.now(),
    };
    return prepared;
  }

  /** A new container has no data yet and may be given up. An adopted one runs a node and is never given up, however slow it is. */
  #silenceLimitMs({ adopted }: PreparedContainer): number {
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
    const { signal } = this.#end;
    const onProgress = (detail: string) => this.#progress("wrapper", detail);
    this.#progress("wrapper", adopted ? "connecting to the adopted container" : "");
    const wrapper = await openWrapper(socketPath);
    this.#wrapper = wrapper;
    const socketExists = () => host.exists(socketPath);
    const wait = { engine, containerId: container.id, wrapper, socketExists, clock, onProgress, signal };
    const info = await waitForWrapper({ ...wait, timeoutMs: this.#silenceLimitMs(prepared) });
    this.#facts = { ...this.#facts, startedAtMs: info.startedAtMs };
    return wrapper;
  }

  /** Resolves when the container has ended, or this executor lets go of the node. */
  async #watch({ wrapper, facts }: ReadyNode): Promise<void> {
    const { clock, container, engine, logger } = this.#parts;
    const { signal } = this.#end;
    const watching = watchProcesses(
      {
        wrapper,
        clock,
        logger,
        onList: (processes) => this.#serving.present(processes),
        onEvent: (event) => {
          if (event.state !== undefined) this.#serving.note(event.state);
          this.#listener.event(event);
        },
        onNewInstance: () => {
          // A container that was started again has lost its routes, and Docker has written its hosts file anew.
          this.#peers.again();
          this.#listener.newInstance();
        },
      },
      this.#watching.signal,
    );
    const onChange = (change: Partial<NodeFacts>) => this.#factsChanged(change);
    const looking = watchFacts({ wrapper, task: this.#task, bird: this.bird, clock, onChange }, this.#watching.signal);
    const death = await containerDeath(engine, facts.containerId, { clock, logger }, signal);
    this.#watching.abort();
    this.#serving.stop();
    await Promise.all([watching, looking]);
    if (death === undefined || signal.aborted) return;
    logger.error("the node's container has ended", { containerId: facts.containerId, detail: death.message });
    this.#ready = undefined;
    await container.discard().catch((error: unknown) => {
      logger.warning("the dead container could not be removed", { error });
    });
    this.#listener.lost(death);
  }

  async #writePeers(wanted: Peers): Promise<void> {
    const way = await uplinkWay(this.#parts.engine, this.#task);
    const options = { balancer: this.#task.apiBalancer, fresh: this.#fresh, bird: this.bird, way };
    this.#fresh = false;
    if (this.#wrapper !== undefined) await writePeers(this.#wrapper, wanted, this.#task.node, options);
  }

  #peersChanged(): void {
    const { applied, problem } = this.#peers;
    this.#facts = { ...this.#facts, peersVersion: applied, peersProblem: problem };
    if (problem !== "") this.#parts.logger.warning("the cluster's nodes are not written into this node", { problem });
    if (this.#ready !== undefined) this.#listener.changed();
  }

  #factsChanged(change: Partial<NodeFacts>): void {
    this.#facts = { ...this.#facts, ...change };
    if (change.hostProblem) this.#parts.logger.warning("the host fails the node", { problem: change.hostProblem });
    if (this.#ready !== undefined) this.#listener.changed();
  }

  #progress(step: LaunchStep, detail: string): void {
    this.#step = step;
    this.#listener.progress(step, detail);
  }
}
