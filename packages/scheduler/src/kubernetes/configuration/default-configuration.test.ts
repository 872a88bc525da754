// The delivered configurations: they are read without a problem and render every type of node.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { readCluster } from "../cluster/cluster-reader.ts";
import { nodeTaskResources, renderNode } from "../rendering/node-renderer.ts";
import { exampleBody } from "../testing/user-bodies.ts";
import { parseConfiguration } from "./configuration-parser.ts";
import { anyImages } from "./version-images.ts";

const directory = join(import.meta.dirname, "../../../../../default_cfg");
const files = readdirSync(directory).filter((name) => /^cke\.conf-.*\.yaml$/.test(name));

test("there is at least one", () => {
  expect(files.length).toBeGreaterThan(0);
});

const options = {
  imagePath: "reg.mg.hcbss/open",
  registry: { domain: "reg.mg.hcbss", ip: "10.124.142.43" },
  registryCertificate: new Uint8Array([1]),
  cfsQuota: true,
  lxcfsPath: undefined,
  dockerPath: undefined,
};

function exampleOf(file: string, overrides: Readonly<Record<string, unknown>> = {}) {
  const version = file.replace(/^cke\.conf-|\.yaml$/g, "");
  const configuration = parseConfiguration(file, version, readFileSync(join(directory, file), "utf8"));
  const configurations = new Map([[version, configuration]]);
  const { spec } = readCluster(exampleBody(overrides), {
    configurations,
    existing: [],
    claimedPorts: [],
    loadBalancer: false,
    roles: ["*"],
    images: anyImages,
  });
  return { configuration, spec };
}

