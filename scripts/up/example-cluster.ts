// The cluster that `make up` creates: one master, one node and one console on a Docker network of its own.
import { command } from "./progress/stage.ts";

/** The Docker network of a deployment's cluster. */
export const networkOf = (name: string) => `cke-${name}`;
/** Label of Docker networks that the set-up or a test made for itself and may remove again. */
export const ownNetworkLabel = "cke.own-network=true";

interface ExampleCluster {
  readonly cluster_name: string;
  readonly cluster_type: string;
  readonly network: string;
  readonly kubenodes: readonly Readonly<{
    name: string;
    type: string;
    host: string;
    node_ip: string;
    ingresses?: readonly string[];
    gottyport?: string;
    process?: readonly Readonly<{ name: string; type: string; res?: Readonly<{ cpu: number; mem: number }> }>[];
  }>[];
  readonly ingresses: readonly Readonly<{ name: string; port: string }>[];
}

/**
 * The body of POST /k8s/v1/clusters. `prefix`: first three bytes of the network's addresses. `port`: the published
 * port.
 */
export function exampleCluster(prefix: string, port: number, name = "example"): ExampleCluster {
  return {
    cluster_name: name,
    cluster_type: "k8s",
    network: networkOf(name),
    kubenodes: [
      { name: "master", type: "master", host: "*", node_ip: `${prefix}.10` },
      {
        name: "node0",
        type: "node",
        host: "*",
        node_ip: `${prefix}.11`,
        ingresses: ["web"],
        process: [
          // The resources of pods.
          { name: "kubelet", type: "kubelet", res: { cpu: 1, mem: 1024 } },
          { name: "docker", type: "nodedocker" },
        ],
      },
      { name: "console", type: "console", host: "*", node_ip: `${prefix}.12`, gottyport: "" },
    ],
    ingresses: [{ name: "web", port: `${port}/tcp` }],
  };
}

/** First and last address of "10.77.3.0/24" as numbers; undefined for IPv6. */
function rangeOf(subnet: string): readonly [number, number] | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(subnet);
  if (match === null) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, bits = 0] = match.slice(1).map(Number);
  const size = 2 ** (32 - bits);
  const first = Math.floor((((a * 256 + b) * 256 + c) * 256 + d) / size) * size;
  return [first, first + size - 1];
}

/** The first of 10.77.0 … 10.77.255 whose /24 overlaps none of the given subnets. */
export function freePrefix(subnets: readonly string[]): string {
  const taken = subnets.map(rangeOf).filter((range) => range !== undefined);
  for (let third = 0; third < 256; third += 1) {
    const [first, last] = rangeOf(`10.77.${third}.0/24`) ?? [0, 0];
    if (taken.every(([start, end]) => end < first || start > last)) return `10.77.${third}`;
  }
  throw new Error("no free /24 in 10.77.0.0/16 for the example's Docker network: remove a Docker network");
}

/** Makes the network when it does not exist, and returns its prefix. */
export async function ensureNetwork(networkName: string): Promise<string> {
  const subnets = async (names: readonly string[]) =>
    names.length === 0
      ? []
      : (
          await command("docker", [
            "network",
            "inspect",
            "--format",
            "{{range .IPAM.Config}}{{.Subnet}} {{end}}",
            ...names,
          ])
        )
          .split(/\s+/)
          .filter(Boolean);
  const names = (await command("docker", ["network", "ls", "--format", "{{.Name}}"])).split("\n").filter(Boolean);
  if (names.includes(networkName)) {
    const subnet = (await subnets([networkName]))[0] ?? "";
    return subnet.split(".").slice(0, 3).join(".");
  }
  const prefix = freePrefix(await subnets(names));
  await command("docker", [
    "network",
    "create",
    "--label",
    ownNetworkLabel,
    "--subnet",
    `${prefix}.0/24`,
    "--gateway",
    `${prefix}.1`,
    networkName,
  ]);
  return prefix;
}
