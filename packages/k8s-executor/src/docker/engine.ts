// The calls that the executor makes to a Docker engine. `dockerode-engine.ts` makes them; tests have an engine in memory. Every
// method throws EngineError, with Docker's own words, when the engine refuses or does not answer.
import { boundedText } from "@cke/foundation";
import type { ContainerCreateOptions } from "dockerode";

/** Docker passes on the words of registries and plugins, which can be whole pages: they are cut to this length. */
const maxWordsBytes = 2_000;

/** A failed request: `status` is the HTTP status of the engine's answer, 0 when it did not answer. */
export class EngineError extends Error {
  readonly status: number;
  /** ECONNREFUSED, ENOENT, EACCES … when the engine did not answer. */
  readonly code: string;

  constructor(message: string, options: { status?: number; code?: string; cause?: unknown } = {}) {
    super(boundedText(message, { maxBytes: maxWordsBytes }), { cause: options.cause });
    this.name = "EngineError";
    this.status = options.status ?? 0;
    this.code = options.code ?? "";
  }
}

export type Labels = Readonly<Record<string, string>>;

export interface ContainerInfo {
  readonly id: string;
  readonly name: string;
  readonly labels: Labels;
  readonly running: boolean;
  /** It runs, but is frozen (docker pause). */
  readonly paused: boolean;
  readonly exitCode: number;
  /** The kernel has ended a process in it because of the memory limit. */
  readonly outOfMemory: boolean;
  /** A removal has begun and may have failed. */
  readonly removing: boolean;
  /** Docker's own words on why it could not be started. */
  readonly error: string;
  readonly ips: Readonly<Record<string, string>>;
}

export interface AddressRange {
  readonly subnet: string;
  /** "" when the network has none. */
  readonly gateway: string;
}

export interface NetworkInfo {
  readonly name: string;
  readonly driver: string;
  /** local, swarm, global */
  readonly scope: string;
  readonly ranges: readonly AddressRange[];
  /** Containers on this host by their address; empty in a list of networks. */
  readonly holders: ReadonlyMap<string, string>;
}

export interface ImageInfo {
  /** `repository:tag`; one of several. */
  readonly name: string;
  readonly id: string;
  readonly labels: Labels;
}

export interface VolumeInfo {
  readonly name: string;
  readonly labels: Labels;
}

export interface PullProgress {
  readonly layersDone: number;
  readonly layers: number;
  readonly bytesDone: number;
  readonly bytes: number;
}

/** A container that is to be created, in Docker's terms. */
export interface ContainerSpec {
  readonly name: string;
  readonly options: ContainerCreateOptions;
  /** Named volumes that must exist before the container is made. */
  readonly volumes: readonly string[];
  /** Labels of the volumes. */
  readonly volumeLabels: Labels;
  /** Host directories that must exist before the container is made. */
  readonly directories: readonly string[];
}

/** Limits of a container, in Docker's terms; 0 is "no limit". */
export interface ContainerLimits {
  readonly CpuShares: number;
  readonly CpuPeriod: number;
  readonly CpuQuota: number;
  readonly Memory: number;
  readonly MemorySwap: number;
}

export interface Engine {
  /** Version of the engine. */
  ping(): Promise<string>;
  hasImage(name: string): Promise<boolean>;
  /** All that have a name, once for each of their names. */
  images(): Promise<readonly ImageInfo[]>;
  pull(name: string, onProgress: (progress: PullProgress) => void, signal: AbortSignal): Promise<void>;
  network(name: string): Promise<NetworkInfo | undefined>;
  networks(): Promise<readonly NetworkInfo[]>;
  /** All containers, running or not, that have these labels. */
  containers(labels: Labels): Promise<readonly ContainerInfo[]>;
  /** By id or name. */
  container(idOrName: string): Promise<ContainerInfo | undefined>;
  create(spec: ContainerSpec): Promise<string>;
  /** Puts a container that does not run yet into a further network, with this address there. */
  connect(id: string, network: string, ip: string): Promise<void>;
  start(id: string): Promise<void>;
  update(id: string, limits: ContainerLimits): Promise<void>;
  /** Resolves when the container does not run (any more). */
  wait(id: string, signal: AbortSignal): Promise<void>;
  /** Last lines of stdout and stderr. */
  logs(id: string, lines: number): Promise<string>;
  /** SIGTERM, then SIGKILL after the given seconds; a stopped or absent container is fine. */
  stop(id: string, seconds: number): Promise<void>;
  /** Kills if need be; anonymous volumes go too; an absent container is fine. */
  remove(id: string): Promise<void>;
  volume(name: string): Promise<VolumeInfo | undefined>;
  volumes(labels: Labels): Promise<readonly VolumeInfo[]>;
  createVolume(name: string, labels: Labels): Promise<void>;
  /** An absent volume is fine. */
  removeVolume(name: string): Promise<void>;
}
