// A Docker engine in memory for unit tests: keeps containers and volumes, records the calls, fails where it is told to.
import {
  type ContainerInfo,
  type ContainerLimits,
  type ContainerSpec,
  type Engine,
  EngineError,
  type ImageInfo,
  type Labels,
  type NetworkInfo,
  type PullProgress,
  type VolumeInfo,
} from "../docker/engine.ts";

type Operation = keyof Engine;

interface FakeContainer {
  info: ContainerInfo;
  readonly spec: ContainerSpec | undefined;
  readonly exited: PromiseWithResolvers<void>;
}

const matches = (labels: Labels, wanted: Labels) =>
  Object.entries(wanted).every(([name, value]) => labels[name] === value);

export class FakeEngine implements Engine {
  readonly calls: string[] = [];
  /** As "container network address". */
  readonly connections: string[] = [];
  readonly heldImages = new Set<string>();
  readonly heldNetworks = new Map<string, NetworkInfo>();
  readonly held = new Map<string, FakeContainer>();
  readonly heldVolumes = new Map<string, VolumeInfo>();
  output = "";
  /** Words of the registry for every pull; undefined: pulls succeed. */
  readonly #failures: { readonly operation: Operation; readonly error: Error; times: number }[] = [];
  /** Called at the end of `start`, to let the wrapper appear. */
  onStart: (info: ContainerInfo) => void = () => {};
  /** Called at each operation, to act in the middle of a launch. */
  onCall: (operation: Operation) => void | Promise<void> = () => {};
  #count = 0;

  failOn(operation: Operation, error: Error, times = Number.POSITIVE_INFINITY): void {
    this.#failures.push({ operation, error, times });
  }

  /** Puts a container there as if another executor had made it. */
  place(info: Partial<ContainerInfo> & { readonly name: string }): ContainerInfo {
    this.#count += 1;
    const full: ContainerInfo = {
      id: `c${this.#count}`,
      labels: {},
      running: true,
      paused: false,
      exitCode: 0,
      outOfMemory: false,
      removing: false,
      error: "",
      ips: {},
      ...info,
    };
    this.held.set(full.id, { info: full, spec: undefined, exited: Promise.withResolvers() });
    return full;
  }

  /** The container ends by itself. */
  die(id: string, how: Partial<ContainerInfo>): void {
    const container = this.held.get(id);
    if (container === undefined) return;
    container.info = { ...container.info, running: false, ...how };
    container.exited.resolve();
  }

  async ping(): Promise<string> {
    await this.#called("ping");
    return "20.10.24";
  }

  async hasImage(name: string): Promise<boolean> {
    await this.#called("hasImage");
    return this.heldImages.has(name);
  }

  async images(): Promise<readonly ImageInfo[]> {
    await this.#called("images");
    return [...this.heldImages].map((name) => ({ name, id: `sha256:${name}`, labels: {} }));
  }

  async pull(name: string, onProgress: (progress: PullProgress) => void, signal: AbortSignal): Promise<void> {
    await this.#called("pull");
    signal.throwIfAborted();
    onProgress({ layers: 2, layersDone: 1, bytes: 300e6, bytesDone: 120e6 });
    this.heldImages.add(name);
  }

  async networks(): Promise<readonly NetworkInfo[]> {
    await this.#called("networks");
    return [...this.heldNetworks.values()];
  }

  async network(name: string): Promise<NetworkInfo | undefined> {
    await this.#called("network");
    return this.heldNetworks.get(name);
  }

  async containers(labels: Labels): Promise<readonly ContainerInfo[]> {
    await this.#called("containers");
    return [...this.held.values()].map(({ info }) => info).filter((info) => matches(info.labels, labels));
  }

  async container(idOrName: string): Promise<ContainerInfo | undefined> {
    await this.#called("container");
    return [...this.held.values()].find(({ info }) => info.id === idOrName || info.name === idOrName)?.info;
  }

  async create(spec: ContainerSpec): Promise<string> {
    await this.#called("create");
    this.#count += 1;
    const id = `c${this.#count}`;
    const info = {
      id,
      name: spec.name,
      labels: spec.options.Labels ?? {},
      running: false,
      paused: false,
      exitCode: 0,
      outOfMemory: false,
      removing: false,
      error: "",
      ips: {},
    };
    this.held.set(id, { info, spec, exited: Promise.withResolvers() });
    return id;
  }

  async connect(id: string, network: string, ip: string): Promise<void> {
    await this.#called("connect");
    this.connections.push(`${id} ${network} ${ip}`);
  }

  async start(id: string): Promise<void> {
    await this.#called("start");
    const container = this.held.get(id);
    if (container === undefined) throw new EngineError(`No such container: ${id}`, { status: 404 });
    const network = container.spec?.options.HostConfig?.NetworkMode ?? "bridge";
    const ip =
      container.spec?.options.NetworkingConfig?.EndpointsConfig?.[network]?.IPAMConfig?.IPv4Address ?? "172.17.0.2";
    container.info = { ...container.info, running: true, ips: { [network]: ip } };
    this.onStart(container.info);
  }

  async update(_id: string, _limits: ContainerLimits): Promise<void> {
    await this.#called("update");
  }

  async wait(id: string, signal: AbortSignal): Promise<void> {
    await this.#called("wait");
    signal.throwIfAborted();
    const aborted = new Promise<void>((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(new EngineError("aborted")), { once: true });
    });
    await Promise.race([this.held.get(id)?.exited.promise, aborted]);
  }

  async logs(): Promise<string> {
    await this.#called("logs");
    return this.output;
  }

  async stop(id: string): Promise<void> {
    await this.#called("stop");
    this.die(id, { exitCode: 143 });
  }

  async remove(id: string): Promise<void> {
    await this.#called("remove");
    this.held.get(id)?.exited.resolve();
    this.held.delete(id);
  }

  async volume(name: string): Promise<VolumeInfo | undefined> {
    await this.#called("volume");
    return this.heldVolumes.get(name);
  }

  async volumes(labels: Labels): Promise<readonly VolumeInfo[]> {
    await this.#called("volumes");
    return [...this.heldVolumes.values()].filter((volume) => matches(volume.labels, labels));
  }

  async createVolume(name: string, labels: Labels): Promise<void> {
    await this.#called("createVolume");
    this.heldVolumes.set(name, { name, labels });
  }

  async removeVolume(name: string): Promise<void> {
    await this.#called("removeVolume");
    this.heldVolumes.delete(name);
  }

  async #called(operation: Operation): Promise<void> {
    this.calls.push(operation);
    await this.onCall(operation);
    const failure = this.#failures.find((candidate) => candidate.operation === operation && candidate.times > 0);
    if (failure === undefined) return;
    failure.times -= 1;
    throw failure.error;
  }
}
