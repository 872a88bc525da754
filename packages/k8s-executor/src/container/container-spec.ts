// Turns a KubeNodeTask into the container that Docker is asked to make. Pure. The unusual settings have a reason: a KubeNode runs
// its own container runtime, cgroups and network rules, so it needs (nearly) all privileges and a private cgroup name space.
import { gatewayTypeOf, isConsole, type KubeNodeTask, type PublishedPort, type Volume } from "@cke/protocol";
import type { MountSettings } from "dockerode";
import type { ContainerLimits, ContainerSpec } from "../docker/engine.ts";
import {
  derivedVolumeName,
  identityLabels,
  instanceLabel,
  labelNames,
  type NodeIdentity,
  wrapperDirectory,
  wrapperSocketName,
} from "../docker/node-identity.ts";
import { NodeFailure } from "../reports/node-failure.ts";
import type { AskedVolume, VolumeNames } from "./node-volumes.ts";
import { specHash } from "./spec-hash.ts";

/**
 * `full`: Docker's --privileged. `reduced`: every capability but CAP_SYS_RESOURCE, for engines that cannot give it
 * ("unable to apply caps: operation not permitted"), with everything else that --privileged would open.
 */
export type Privilege = "full" | "reduced";

export interface ContainerSpecContext {
  readonly identity: NodeIdentity;
  readonly executorId: string;
  /** Host directory of the wrapper's socket. */
  readonly runDirectory: string;
  readonly privilege: Privilege;
  /** Files below `lxcfsPath` that exist on this host, relative to it. */
  readonly lxcfsFiles: readonly string[];
  /** By the name that the task asks for (see `askedVolumes`). */
  readonly volumeNames: VolumeNames;
  /** Host directory of the node's Docker; "" when its data is in a volume. */
  readonly dataDirectory: string;
}

const dockerDataPath = "/var/lib/docker";
const stopTimeoutSeconds = 30;

/** Docker's CPU settings: shares always, a CFS quota when asked. 1000 milli-CPU = 1024 shares = 100 ms of each 100 ms. */
export function containerLimits(task: Pick<KubeNodeTask, "cpuMillis" | "memoryBytes" | "cfsQuota">): ContainerLimits {
  const period = 100_000;
  return {
    CpuShares: task.cpuMillis === 0 ? 0 : Math.max(2, Math.round((task.cpuMillis * 1024) / 1000)),
    CpuPeriod: task.cfsQuota && task.cpuMillis > 0 ? period : 0,
    CpuQuota: task.cfsQuota && task.cpuMillis > 0 ? Math.max(1000, (task.cpuMillis * period) / 1000) : 0,
    Memory: task.memoryBytes,
    // Memory and swap together are limited to the memory limit, so the container gets no swap.
    MemorySwap: task.memoryBytes,
  };
}

function plannedVolumes(task: KubeNodeTask): readonly Volume[] {
  // With `-k8s_docker_path` the data is there, in place of the volume that `cke.conf` has for it.
  if (task.dockerPath !== "") return task.volumes.filter(({ path }) => path !== dockerDataPath);
  const covered = task.volumes.some((volume) => volume.path === dockerDataPath);
  // overlay2 does not work on the container's own overlay file system, so Docker's data is always on a volume.
  if (covered || isConsole(task.nodeType) || gatewayTypeOf(task.nodeType) !== undefined) return task.volumes;
  return [...task.volumes, { path: dockerDataPath, dockerVolume: "", hostPath: "", readOnly: false }];
}

function askedName(identity: NodeIdentity, { dockerVolume, path }: Volume): string {
  return dockerVolume === "" ? derivedVolumeName(identity, path) : dockerVolume;
}

/** The named volumes that a task asks for. Their names on a host may differ (`ContainerSpecContext.volumeNames`). */
export function askedVolumes(task: KubeNodeTask, identity: NodeIdentity): readonly AskedVolume[] {
  return plannedVolumes(task)
    .filter(({ hostPath }) => hostPath === "")
    .map((volume) => ({ name: askedName(identity, volume), derived: volume.dockerVolume === "" }));
}

function mounts(task: KubeNodeTask, context: ContainerSpecContext): readonly MountSettings[] {
  const bind = (source: string, target: string, readOnly = false): MountSettings => ({
    Type: "bind",
    Source: source,
    Target: target,
    ReadOnly: readOnly,
  });
  const data = context.dataDirectory === "" ? [] : [bind(context.dataDirectory, dockerDataPath)];
  return [
    bind(context.runDirectory, wrapperDirectory),
    ...data,
    ...context.lxcfsFiles.map((file) => bind(`${task.lxcfsPath}/${file}`, `/${file}`)),
    ...plannedVolumes(task).map((volume): MountSettings => {
      if (volume.hostPath !== "") return bind(volume.hostPath, volume.path, volume.readOnly);
      const asked = askedName(context.identity, volume);
      return {
        Type: "volume",
        Source: context.volumeNames.get(asked) ?? asked,
        Target: volume.path,
        ReadOnly: volume.readOnly,
      };
    }),
  ];
}

