// From a node's steps to what is needed of an offer.

import type { NodeOutline } from "../domain/node-outline.ts";
import type { ClusterRecord, NodeRecord } from "../domain/records.ts";
import { isTerminal } from "../domain/records.ts";
import { partsOf } from "./launch-builder.ts";
import type { Ledger } from "./ledger.ts";
import type { AgentUse } from "./offer-bundle.ts";
import type { Need } from "./offer-matching.ts";
import type { Renderings } from "./renderings.ts";

/** How long a node other than a master waits for the host that holds its volumes. */
export const homeGraceMs = 120_000;

export const needIdOf = (cluster: string, node: string, process = "") =>
  process === "" ? `${cluster}/${node}` : `${cluster}/${node}/${process}`;

function base(cluster: ClusterRecord, record: NodeRecord, now: number): Omit<Need, "id" | "parts"> | undefined {
  const node = cluster.spec.nodes.find(({ name }) => name === record.node);
  if (node === undefined) return undefined;
  const master = node.type === "master";
  return {
    cluster: cluster.spec.name,
    host: node.host,
    attributes: [...cluster.spec.attributes, ...node.attributes],
    home: record.home,
    // A master's data is its etcd member: elsewhere it would begin empty under the same name.
    homeOnly: record.home !== "" && (master || now < record.retryAtMs + homeGraceMs),
    spread: master,
    cleanup: false,
  };
}

/** Just enough on that host, for a moment. */
export function needOfCleanup(record: NodeRecord, outline: NodeOutline, hostname: string): Need {
  return {
    id: needIdOf(record.cluster, record.node),
    cluster: record.cluster,
    host: hostname,
    attributes: [],
    parts: partsOf({ ...outline, hostPorts: [], processes: [] }),
    home: hostname,
    homeOnly: true,
    cleanup: true,
    spread: false,
  };
}

export function needOfNode(
  cluster: ClusterRecord,
  record: NodeRecord,
  outline: NodeOutline,
  now: number,
): Need | undefined {
  const common = base(cluster, record, now);
  if (common === undefined) return undefined;
  return { ...common, id: needIdOf(record.cluster, record.node), parts: partsOf(outline) };
}

export function needOfProcess(
  cluster: ClusterRecord,
  record: NodeRecord,
  outline: NodeOutline,
  process: string,
  now: number,
): Need | undefined {
  const common = base(cluster, record, now);
  const { launch } = record;
  const known = outline.processes.find(({ name }) => name === process);
  if (common === undefined || launch === undefined || known === undefined) return undefined;
  const { agentId, executorId, role } = launch;
  return {
    ...common,
    id: needIdOf(record.cluster, record.node, process),
    parts: [{ cpus: known.res.cpu, mem: known.res.mem, ports: [] }],
    spread: false,
    executor: { agentId, executorId, role },
  };
}

/** What CKE's own nodes take on each agent beside resources, by agent id. */
export function agentUses(ledger: Ledger, renderings: Renderings): ReadonlyMap<string, AgentUse> {
  const uses = new Map<string, { readonly ports: Map<number, string>; readonly masters: Set<string> }>();
  for (const cluster of ledger.clusters()) {
    for (const record of ledger.nodes(cluster.spec.name)) {
      const { launch } = record;
      if (launch === undefined || launch.tasks.every(isTerminal)) continue;
      const use = uses.get(launch.agentId) ?? { ports: new Map<number, string>(), masters: new Set<string>() };
      uses.set(launch.agentId, use);
      const outline = renderings.outline(cluster.spec, record.node);
      for (const hostPort of outline?.hostPorts ?? []) use.ports.set(hostPort, `${record.cluster}/${record.node}`);
      if (outline?.nodeType === "master") use.masters.add(record.cluster);
    }
  }
  return uses;
}
