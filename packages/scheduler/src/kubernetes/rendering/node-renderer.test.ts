import { expect, test } from "vitest";
import { readCluster } from "../cluster/cluster-reader.ts";
import { parseConfiguration } from "../configuration/configuration-parser.ts";
import { anyImages } from "../configuration/version-images.ts";
import { sampleConfiguration, sampleConfigurationText } from "../testing/sample-configuration.ts";
import { exampleBody } from "../testing/user-bodies.ts";
import { type RenderOptions, renderNode } from "./node-renderer.ts";

const configuration = sampleConfiguration();
const options: RenderOptions = {
  imagePath: "reg.mg.hcbss/open",
  registry: { domain: "reg.mg.hcbss", ip: "10.124.142.43" },
  registryCertificate: undefined,
  cfsQuota: false,
  lxcfsPath: undefined,
  dockerPath: undefined,
};
const specOf = (body: unknown) =>
  readCluster(body, {
    configurations: new Map([["1.36", configuration]]),
    existing: [],
    claimedPorts: [],
    loadBalancer: false,
    roles: ["*"],
    images: anyImages,
  }).spec;
const render = (name: string, body: unknown = exampleBody(), overrides: Partial<RenderOptions> = {}) => {
  const spec = specOf(body);
  const node = spec.units.find((candidate) => candidate.name === name);
  if (node === undefined) throw new Error(`no node ${name}`);
  return renderNode(spec, node, configuration, { ...options, ...overrides });
};
const commandOf = (name: string, process: string, body?: unknown) =>
  render(name, body).processes.find((candidate) => candidate.name === process)?.spec.command;

test("a master's messages hold image, network, files, volumes and processes", () => {
  const { kubeNode, processes, total } = render("master");
  expect(kubeNode).toMatchObject({
    image: "reg.mg.hcbss/open/cke-kube-node:v1",
    hostname: "master",
    network: "spidernet-vpc56173cke",
    ip: "192.168.0.80",
    volumes: [{ path: "/var/lib/k8s", dockerVolume: "cke-my-master-data" }],
    tmpfs: ["/run", "/tmp"],
    secrets: [{ name: "etcd.crt", path: "/etc/kubernetes/pki/etcd.crt" }],
    environment: [{ name: "DOCKER_REGISTRY", value: "reg.mg.hcbss" }],
    cpuMillis: 1810,
  });
  expect(kubeNode.hosts).toContainEqual({ name: "reg.mg.hcbss", ip: "10.124.142.43" });
  expect(new TextDecoder().decode(kubeNode.files[0]?.content)).toBe("node master $HOME\n");
  expect(kubeNode.files[0]?.mode).toBe(0o644);
  expect(processes.map(({ name }) => name)).toEqual(["etcd", "apiserver", "controller", "scheduler", "docker"]);
  expect(total).toEqual({ cpu: 1.91, mem: 512 + 4086 + 1024 + 1024 + 512 + 32 + 64 });
});

test("variables, native values and the user's resources reach the command line", () => {
  expect(commandOf("master", "etcd")).toEqual([
    "/usr/local/bin/etcd",
    "--name=my-master",
    "--data-dir=/var/lib/k8s/etcd",
    "--quota-backend-bytes=8589934592",
  ]);
  expect(commandOf("master", "apiserver")).toContain("--etcd-servers=https://192.168.0.80:2379");
  expect(commandOf("node0", "kubelet")).toEqual([
    "/usr/local/bin/kubelet",
    "--node-ip=192.168.0.81",
    "--system-reserved=cpu=1500m,memory=1536Mi",
  ]);
  expect(commandOf("console", "gotty")).toEqual(["/usr/local/bin/gotty", "--port=8080", "bash"]);
  const etcd = render("master").processes[0]?.spec;
  expect(etcd?.resources).toEqual({ cpuMillis: 100, memoryBytes: 512 * 1024 * 1024, cfsQuota: false });
  expect(etcd?.environment).toContainEqual({ name: "DOCKER_REGISTRY", value: "reg.mg.hcbss" });
});

