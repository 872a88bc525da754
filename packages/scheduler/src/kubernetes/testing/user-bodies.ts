// Bodies of `POST /k8s/clusters` for tests: the operator's example, with switches for what tests vary.

const processes = {
  master: [
    ["etcd", "etcd", 0.1, 512, "/usr/local/bin/etcd"],
    ["apiserver", "apiserver", 0.5, 4086, "/usr/local/bin/kube-apiserver"],
    ["controller", "controller", 0.1, 1024, "/usr/local/bin/kube-controller-manager"],
    ["scheduler", "scheduler", 0.1, 1024, "/usr/local/bin/kube-scheduler"],
    ["docker", "masterdocker", 1, 512, "/usr/bin/dockerd"],
  ],
  node: [
    ["docker", "nodedocker", 1, 512, "/usr/bin/dockerd"],
    ["kubelet", "kubelet", 4, 4096, "/usr/local/bin/kubelet"],
    ["kube-proxy", "kubeproxy", 0.5, 1024, "/usr/local/bin/kube-proxy"],
  ],
  console: [["gotty", "gotty", 0.2, 512, "/usr/local/bin/gotty"]],
} as const;

const process = (type: keyof typeof processes) =>
  processes[type].map(([name, kind, cpu, memory, cmd]) => ({
    name,
    type: kind,
    res: { cpu, memory },
    cmd,
    options: [],
  }));

/** The body of the description's first example. */
export function exampleBody(overrides: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return {
    cluster_name: "my",
    cluster_type: "k8s",
    network: "spidernet-vpc56173cke",
    kubenodes: [
      { name: "master", type: "master", host: "10.124.142.224", node_ip: "192.168.0.80", process: process("master") },
      {
        name: "node0",
        type: "node",
        host: "10.124.142.224",
        node_ip: "192.168.0.81",
        ingresses: ["igr1"],
        process: process("node"),
      },
      {
        name: "console",
        type: "console",
        host: "*",
        node_ip: "192.168.0.82",
        gottyport: "",
        process: process("console"),
      },
    ],
    ingresses: [
      { name: "igr1", port: "34571/tcp" },
      { name: "igr2", port: "34572/tcp" },
      { name: "igr3", port: "34573/tcp" },
    ],
    ...overrides,
  };
}

/** The smallest body: one master with the configuration's processes. */
export function smallBody(overrides: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return {
    name: "small",
    network: "net",
    nodes: [{ name: "m", type: "master", node_ip: "10.0.0.1" }],
    ...overrides,
  };
}
