// What a node has, what its pods have asked for, and what is used. Pure.
import { condition, type Json, labelText, listAt, nameOf, numberAt, recordAt, textAt } from "../cluster-api/objects.ts";
import { quantity } from "../cluster-api/quantity.ts";
import type { Mood } from "./pod-status.ts";

/** CPUs, and bytes of memory. */
export interface Amount {
  readonly cpu: number;
  readonly memory: number;
}

export interface NodeUse {
  readonly name: string;
  readonly status: string;
  readonly mood: Mood;
  readonly roles: string;
  readonly version: string;
  readonly address: string;
  /** What pods may take. */
  readonly allocatable: Amount;
  readonly requested: Amount;
  readonly pods: { readonly count: number; readonly most: number };
}

const amountAt = (object: Json, ...path: readonly string[]): Amount => ({
  cpu: quantity(textAt(object, ...path, "cpu")),
  memory: quantity(textAt(object, ...path, "memory")),
});
const sum = (amounts: readonly Amount[]): Amount =>
  amounts.reduce((all, { cpu, memory }) => ({ cpu: all.cpu + cpu, memory: all.memory + memory }), {
    cpu: 0,
    memory: 0,
  });
const most = (one: Amount, other: Amount): Amount => ({
  cpu: Math.max(one.cpu, other.cpu),
  memory: Math.max(one.memory, other.memory),
});

/** What the scheduler of Kubernetes counts for a pod: its containers together, or its largest init container. */
export function podRequest(pod: Json): Amount {
  const requestOf = (container: Json) => amountAt(container, "resources", "requests");
  const own = sum(listAt(pod, "spec", "containers").map(requestOf));
  const first = listAt(pod, "spec", "initContainers").map(requestOf).reduce(most, { cpu: 0, memory: 0 });
  return sum([most(own, first), amountAt(pod, "spec", "overhead")]);
}

export function nodeUse(node: Json, pods: readonly Json[]): NodeUse {
  const name = nameOf(node);
  const here = pods.filter(
    (pod) => textAt(pod, "spec", "nodeName") === name && !/^(Succeeded|Failed)$/.test(textAt(pod, "status", "phase")),
  );
  const isReady = condition(node, "Ready").status === "True";
  const closed = isCordoned(node);
  return {
    name,
    status: `${isReady ? "Ready" : "NotReady"}${closed ? ", cordoned" : ""}`,
    mood: isReady ? (closed ? "waiting" : "good") : "bad",
    roles: rolesOf(node),
    version: textAt(node, "status", "nodeInfo", "kubeletVersion"),
    address: listAt(node, "status", "addresses").map((one) => textAt(one, "address"))[0] ?? "",
    allocatable: amountAt(node, "status", "allocatable"),
    requested: sum(here.map(podRequest)),
    pods: { count: here.length, most: quantity(textAt(node, "status", "allocatable", "pods")) },
  };
}

const isCordoned = (node: Json): boolean => recordAt(node, "spec").unschedulable === true;

const rolePrefix = "node-role.kubernetes.io/";

function rolesOf(node: Json): string {
  const labels = labelText(recordAt(node, "metadata", "labels")).split(",");
  return labels
    .filter((label) => label.startsWith(rolePrefix))
    .map((label) => label.slice(rolePrefix.length).replace(/=.*/, ""))
    .join(", ");
}

/** From a kubelet's summary: what the node uses now; undefined when it does not say. */
export function usedOf(summary: Json): Amount | undefined {
  const nano = numberAt(summary, "node", "cpu", "usageNanoCores");
  const memory = numberAt(summary, "node", "memory", "workingSetBytes");
  return nano === 0 && memory === 0 ? undefined : { cpu: nano / 1e9, memory };
}
