// The Engine over dockerode. dockerode is loaded on the first use, so that `-version` stays fast. Answers are validated before they
// are used; failures become EngineErrors with Docker's own words.

import { withTimeout } from "@cke/foundation";
import type Docker from "dockerode";
import * as z from "zod";
import { engineError, wasCut } from "./dockerode-error.ts";
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
} from "./engine.ts";
import {
  containerSchema,
  imagesSchema,
  listSchema,
  networkInfo,
  networkSchema,
  volumeInfo,
  volumeSchema,
  withoutFrames,
} from "./engine-answers.ts";
import { type EngineTimeouts, whileEngineAnswers } from "./engine-timeouts.ts";
import { pullImage } from "./image-pull.ts";
import { labelNames } from "./node-identity.ts";

/** Slow hosts need long to make or remove a container. As long as the engine answers pings, it gets the time. */
const defaultTimeouts: EngineTimeouts = { answerMs: 60_000, longestMs: 1_800_000 };
const defaultStallMs = 120_000;

export interface DockerodeEngineOptions {
  readonly timeouts?: EngineTimeouts;
  /** A pull without progress for this long is a failure, in ms; default 120 s. */
  readonly stallMs?: number;
}

export class DockerodeEngine implements Engine {
  readonly #options: DockerodeEngineOptions;
  #docker: Promise<Docker> | undefined;

  constructor(options: DockerodeEngineOptions = {}) {
    this.#options = options;
  }

  async ping(): Promise<string> {
    const { Version } = await this.#read((docker) => docker.version());
    return Version;
  }

