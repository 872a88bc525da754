// The container of one KubeNode: adopted when a living one is what is wanted, created otherwise. A creation that fails or
// is aborted removes what it made, and only that.
import { CkeError, type Logger, messageOf } from "@cke/foundation";
import type { KubeNodeTask } from "@cke/protocol";
import {
  type ContainerPlan,
  containerLimits,
  lxcfsFileNames,
  type Privilege,
  planContainer,
} from "./container-plan.ts";
import { dockerFailure, lacksPrivilege } from "./docker-failure.ts";
import type { ContainerInfo, Engine } from "./engine.ts";
import type { Host } from "./host.ts";
import type { LaunchStep } from "./launch-step.ts";
import {
  belongsTo,
  containerName,
  dockerDataDirectory,
  identityLabels,
  instanceLabel,
  labelNames,
  type NodeIdentity,
  ofOtherLife,
  runDirectory,
  wrapperSocketName,
} from "./node-identity.ts";
import type { NodeLogger } from "./node-logger.ts";
import { removeContainers, removeFormerLife, removeVolumes } from "./node-removal.ts";
import type { DataFate } from "./node-report.ts";
import { ensureVolumes } from "./node-volumes.ts";
import { PrivilegeMemory } from "./privilege.ts";
import { describePull } from "./pull-progress.ts";
import { specHash } from "./spec-hash.ts";

export type ReportProgress = (step: LaunchStep, detail: string) => void;

export interface NodeContainerOptions {
  readonly engine: Engine;
  readonly host: Host;
  readonly log: NodeLogger;
  readonly logger: Logger;
  readonly identity: NodeIdentity;
  readonly executorId: string;
  /** CKE_RUN_DIR. */
  readonly runBase: string;
}

export interface PreparedContainer {
  readonly container: ContainerInfo;
  readonly adopted: boolean;
  /** Host path of the wrapper's socket. */
  readonly socketPath: string;
}

export class NodeContainer {
  readonly #options: NodeContainerOptions;
  readonly #privilege: PrivilegeMemory;
  readonly #runDirectory: string;
  /** Volumes that this launch has made. */
  readonly #made: string[] = [];
  #step: LaunchStep = "engine";
  #dockerPath = "";
  #instance = "";
  #claimed = false;

  constructor(options: NodeContainerOptions) {
    this.#options = options;
    this.#runDirectory = runDirectory(options.runBase, options.identity);
    this.#privilege = new PrivilegeMemory(options.host, options.runBase);
  }

  /** Throws CkeError in an operator's words; the signal's reason when aborted. */
  async prepare(task: KubeNodeTask, report: ReportProgress, signal: AbortSignal): Promise<PreparedContainer> {
    this.#dockerPath = task.dockerPath;
    this.#instance = task.labels[labelNames.instance] ?? "";
    try {
      return await this.#prepare(
        task,
        (step, detail) => {
          this.#step = step;
          report(step, detail);
        },
        signal,
      );
    } catch (error) {
      signal.throwIfAborted();
      throw this.failure(error, task, this.#step);
    }
  }

  failure(error: unknown, task: KubeNodeTask, step: LaunchStep): CkeError {
    const { image, network, ip } = task;
    return dockerFailure(error, { step, image, network, ip, container: containerName(task) });
  }

