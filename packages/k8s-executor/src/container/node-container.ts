// The container of one KubeNode. A running container with the wanted specification is adopted; otherwise a new one is created. A
// creation that fails or is aborted removes what it made, and only that.
import type { UnitLogger } from "@cke/executor-core";
import { type CkeError, type Clock, type Logger, messageOf } from "@cke/foundation";
import { isLocalImage, type KubeNodeTask } from "@cke/protocol";
import { type ContainerInfo, type ContainerSpec, type Engine, EngineError } from "../docker/engine.ts";
import {
  belongsTo,
  containerName,
  dockerDataDirectory,
  instanceOf,
  isDataOf,
  labelNames,
  type NodeIdentity,
  runDirectory,
  wrapperSocketName,
} from "../docker/node-identity.ts";
import { describePull } from "../docker/pull-progress.ts";
import type { LaunchStep } from "../reports/launch-step.ts";
import { leftBehind, NodeFailure } from "../reports/node-failure.ts";
import type { DataFate } from "../reports/node-report.ts";
import { containerLimits, containerSpec, type Privilege } from "./container-spec.ts";
import { dockerFailure, lacksPrivilege } from "./docker-failure.ts";
import { addressHolder, askEngine, connectUplink, type Questions } from "./engine-questions.ts";
import type { Host } from "./host.ts";
import { lxcfsFiles } from "./lxcfs.ts";
import { NodeOwnership } from "./node-ownership.ts";
import { type NodeInstance, removeContainers, removeData, setAside, stopContainers } from "./node-removal.ts";
import { makeVolumes, type NodeVolumes } from "./node-volumes.ts";
import { PrivilegeMemory } from "./privilege.ts";
import { specHash } from "./spec-hash.ts";

export type ReportProgress = (step: LaunchStep, detail: string) => void;

export interface NodeContainerOptions {
  readonly engine: Engine;
  readonly host: Host;
  readonly clock: Clock;
  readonly log: UnitLogger;
  readonly logger: Logger;
  readonly identity: NodeIdentity;
  /** The task that it is launched for. */
  readonly task: KubeNodeTask;
  readonly executorId: string;
  /** CKE_RUN_DIR. */
  readonly runBase: string;
  /** Called when nothing but the engine has to work for a while. */
  readonly onEngineBusy: () => void;
}

export interface PreparedContainer {
  readonly container: ContainerInfo;
  readonly adopted: boolean;
  /** Host path of the wrapper's socket. */
  readonly socketPath: string;
}

/** How often, and after which pause, a name is tried that a container of this very node has only while it is being made. */
const nameTaken = { tries: 40, pauseMs: 250 };

export class NodeContainer {
  readonly #options: NodeContainerOptions;
  readonly #privilege: PrivilegeMemory;
  readonly #runDirectory: string;
  readonly #instance: NodeInstance;
  readonly #ownership: NodeOwnership;
  /** Volumes that this launch has made. */
  readonly #made: string[] = [];
  #step: LaunchStep = "engine";