test("a program that runs something for others: that has its resources, itself an overhead that the node's task holds", () => {
  const text = sampleConfigurationText.replace(
    "        res: {cpu: 1, mem: 1024}\n",
    "        res: {cpu: 1, mem: 1024}\n        workload: {cgroup: kubepods, overhead: {cpu: 0.1, mem: 100}}\n",
  );
  const spec = specOf(exampleBody());
  const node = spec.units.find(({ name }) => name === "node0");
  if (node === undefined) throw new Error("no node0");
  const withWorkload = parseConfiguration("cke.conf-1.36.yaml", "1.36", text);
  const rendered = renderNode(spec, node, withWorkload, { ...options, cfsQuota: true });
  expect(rendered.processes.find(({ name }) => name === "kubelet")?.spec).toMatchObject({
    workloadCgroup: "kubepods",
    resources: { cpuMillis: 4_000, memoryBytes: 4096 * 1024 * 1024, cfsQuota: true },
    overhead: { cpuMillis: 100, memoryBytes: 100 * 1024 * 1024, cfsQuota: false },
  });
  const plain = render("node0");
  expect(rendered.unitTask).toEqual({ cpu: 0.11, mem: 132 });
  expect(rendered.total.mem).toBe(plain.total.mem + 100);
  expect(rendered.kubeNode.memoryBytes).toBe(plain.kubeNode.memoryBytes + 100 * 1024 * 1024);
});

test("options override in place, or are appended", () => {
  const body = exampleBody({
    kubenodes: [
      {
        name: "m",
        type: "master",
        node_ip: "1.2.3.4",
        process: [
          { name: "etcd", type: "etcd", options: ["--quota-backend-bytes 1", "--debug", "--x=1"], envs: { GOGC: 50 } },
        ],
      },
    ],
  });
  expect(commandOf("m", "etcd", body)?.slice(3)).toEqual(["--quota-backend-bytes=1", "--debug", "--x=1"]);
  expect(render("m", body).processes[0]?.spec.environment).toContainEqual({ name: "GOGC", value: "50" });
});

test("required types are added, others are not; without a list all types run", () => {
  const node = (process: unknown) =>
    exampleBody({ kubenodes: [{ name: "m", type: "master", node_ip: "1.2.3.4", process }] });
  expect(render("m", node([])).processes.map(({ type }) => type)).toEqual(["etcd", "apiserver"]);
  expect(render("m", node(undefined)).processes.map(({ type }) => type)).toEqual([
    "etcd",
    "apiserver",
    "controller",
    "scheduler",
    "masterdocker",
  ]);
});

test("probes carry their variables and phases", () => {
  const apiserver = render("master").processes.find(({ name }) => name === "apiserver")?.spec;
  expect(apiserver?.startWhen[0]).toMatchObject({ name: "etcd", check: { kind: "tcp" }, startupPeriodMs: 250 });
  expect(apiserver?.health[0]?.check).toMatchObject({ kind: "http", value: { url: "https://127.0.0.1:6443/readyz" } });
});

test("a node publishes the ports of its ingresses and of its web terminal", () => {
  expect(render("node0").kubeNode.ports).toEqual([
    { hostPort: 34571, containerPort: 34571, protocol: "tcp", hostIp: "", ingress: "igr1" },
  ]);
  expect(render("console").kubeNode.ports).toEqual([]);
});

test("the hash is stable and changes with the configuration", () => {
  const hash = render("master").configHash;
  expect(render("master").configHash).toBe(hash);
  expect(render("master", exampleBody(), { imagePath: "" }).configHash).not.toBe(hash);
  expect(render("node0").configHash).not.toBe(hash);
});

test("three masters know each other, workers route to each other", () => {
  const body = exampleBody({
    kubenodes: [
      ...[1, 2, 3].map((n) => ({ name: `m${n}`, type: "master", node_ip: `10.0.0.${n}` })),
      ...[4, 5].map((n) => ({ name: `w${n}`, type: "node", node_ip: `10.0.0.${n}` })),
    ],
  });
  expect(commandOf("m2", "apiserver", body)).toContain(
    "--etcd-servers=https://10.0.0.1:2379,https://10.0.0.2:2379,https://10.0.0.3:2379",
  );
});

test("workers and consoles reach all API servers at their own balancer, masters their own one", () => {
  const urlOf = (name: string, port: string) => {
    const text = sampleConfigurationText.replace("CLUSTER_CIDR:", `API_BALANCER_PORT: "${port}"\n  CLUSTER_CIDR:`);
    const spec = specOf(exampleBody());
    const node = spec.units.find((candidate) => candidate.name === name);
    if (node === undefined) throw new Error(`no node ${name}`);
    const { kubeNode } = renderNode(spec, node, parseConfiguration("cke.conf-1.36.yaml", "1.36", text), options);
    return kubeNode.apiBalancer;
  };
  expect(urlOf("master", "6444")).toBeUndefined();
  expect(urlOf("node0", "7000")).toEqual({ port: 7000, masterPort: 6443 });
  expect(urlOf("node0", "0")).toBeUndefined();
  expect(() => urlOf("node0", "70000")).toThrow("API_BALANCER_PORT must be a port, or 0");
  expect(render("node0").kubeNode.apiBalancer).toEqual({ port: 6444, masterPort: 6443 });
});