function privileges(privilege: Privilege) {
  if (privilege === "full") return { Privileged: true };
  return {
    Privileged: false,
    CapAdd: ["ALL"],
    CapDrop: ["SYS_RESOURCE"],
    SecurityOpt: ["seccomp=unconfined", "apparmor=unconfined"],
    // What the command line calls systempaths=unconfined.
    MaskedPaths: [],
    ReadonlyPaths: [],
    DeviceCgroupRules: ["a *:* rwm"],
  };
}

// Also on cgroup v1: the node then sees itself at the root of every hierarchy, as the kubelet and runc expect.
const ownCgroups = { CgroupnsMode: "private" } as const;

function environment(task: KubeNodeTask): readonly string[] {
  const values = new Map<string, string>();
  if (task.registryDomain !== "") values.set("DOCKER_REGISTRY", task.registryDomain);
  // lxcfs cannot change which CPUs the kernel lets a program run on, and by them nproc counts. It heeds this variable (as OpenMP does).
  if (task.lxcfsPath !== "" && task.cfsQuota && task.cpuMillis > 0)
    values.set("OMP_THREAD_LIMIT", String(Math.ceil(task.cpuMillis / 1000)));
  for (const { name, value } of task.environment) values.set(name, value);
  values.set("CKE_CLUSTER", task.cluster);
  values.set("CKE_NODE", task.node);
  values.set("CKE_WRAPPER_SOCKET", `${wrapperDirectory}/${wrapperSocketName}`);
  return [...values].map(([name, value]) => `${name}=${value}`);
}

function tmpfs(entries: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    entries.map((entry) => {
      const colon = entry.indexOf(":");
      return colon < 0 ? [entry, ""] : [entry.slice(0, colon), entry.slice(colon + 1)];
    }),
  );
}

const portKey = (port: PublishedPort) => `${port.containerPort}/${port.protocol === "" ? "tcp" : port.protocol}`;

function portBindings(ports: readonly PublishedPort[]) {
  const bindings: Record<string, { HostPort: string; HostIp?: string }[]> = {};
  for (const port of ports) {
    const list = bindings[portKey(port)] ?? [];
    list.push({ HostPort: String(port.hostPort), ...(port.hostIp === "" ? {} : { HostIp: port.hostIp }) });
    bindings[portKey(port)] = list;
  }
  return bindings;
}

function endpoint(ip: string) {
  if (ip === "") return {};
  return { IPAMConfig: ip.includes(":") ? { IPv6Address: ip } : { IPv4Address: ip } };
}

/** Throws NodeFailure `invalid_node` for a task that no host can run. */
export function containerSpec(task: KubeNodeTask, context: ContainerSpecContext): ContainerSpec {
  if (task.image === "") throw new NodeFailure("invalid_node", `node ${task.node} names no image`);
  if (task.ip !== "" && task.network === "") {
    throw new NodeFailure("invalid_node", `node ${task.node} asks for address ${task.ip} but names no Docker network`, {
      advice: "static addresses need a network with a subnet",
    });
  }
  const data = context.dataDirectory === "" ? {} : { [labelNames.dataDirectory]: context.dataDirectory };
  const labels = {
    ...task.labels,
    ...identityLabels(context.identity),
    ...data,
    [labelNames.incarnation]: task.incarnation,
    [labelNames.executor]: context.executorId,
    [labelNames.specHash]: specHash(task),
  };
  return {
    name: `cke-${task.cluster}-${task.node}`,
    volumes: askedVolumes(task, context.identity).map(({ name }) => context.volumeNames.get(name) ?? name),
    volumeLabels: { ...identityLabels(context.identity), ...instanceLabel(task), ...data },
    directories: [context.runDirectory, ...(context.dataDirectory === "" ? [] : [context.dataDirectory])],
    options: {
      Image: task.image,
      Hostname: task.hostname === "" ? task.node : task.hostname,
      Env: [...environment(task)],
      Labels: labels,
      ExposedPorts: Object.fromEntries(task.ports.map((port) => [portKey(port), {}])),
      StopSignal: "SIGTERM",
      StopTimeout: stopTimeoutSeconds,
      HostConfig: {
        ...privileges(context.privilege),
        ...containerLimits(task),
        ...ownCgroups,
        NetworkMode: task.network === "" ? "bridge" : task.network,
        ExtraHosts: task.hosts.map(({ name, ip }) => `${name}:${ip}`),
        PortBindings: portBindings(task.ports),
        Mounts: [...mounts(task, context)],
        Tmpfs: tmpfs(task.tmpfs),
        RestartPolicy: { Name: "no" },
        LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } },
      },
      ...(task.network === "" ? {} : { NetworkingConfig: { EndpointsConfig: { [task.network]: endpoint(task.ip) } } }),
    },
  };
}