  async hasImage(name: string): Promise<boolean> {
    return (await this.#find((docker) => docker.getImage(name).inspect())) !== undefined;
  }

  async pull(name: string, onProgress: (progress: PullProgress) => void, signal: AbortSignal): Promise<void> {
    const open = (ends: AbortSignal) =>
      this.#ask((docker) => docker.pull(name, { abortSignal: ends }), { signal: ends });
    try {
      await pullImage(open, { name, onProgress, signal, stallMs: this.#options.stallMs ?? defaultStallMs });
    } catch (error) {
      throw engineError(error);
    }
  }

  async network(name: string): Promise<NetworkInfo | undefined> {
    const found = await this.#find((docker) => docker.getNetwork(name).inspect());
    if (found === undefined) return undefined;
    return networkInfo(networkSchema.parse(found));
  }

  async networks(): Promise<readonly NetworkInfo[]> {
    const found = await this.#read((docker) => docker.listNetworks());
    return z.array(networkSchema).parse(found).map(networkInfo);
  }

  async images(): Promise<readonly ImageInfo[]> {
    const found = await this.#read((docker) => docker.listImages());
    return imagesSchema
      .parse(found)
      .flatMap(({ Id, RepoTags, Labels }) =>
        (RepoTags ?? [])
          .filter((name) => !name.startsWith("<none>"))
          .map((name) => ({ name, id: Id, labels: Labels ?? {} })),
      );
  }

  async containers(labels: Labels): Promise<readonly ContainerInfo[]> {
    const found = await this.#read((docker) =>
      docker.listContainers({ all: true, filters: { label: labelFilter(labels) } }),
    );
    const containers = await Promise.all(listSchema.parse(found).map(({ Id }) => this.container(Id)));
    return containers.filter((container) => container !== undefined);
  }

  async container(idOrName: string): Promise<ContainerInfo | undefined> {
    const found = await this.#find((docker) => docker.getContainer(idOrName).inspect());
    if (found === undefined) return undefined;
    const { Id, Name, Config, State, NetworkSettings } = containerSchema.parse(found);
    const networks = Object.entries(NetworkSettings.Networks ?? {});
    return {
      id: Id,
      name: Name.replace(/^\//, ""),
      labels: Config.Labels ?? {},
      running: State.Running,
      paused: State.Paused,
      exitCode: State.ExitCode,
      outOfMemory: State.OOMKilled,
      removing: State.Status === "removing" || State.Status === "dead",
      error: State.Error ?? "",
      ips: Object.fromEntries(networks.map(([network, { IPAddress }]) => [network, IPAddress ?? ""])),
    };
  }

  async create(spec: ContainerSpec): Promise<string> {
    const create = (docker: Docker) => docker.createContainer({ name: spec.name, ...spec.options });
    try {
      return (await this.#ask(create)).id;
    } catch (error) {
      if (!wasCut(error)) throw error;
      // The engine may have made the container all the same. Then the container has the label of this executor.
      const made = await this.container(spec.name);
      const executor = made?.labels[labelNames.executor];
      if (made !== undefined && executor === spec.options.Labels?.[labelNames.executor]) return made.id;
      return (await this.#ask(create)).id;
    }
  }

  async connect(id: string, network: string, ip: string): Promise<void> {
    const options = { Container: id, EndpointConfig: { IPAMConfig: { IPv4Address: ip } } };
    await this.#ask((docker) => docker.getNetwork(network).connect(options));
  }

  async start(id: string): Promise<void> {
    // The engine answers 304 for a container that runs already.
    const start = async (docker: Docker): Promise<true> => {
      await docker.getContainer(id).start();
      return true;
    };
    try {
      await this.#read(start);
    } catch (error) {
      if (!(error instanceof EngineError && error.status === 304)) throw error;
    }
  }

  async update(id: string, limits: ContainerLimits): Promise<void> {
    await this.#read((docker) => docker.getContainer(id).update({ ...limits }));
  }

  async wait(id: string, signal: AbortSignal): Promise<void> {
    await this.#ask((docker) => docker.getContainer(id).wait({ condition: "not-running", abortSignal: signal }), {
      signal,
    });
  }

  async logs(id: string, lines: number): Promise<string> {
    const output = await this.#read((docker) =>
      docker.getContainer(id).logs({ follow: false, stdout: true, stderr: true, tail: lines }),
    );
    return withoutFrames(output);
  }

  async stop(id: string, seconds: number): Promise<void> {
    await this.#find((docker) => docker.getContainer(id).stop({ t: seconds }), 304);
  }

  async remove(id: string): Promise<void> {
    await this.#find((docker) => docker.getContainer(id).remove({ force: true, v: true }));
  }

  async volume(name: string): Promise<VolumeInfo | undefined> {
    const found = await this.#find((docker) => docker.getVolume(name).inspect());
    return found === undefined ? undefined : volumeInfo(volumeSchema.parse(found));
  }

  async volumes(labels: Labels): Promise<readonly VolumeInfo[]> {
    const found = await this.#read((docker) => docker.listVolumes({ filters: { label: labelFilter(labels) } }));
    return z
      .array(volumeSchema)
      .parse(found.Volumes ?? [])
      .map(volumeInfo);
  }

  async createVolume(name: string, labels: Labels): Promise<void> {
    await this.#read((docker) => docker.createVolume({ Name: name, Labels: { ...labels } }));
  }

  async removeVolume(name: string): Promise<void> {
    await this.#find((docker) => docker.getVolume(name).remove());
  }

  /** With a signal it ends when the signal is aborted; without one it ends when the engine does not answer any more. */
  async #ask<T>(request: (docker: Docker) => Promise<T>, options: { readonly signal?: AbortSignal } = {}): Promise<T> {
    // dockerode reads DOCKER_HOST itself: a UNIX socket by default, or tcp with or without TLS.
    this.#docker ??= import("dockerode").then(({ default: Dockerode }) => new Dockerode());
    const { signal } = options;
    const late = () => new EngineError("the engine gave no answer", { code: "ETIMEDOUT" });
    try {
      const docker = await this.#docker;
      const answer = request(docker);
      if (signal !== undefined) return await withTimeout(answer, { signal, late });
      return await whileEngineAnswers(answer, () => docker.ping(), late, this.#options.timeouts ?? defaultTimeouts);
    } catch (error) {
      throw engineError(error);
    }
  }

  /** For requests that may be sent twice: it is sent once more after a broken connection. */
  async #read<T>(request: (docker: Docker) => Promise<T>): Promise<T> {
    try {
      return await this.#ask(request);
    } catch (error) {
      if (!wasCut(error)) throw error;
      return this.#ask(request);
    }
  }

  /** Like `#read`; undefined for "not found", and for `also`, a status that means that there is nothing to do. */
  async #find<T>(request: (docker: Docker) => Promise<T>, also = 404): Promise<T | undefined> {
    try {
      return await this.#read(request);
    } catch (error) {
      if (error instanceof EngineError && (error.status === 404 || error.status === also)) return undefined;
      throw error;
    }
  }
}

function labelFilter(labels: Labels): string[] {
  return Object.entries(labels).map(([name, value]) => `${name}=${value}`);
}