  constructor(options: NodeContainerOptions) {
    this.#options = options;
    this.#runDirectory = runDirectory(options.runBase, options.identity);
    this.#instance = { identity: options.identity, instance: instanceOf(options.task.labels) };
    const { host, executorId } = options;
    this.#ownership = new NodeOwnership({
      host,
      executorId,
      runDirectory: this.#runDirectory,
      instance: this.#instance.instance,
    });
    this.#privilege = new PrivilegeMemory(options.host, options.runBase);
  }

  /** Throws CkeError in an operator's words; the signal's reason when aborted. */
  async prepare(report: ReportProgress, signal: AbortSignal): Promise<PreparedContainer> {
    try {
      return await this.#prepare((step, detail) => {
        this.#step = step;
        report(step, detail);
      }, signal);
    } catch (error) {
      signal.throwIfAborted();
      const failure = this.failure(error, this.#step);
      if (failure.code !== "address_in_use" || failure === error) throw failure;
      const { engine, task } = this.#options;
      throw this.failure(error, this.#step, await addressHolder(engine, task.network, task.ip));
    }
  }

  failure(error: unknown, step: LaunchStep, holder?: string): CkeError {
    const { task } = this.#options;
    const { image, network, ip } = task;
    return dockerFailure(error, { step, image, network, ip, container: containerName(task), holder });
  }

  /** Removes the container and its directory; the node's volumes stay for its next container. */
  async discard(): Promise<void> {
    const sole = await this.#ownership.mustOwn();
    await removeContainers(this.#options, this.#instance);
    if (sole) await this.#options.host.removeTree(this.#runDirectory);
  }

  /** After a failure of the launch: removes what `prepare` made, new volumes included. The failure says what is left, which may run. */
  async undo(failure: unknown): Promise<unknown> {
    const { engine, logger } = this.#options;
    try {
      await this.discard();
      for (const name of this.#made.splice(0)) await engine.removeVolume(name);
      return failure;
    } catch (error) {
      logger.warning("a half-made node could not be removed completely", { error });
      return leftBehind(this.failure(failure, this.#step), error);
    }
  }

  /**
   * Stops the container in order and removes it with its run directory; with `data` its volumes and data directories too. Then
   * nothing of this instance is left on this host. Says what became of the data.
   */
  async remove({ data, stopSeconds }: { readonly data: boolean; readonly stopSeconds: number }): Promise<DataFate> {
    const { engine, task } = this.#options;
    // The kill came before this executor had claimed the node. Of this instance it is the executor that was launched last.
    if (this.#ownership.claimed) await this.#ownership.mustOwn();
    else if (await this.#ownership.isOfThisInstance()) await this.#ownership.claim();
    await stopContainers(engine, this.#instance, stopSeconds);
    if (data) {
      await removeContainers(this.#options, this.#instance);
      await removeData(this.#options, this.#instance, task.dockerPath);
    }
    await this.discard();
    return data ? "removed" : "kept";
  }

  async #prepare(report: ReportProgress, signal: AbortSignal): Promise<PreparedContainer> {
    const { engine, identity, log, task } = this.#options;
    report("engine", "");
    const questions = askEngine(engine, task, this.#instance);
    await questions.alive;
    const holder = this.#checkHolder(await questions.holder);
    signal.throwIfAborted();
    // The claim comes first: from then on an executor of another instance does not touch this node's directory.
    await this.#ownership.claim();
    const [present] = await setAside(this.#options, this.#instance);
    const existing = holder !== undefined && instanceOf(holder.labels) === this.#instance.instance ? holder : present;
    signal.throwIfAborted();
    const adoptable = existing?.labels[labelNames.framework] === identity.frameworkId;
    if (existing?.running && adoptable && existing.labels[labelNames.specHash] === specHash(task)) {
      report("container", `adopting container ${existing.id.slice(0, 12)}`);
      log.tell("info", `adopting container ${existing.id.slice(0, 12)} of an earlier executor`);
      await engine.update(existing.id, containerLimits(task)).catch((error: unknown) => {
        log.tell("warning", `the limits of the adopted container could not be set: ${messageOf(error)}`);
      });
      return this.#prepared(existing, true);
    }
    if (existing !== undefined) {
      const what = existing.running ? "replacing a container of another specification" : "removing a dead container";
      report("container", what);
      log.tell("warning", what);
      await engine.remove(existing.id);
    }
    await this.#image(task, questions.image, report, signal);
    await this.#network(task, questions.network, report);
    signal.throwIfAborted();
    report("container", "");
    const create = () => this.#create(questions.volumes, report, signal);
    return this.#prepared(await this.#whenFree(create, signal), false);
  }

  /** `holder`: the container with the node's name. Throws CkeError when it belongs to somebody else. */
  #checkHolder(holder: ContainerInfo | undefined): ContainerInfo | undefined {
    const { identity, task } = this.#options;
    const name = containerName(task);
    // A container under another framework id is taken over only if it does not run: a running one may belong to another scheduler.
    const ofPast = holder?.running === false && isDataOf(identity, this.#instance.instance, holder.labels);
    if (holder !== undefined && !ofPast && !belongsTo(identity, holder.labels)) {
      const framework = holder.labels[labelNames.framework];
      const owner =
        framework === undefined
          ? "is no container of CKE"
          : `belongs to framework ${framework}, cluster ${holder.labels[labelNames.cluster]}, node ${holder.labels[labelNames.node]}`;
      throw new NodeFailure("name_taken", `a container called ${name} exists and ${owner}`, {
        advice: `remove or rename it (docker rm ${name}), or name the cluster differently`,
      });
    }
    return holder;
  }

  async #image(
    { image }: KubeNodeTask,
    present: Questions["image"],
    report: ReportProgress,
    signal: AbortSignal,
  ): Promise<void> {
    const { engine, log } = this.#options;
    report("image", "");
    if (await present) return;
    if (isLocalImage(image)) throw this.failure(new EngineError(`No such image: ${image}`, { status: 404 }), "image");
    report("image", `pulling ${image}`);
    log.tell("info", `pulling image ${image}`);
    await engine.pull(image, (progress) => report("image", describePull(progress)), signal);
  }

  async #network({ network }: KubeNodeTask, found: Questions["network"], report: ReportProgress): Promise<void> {
    if (network === "") return;
    report("network", "");
    if ((await found) !== undefined) return;
    throw this.failure(new EngineError(`network ${network} not found`, { status: 404 }), "network");
  }

  /** An executor before this one may have been killed while Docker made its container, which has the name before it can be seen. */
  async #whenFree(create: () => Promise<ContainerInfo>, signal: AbortSignal): Promise<ContainerInfo> {
    const { clock, engine, task } = this.#options;
    for (let tries = 1; ; tries += 1) {
      try {
        return await create();
      } catch (error) {
        if (tries === nameTaken.tries || this.failure(error, "container").code !== "name_taken") throw error;
        this.#checkHolder(await engine.container(containerName(task)));
      }
      await clock.sleep(nameTaken.pauseMs, signal);
    }
  }

  async #create(found: Questions["volumes"], report: ReportProgress, signal: AbortSignal): Promise<ContainerInfo> {
    const { engine, host, task, onEngineBusy } = this.#options;
    const lxcfs = await lxcfsFiles(host, task.lxcfsPath);
    try {
      const volumes = await found;
      const start = async (privilege: Privilege): Promise<ContainerInfo> => {
        const spec = this.#spec(privilege, lxcfs, volumes);
        await host.removeTree(this.#runDirectory);
        for (const directory of spec.directories) await host.makeDirectory(directory);
        await this.#ownership.claim();
        const missing = spec.volumes.filter((name) => volumes.missing.has(name));
        await makeVolumes(engine, missing, spec.volumeLabels, (name) => this.#made.push(name));
        signal.throwIfAborted();
        const id = await engine.create(spec);
        signal.throwIfAborted();
        await connectUplink(engine, task, id);
        const started = engine.start(id);
        onEngineBusy();
        await started;
        const container = await engine.container(id);
        if (container === undefined)
          throw new NodeFailure("container_removed", "somebody removed the container while it was started");
        return container;
      };
      const first = await this.#privilege.first();
      try {
        return await start(first);
      } catch (error) {
        if (first === "reduced" || !lacksPrivilege(error)) throw error;
        report("container", "this Docker engine has no CAP_SYS_RESOURCE to give: starting without it");
        await removeContainers(this.#options, this.#instance);
        const container = await start("reduced");
        await this.#privilege.learnt("reduced");
        return container;
      }
    } catch (error) {
      throw await this.undo(error);
    }
  }

  #spec(privilege: Privilege, lxcfs: readonly string[], { names, legacy }: NodeVolumes): ContainerSpec {
    const { identity, executorId, task } = this.#options;
    const { dockerPath } = task;
    const dataDirectory =
      dockerPath === "" ? "" : dockerDataDirectory(dockerPath, identity, this.#instance.instance, legacy);
    return containerSpec(task, {
      identity,
      executorId,
      runDirectory: this.#runDirectory,
      privilege,
      lxcfsFiles: lxcfs,
      volumeNames: names,
      dataDirectory,
    });
  }

  #prepared(container: ContainerInfo, adopted: boolean): PreparedContainer {
    return { container, adopted, socketPath: `${this.#runDirectory}/${wrapperSocketName}` };
  }
}