test.each(files)("%s serves the user's example", (file) => {
  const { configuration, spec } = exampleOf(file);
  for (const node of spec.units) {
    const rendered = renderNode(spec, node, configuration, options);
    const text = JSON.stringify(rendered.processes.map(({ spec: process }) => process));
    expect(text).not.toContain("$native");
    expect(text).not.toMatch(/\$\{?[A-Z_]{3,}/);
    expect(rendered.processes.map(({ name }) => name)).toEqual(
      expect.arrayContaining((node.processes ?? []).map(({ name }) => name)),
    );
    for (const { phase } of configuration.nodes[node.type].processes)
      if (phase !== "") expect(configuration.phases[node.type]).toContain(phase);
  }
});

test.each(files)("%s: everything that has a range of addresses takes the cluster's", (file) => {
  const texts = (overrides: Readonly<Record<string, unknown>>) => {
    const { configuration, spec } = exampleOf(file, overrides);
    return spec.units.map((node) => {
      const { kubeNode, processes, serviceCidr, podCidr } = renderNode(spec, node, configuration, options);
      const contents = kubeNode.files.map(({ content }) => new TextDecoder().decode(content));
      const rendered = processes.map((process) => process.spec);
      return [serviceCidr, podCidr, ...contents, ...rendered.map((each) => JSON.stringify(each))].join("\n");
    });
  };
  const usual = /\b10\.(244|96)\.\d/g;
  const today = texts({});
  const own = texts({ pod_cidr: "10.10.0.0/16", service_cidr: "10.20.0.0/20" });
  expect(today.join("\n").match(usual)?.length).toBeGreaterThan(8);
  expect(own.join("\n").match(usual)).toBe(null);
  const places = ["10.244.0.0/16", "10.244.0.0/24", "10.96.0.0/16", "10.96.0.10"];
  const moved = ["10.10.0.0/16", "10.10.0.0/24", "10.20.0.0/20", "10.20.0.10"];
  const expected = today.map((text) =>
    places.reduce((sum, place, index) => sum.replaceAll(place, moved[index] ?? ""), text),
  );
  expect(own).toEqual(expected);
});

test.each(files)("%s says of each command that a node is probed with what its failure means", (file) => {
  const { spec, configuration } = exampleOf(file);
  const checks = spec.units.flatMap((node) =>
    renderNode(spec, node, configuration, options).processes.flatMap(({ spec: process }) =>
      [...process.startWhen, ...process.health].flatMap(({ name, check }) =>
        check?.kind === "exec" ? [{ name, description: check.value.description }] : [],
      ),
    ),
  );
  expect(checks).toContainEqual({ name: "pod-network", description: "the node has no pod network yet" });
  expect(checks.filter(({ description }) => description === "")).toEqual([]);
});

test.each(files)("%s: the figures of Mesos, of the container and of the cgroups in it are the same", (file) => {
  const { configuration, spec } = exampleOf(file);
  for (const node of spec.units) {
    const { executor, kubeNode, unitTask, processes, total } = renderNode(spec, node, configuration, options);
    const mebibyte = 1024 * 1024;
    // In Mesos: the node's task and a task for each process; outside of the container: the executor.
    const tasks = [unitTask, ...processes.map(({ res }) => res)];
    expect(kubeNode.memoryBytes / mebibyte).toBe(tasks.reduce((sum, { mem }) => sum + mem, 0));
    expect(kubeNode.memoryBytes / mebibyte).toBe(total.mem - executor.mem);
    // In the container: a cgroup for each process, one for each workload, and init and wrapper.
    const cgroups = processes.flatMap(({ spec: { overhead, resources, workloadCgroup } }) =>
      workloadCgroup === "" ? [resources] : [resources, overhead],
    );
    const limits = cgroups.map((limit) => limit?.memoryBytes ?? 0);
    const cpuMillis = cgroups.map((limit) => limit?.cpuMillis ?? 0);
    expect(limits.every((limit) => limit > 0)).toBe(true);
    expect(limits.reduce((sum, limit) => sum + limit, nodeTaskResources.mem * mebibyte)).toBe(kubeNode.memoryBytes);
    expect(cpuMillis.reduce((sum, millis) => sum + millis, nodeTaskResources.cpu * 1000)).toBe(kubeNode.cpuMillis);
  }
});

test.each(files)("%s: pods may have the kubelet's resources, in a cgroup that is limited to them", (file) => {
  const { configuration, spec } = exampleOf(file);
  const node = spec.units.find(({ type }) => type === "node");
  if (node === undefined) throw new Error("the example has no worker");
  const { kubeNode, processes } = renderNode(spec, node, configuration, options);
  const kubelet = processes.find(({ type }) => type === "kubelet");
  expect(kubelet?.res).toEqual({ cpu: 4, mem: 4096 });
  expect(kubelet?.spec).toMatchObject({
    workloadCgroup: "kubepods",
    resources: { cpuMillis: 4_000, memoryBytes: 4_096 * 1024 * 1024, cfsQuota: true },
    // The program itself is never throttled.
    overhead: { cfsQuota: false },
  });
  expect(kubelet?.spec.environment).toEqual([
    { name: "ALLOCATABLE_CPU_MILLIS", value: "4000" },
    { name: "ALLOCATABLE_MEMORY_KIB", value: String(4096 * 1024) },
  ]);
  expect(kubelet?.spec.command).toContain("--config-dir=/run/cke/kubelet.conf.d");
  const config = kubeNode.files.find(({ path }) => path === "/etc/kubernetes/kubelet.yaml");
  // What is evicted at a threshold is not allocatable: the limit of the cgroup is the only bound.
  expect(parse(new TextDecoder().decode(config?.content))).toMatchObject({
    enforceNodeAllocatable: ["pods"],
    evictionHard: { "memory.available": "0%" },
  });
});

test.each(files)("%s: controllers hold elections only where there is somebody to elect", (file) => {
  const masters = (count: number) => ({
    kubenodes: Array.from({ length: count }, (_, index) => ({
      name: `master${index}`,
      type: "master",
      host: "*",
      node_ip: `192.168.0.${80 + index}`,
    })),
    ingresses: [],
  });
  for (const [count, elect] of [
    [1, "false"],
    [3, "true"],
  ] as const) {
    const { configuration, spec } = exampleOf(file, masters(count));
    for (const node of spec.units) {
      const { processes } = renderNode(spec, node, configuration, options);
      const elections = processes.flatMap(({ spec: { command } }) =>
        command.filter((word) => /leader-elect/.test(word)),
      );
      expect(elections).toEqual([`--leader-elect=${elect}`, `--leader-elect=${elect}`]);
    }
  }
});