  /** Removes the container and its directory; the node's volumes stay for its next container. */
  async discard(): Promise<void> {
    await this.#mustOwn();
    await removeContainers(this.#options, this.#options.identity);
    await this.#options.host.removeTree(this.#runDirectory);
  }

  /** Removes what `prepare` made, new volumes included, after a later step of the launch failed. */
  async undo(): Promise<void> {
    const { engine, host, identity, logger } = this.#options;
    try {
      await this.#mustOwn();
      await removeContainers(this.#options, identity);
      for (const name of this.#made.splice(0)) await engine.removeVolume(name);
      await host.removeTree(this.#runDirectory);
    } catch (error) {
      // Trouble while undoing must not hide why it was needed.
      logger.warning("a half-made node could not be removed completely", { error });
    }
  }

  /**
   * Stops the container in order and removes it with its directory; with `data` volumes and data directories too: nothing is
   * left on this host. What became of the data.
   */
  async remove({ data, stopSeconds }: { readonly data: boolean; readonly stopSeconds: number }): Promise<DataFate> {
    const { engine, host, identity } = this.#options;
    // A kill that comes before the first claim: this executor was launched last, whoever's name is still there.
    await (this.#claimed ? this.#mustOwn() : this.#claim());
    for (const { id, labels, running } of await engine.containers(identityLabels(identity))) {
      if (running && !ofOtherLife(this.#instance, labels)) await engine.stop(id, stopSeconds);
    }
    await removeContainers(this.#options, identity, this.#instance);
    if (data) {
      await removeVolumes(this.#options, identity, this.#instance);
      if (this.#dockerPath !== "") await host.removeTree(dockerDataDirectory(this.#dockerPath, identity));
    }
    await host.removeTree(this.#runDirectory);
    return data ? "removed" : "kept";
  }

  async #prepare(task: KubeNodeTask, report: ReportProgress, signal: AbortSignal): Promise<PreparedContainer> {
    const { engine, identity, log } = this.#options;
    report("engine", "");
    await engine.ping();
    await removeFormerLife(this.#options, identity, task);
    const existing = await this.#existing(task);
    signal.throwIfAborted();
    await this.#claim();
    if (existing?.running && existing.labels[labelNames.specHash] === specHash(task)) {
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
      await removeContainers(this.#options, identity);
    }
    await this.#image(task, report, signal);
    await this.#network(task, report);
    signal.throwIfAborted();
    report("container", "");
    return this.#prepared(await this.#create(task, report, signal), false);
  }

  async #existing(task: KubeNodeTask): Promise<ContainerInfo | undefined> {
    const { engine, identity } = this.#options;
    const name = containerName(task);
    const holder = await engine.container(name);
    if (holder !== undefined && !belongsTo(identity, holder.labels)) {
      const framework = holder.labels[labelNames.framework];
      const owner =
        framework === undefined
          ? "is no container of CKE"
          : `belongs to framework ${framework}, cluster ${holder.labels[labelNames.cluster]}, node ${holder.labels[labelNames.node]}`;
      throw new CkeError(
        "name_taken",
        `a container called ${name} exists and ${owner}: remove or rename it (docker rm ${name}), or name the cluster differently`,
      );
    }
    return holder ?? (await engine.containers(identityLabels(identity)))[0];
  }

  async #image({ image }: KubeNodeTask, report: ReportProgress, signal: AbortSignal): Promise<void> {
    const { engine, log } = this.#options;
    report("image", "");
    if (await engine.hasImage(image)) return;
    report("image", `pulling ${image}`);
    log.tell("info", `pulling image ${image}`);
    await engine.pull(image, (progress) => report("image", describePull(progress)), signal);
  }

  async #network({ network }: KubeNodeTask, report: ReportProgress): Promise<void> {
    if (network === "") return;
    report("network", "");
    if ((await this.#options.engine.network(network)) !== undefined) return;
    throw new CkeError(
      "network_missing",
      `Docker network ${network} does not exist on this host: create it (docker network create --subnet <subnet> ${network}) or name another network`,
    );
  }

  async #create(task: KubeNodeTask, report: ReportProgress, signal: AbortSignal): Promise<ContainerInfo> {
    const { engine, host, identity } = this.#options;
    const lxcfsFiles = await this.#lxcfsFiles(task);
    try {
      const start = async (privilege: Privilege): Promise<ContainerInfo> => {
        const plan = this.#plan(task, privilege, lxcfsFiles);
        await host.removeTree(this.#runDirectory);
        for (const directory of plan.directories) await host.makeDirectory(directory);
        await this.#claim();
        const labels = { ...identityLabels(identity), ...instanceLabel(task) };
        await ensureVolumes(engine, plan, identity, labels, (name) => this.#made.push(name));
        signal.throwIfAborted();
        const id = await engine.create(plan);
        signal.throwIfAborted();
        await engine.start(id);
        const container = await engine.container(id);
        if (container === undefined)
          throw new CkeError("container_gone", "the container vanished while it was started");
        return container;
      };
      const first = await this.#privilege.first();
      try {
        return await start(first);
      } catch (error) {
        if (first === "reduced" || !lacksPrivilege(error)) throw error;
        report("container", "this Docker engine has no CAP_SYS_RESOURCE to give: starting without it");
        await removeContainers(this.#options, this.#options.identity);
        const container = await start("reduced");
        await this.#privilege.learnt("reduced");
        return container;
      }
    } catch (error) {
      await this.undo();
      throw error;
    }
  }

  #plan(task: KubeNodeTask, privilege: Privilege, lxcfsFiles: readonly string[]): ContainerPlan {
    const { identity, executorId } = this.#options;
    return planContainer(task, { identity, executorId, runDirectory: this.#runDirectory, privilege, lxcfsFiles });
  }

  async #lxcfsFiles({ lxcfsPath }: KubeNodeTask): Promise<readonly string[]> {
    if (lxcfsPath === "") return [];
    const found: string[] = [];
    for (const file of lxcfsFileNames) if (await this.#options.host.exists(`${lxcfsPath}/${file}`)) found.push(file);
    if (found.length > 0) return found;
    throw new CkeError(
      "lxcfs_missing",
      `lxcfs is not mounted at ${lxcfsPath} on this host: start it there (lxcfs ${lxcfsPath}), or start the scheduler without -k8s_lxcfs`,
    );
  }

  #prepared(container: ContainerInfo, adopted: boolean): PreparedContainer {
    return { container, adopted, socketPath: `${this.#runDirectory}/${wrapperSocketName}` };
  }

  /** From here on this executor, and no earlier incarnation that may still run, decides about the node. */
  async #claim(): Promise<void> {
    await this.#options.host.writeText(this.#ownerFile(), this.#options.executorId);
    this.#claimed = true;
  }

  async #mustOwn(): Promise<void> {
    const owner = await this.#options.host.readText(this.#ownerFile());
    if (owner === undefined || owner === this.#options.executorId) return;
    throw new CkeError("taken_over", `executor ${owner} has taken this node over: nothing is removed`);
  }

  #ownerFile(): string {
    return `${this.#runDirectory}/owner`;
  }
}
