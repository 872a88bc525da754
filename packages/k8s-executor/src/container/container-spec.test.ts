// What a node's task becomes in Docker's terms.
import type { KubeNodeTaskInit } from "@cke/protocol";
import { describe, expect, test } from "vitest";
import { nodeTask } from "../testing/launches.ts";
import { askedVolumes, type ContainerSpecContext, containerLimits, containerSpec } from "./container-spec.ts";

const context: ContainerSpecContext = {
  identity: { frameworkId: "f", cluster: "c", node: "n" },
  executorId: "cke.c.n.1",
  runDirectory: "/run/cke/0123",
  privilege: "full",
  lxcfsFiles: [],
  volumeNames: new Map(),
  dataDirectory: "",
};

const spec = (init: KubeNodeTaskInit = {}, extra: Partial<ContainerSpecContext> = {}) =>
  containerSpec(nodeTask(init), { ...context, ...extra });
const host = (init: KubeNodeTaskInit = {}, extra: Partial<ContainerSpecContext> = {}) =>
  spec(init, extra).options.HostConfig;

describe("container spec", () => {
  test("names, labels, network and address", () => {
    const { name, options } = spec({ labels: { "cke.kind": "x", "cke.cluster": "forged" }, hostname: "master-0" });
    expect(name).toBe("cke-c-n");
    expect(options.Hostname).toBe("master-0");
    expect(options.Labels).toMatchObject({
      "cke.framework": "f",
      "cke.cluster": "c",
      "cke.node": "n",
      "cke.incarnation": "1",
      "cke.executor": "cke.c.n.1",
      "cke.kind": "x",
      "cke.spec-hash": expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(options.NetworkingConfig).toEqual({
      EndpointsConfig: { net: { IPAMConfig: { IPv4Address: "192.168.0.80" } } },
    });
    expect(options.HostConfig).toMatchObject({
      NetworkMode: "net",
      CgroupnsMode: "private",
      RestartPolicy: { Name: "no" },
    });
  });

  test("without a network: Docker's bridge, and a fixed address is refused in words", () => {
    const { options } = spec({ network: "", ip: "" });
    expect(options.HostConfig?.NetworkMode).toBe("bridge");
    expect(options.NetworkingConfig).toBeUndefined();
    expect(() => spec({ network: "" })).toThrow(/static addresses need a network with a subnet/);
    expect(() => spec({ image: "" })).toThrow(/names no image/);
  });

  test("an IPv6 address is one", () => {
    expect(spec({ ip: "fd00::5" }).options.NetworkingConfig?.EndpointsConfig).toEqual({
      net: { IPAMConfig: { IPv6Address: "fd00::5" } },
    });
  });

  test.each([
    ["full", { Privileged: true }],
    [
      "reduced",
      {
        Privileged: false,
        CapAdd: ["ALL"],
        CapDrop: ["SYS_RESOURCE"],
        SecurityOpt: ["seccomp=unconfined", "apparmor=unconfined"],
        MaskedPaths: [],
        ReadonlyPaths: [],
        DeviceCgroupRules: ["a *:* rwm"],
      },
    ],
  ] as const)("%s privileges", (privilege, expected) => {
    expect(host({}, { privilege })).toMatchObject(expected);
  });

  test("environment: the registry, the user's values over it, the wrapper's socket over all", () => {
    const { options } = spec({
      registryDomain: "reg.example",
      environment: [
        { name: "A", value: "x=y" },
        { name: "CKE_WRAPPER_SOCKET", value: "/elsewhere" },
      ],
    });
    expect(options.Env).toEqual([
      "DOCKER_REGISTRY=reg.example",
      "A=x=y",
      "CKE_WRAPPER_SOCKET=/run/cke-wrapper/wrapper.sock",
      "CKE_CLUSTER=c",
      "CKE_NODE=n",
    ]);
  });

  test("volumes: named, derived, host directories, and Docker's data always on one", () => {
    const volumes = [
      { path: "/var/lib/etcd" },
      { path: "/data", dockerVolume: "shared", readOnly: true },
      { path: "/lib/modules", hostPath: "/lib/modules", readOnly: true },
    ];
    expect(askedVolumes(nodeTask({ volumes }), context.identity)).toEqual([
      { name: "cke-c-n-var-lib-etcd", derived: true },
      { name: "shared", derived: false },
      { name: "cke-c-n-var-lib-docker", derived: true },
    ]);
    const made = spec({ volumes }, { volumeNames: new Map([["cke-c-n-var-lib-etcd", "cke-c-n-var-lib-etcd.a1"]]) });
    expect(made.volumes).toEqual(["cke-c-n-var-lib-etcd.a1", "shared", "cke-c-n-var-lib-docker"]);
    expect(made.options.HostConfig?.Mounts).toEqual([
      { Type: "bind", Source: "/run/cke/0123", Target: "/run/cke-wrapper", ReadOnly: false },
      { Type: "volume", Source: "cke-c-n-var-lib-etcd.a1", Target: "/var/lib/etcd", ReadOnly: false },
      { Type: "volume", Source: "shared", Target: "/data", ReadOnly: true },
      { Type: "bind", Source: "/lib/modules", Target: "/lib/modules", ReadOnly: true },
      { Type: "volume", Source: "cke-c-n-var-lib-docker", Target: "/var/lib/docker", ReadOnly: false },
    ]);
  });

  test("docker_path: the node's own directory below it, made beforehand", () => {
    const made = spec({ dockerPath: "/xfs" }, { dataDirectory: "/xfs/c/n.a1" });
    expect(made.volumes).toEqual([]);
    expect(made.directories).toEqual(["/run/cke/0123", "/xfs/c/n.a1"]);
    expect(made.options.Labels).toMatchObject({ "cke.data-directory": "/xfs/c/n.a1" });
    expect(made.options.HostConfig?.Mounts).toContainEqual({
      Type: "bind",
      Source: "/xfs/c/n.a1",
      Target: "/var/lib/docker",
      ReadOnly: false,
    });
  });

  test("docker_path: in place of a volume for the same directory, which Docker would refuse as a second mount", () => {
    const volumes = [
      { path: "/var/lib/docker", dockerVolume: "v" },
      { path: "/data", dockerVolume: "d" },
    ];
    const made = spec({ dockerPath: "/xfs", volumes }, { dataDirectory: "/xfs/c/n.a1" });
    expect(made.options.HostConfig?.Mounts?.filter(({ Target }) => Target === "/var/lib/docker")).toHaveLength(1);
    expect(made.volumes).toEqual(["d"]);
  });

  test.each(["console", "natgw"])("a %s has no Docker and needs no volume for it", (nodeType) => {
    expect(spec({ nodeType }).volumes).toEqual([]);
  });

  test("lxcfs files are laid over the container's own", () => {
    const mounts = host({ lxcfsPath: "/var/lib/lxcfs" }, { lxcfsFiles: ["proc/meminfo"] })?.Mounts;
    expect(mounts).toContainEqual({
      Type: "bind",
      Source: "/var/lib/lxcfs/proc/meminfo",
      Target: "/proc/meminfo",
      ReadOnly: false,
    });
  });

  test("with lxcfs and a quota, nproc is told how many CPUs the node has", () => {
    const env = (more: KubeNodeTaskInit) => spec({ cpuMillis: 1_500, ...more }).options.Env ?? [];
    expect(env({ lxcfsPath: "/x", cfsQuota: true })).toContain("OMP_THREAD_LIMIT=2");
    for (const more of [{ lxcfsPath: "/x" }, { cfsQuota: true }])
      expect(env(more).join()).not.toContain("OMP_THREAD_LIMIT");
    const environment = [{ name: "OMP_THREAD_LIMIT", value: "7" }];
    expect(env({ lxcfsPath: "/x", cfsQuota: true, environment })).toContain("OMP_THREAD_LIMIT=7");
  });

  test("ports, hosts and tmpfs", () => {
    const { options } = spec({
      ports: [
        { hostPort: 34571, containerPort: 6443 },
        { hostPort: 34572, containerPort: 6443, hostIp: "127.0.0.1", protocol: "tcp" },
        { hostPort: 53, containerPort: 53, protocol: "udp" },
      ],
      hosts: [{ name: "reg", ip: "10.0.0.1" }],
      tmpfs: ["/run", "/tmp:size=64m,mode=1777"],
    });
    expect(Object.keys(options.ExposedPorts ?? {})).toEqual(["6443/tcp", "53/udp"]);
    expect(options.HostConfig).toMatchObject({
      PortBindings: {
        "6443/tcp": [{ HostPort: "34571" }, { HostPort: "34572", HostIp: "127.0.0.1" }],
        "53/udp": [{ HostPort: "53" }],
      },
      ExtraHosts: ["reg:10.0.0.1"],
      Tmpfs: { "/run": "", "/tmp": "size=64m,mode=1777" },
    });
  });

  test.each([
    [
      { cpuMillis: 0, memoryBytes: 0, cfsQuota: true },
      { CpuShares: 0, CpuPeriod: 0, CpuQuota: 0, Memory: 0, MemorySwap: 0 },
    ],
    [
      { cpuMillis: 1500, memoryBytes: 1024, cfsQuota: false },
      { CpuShares: 1536, CpuPeriod: 0, CpuQuota: 0, Memory: 1024, MemorySwap: 1024 },
    ],
    [
      { cpuMillis: 1500, memoryBytes: 0, cfsQuota: true },
      { CpuShares: 1536, CpuPeriod: 100_000, CpuQuota: 150_000, Memory: 0, MemorySwap: 0 },
    ],
    [
      { cpuMillis: 1, memoryBytes: 0, cfsQuota: true },
      { CpuShares: 2, CpuPeriod: 100_000, CpuQuota: 1000, Memory: 0, MemorySwap: 0 },
    ],
  ])("limits of %j", (task, expected) => {
    expect(containerLimits(task)).toEqual(expected);
  });
});
