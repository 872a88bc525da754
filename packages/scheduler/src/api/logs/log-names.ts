// Refuses a log's filter by a name that nothing has: an empty answer would look as if nothing had happened there. Pure.

import { keptEntries } from "../../workload/plans/log-entry.ts";
import { PartNotFoundError } from "../../workload/plans/part-not-found-error.ts";
import { BadRequestError } from "../requests/api-error.ts";
import { type LogFilter, ownersOf } from "./log-query.ts";
import type { LoggedLog } from "./log-reading.ts";

/** A node of a cluster, as far as a filter may name it. */
export interface LoggedNode {
  readonly name: string;
  readonly processes: readonly { readonly name: string }[];
}

/**
 * Throws a PartNotFoundError (404) for a node, or for a process of the nodes that are asked for, that neither the cluster has
 * nor an entry that is kept: what was removed may still be asked for.
 */
export function checkLogNames(
  cluster: string,
  { nodes: askedNodes, processes: askedProcesses }: LogFilter,
  nodes: () => readonly LoggedNode[],
  log: LoggedLog,
): void {
  if (askedNodes === undefined && askedProcesses === undefined) return;
  const present = nodes();
  const said = saidIn(log);
  for (const node of askedNodes ?? []) {
    if (said.nodes.has(node) || present.some(({ name }) => name === node)) continue;
    const names = present.map(({ name }) => name);
    throw new PartNotFoundError("node", `cluster "${cluster}"`, node, names);
  }
  const chosen = present.filter(({ name }) => askedNodes === undefined || askedNodes.has(name));
  const known = new Set(chosen.flatMap(({ processes }) => processes.map(({ name }) => name)));
  for (const process of askedProcesses ?? []) {
    if (known.has(process) || said.processes.has(process)) continue;
    throw new PartNotFoundError("process", ownerOf(cluster, askedNodes), process, [...known].sort());
  }
}

/** Throws a BadRequestError: a VM has no parts. */
export function refuseLogNames({ nodes, processes }: LogFilter): void {
  const given = [...(nodes === undefined ? [] : ["node"]), ...(processes === undefined ? [] : ["process"])];
  if (given.length === 0) return;
  const message = "the log of a VM is of the VM alone, which has no nodes or processes: leave it out";
  throw new BadRequestError(given.map((path) => ({ path, message })));
}

function saidIn(log: LoggedLog) {
  const nodes = new Set<string>();
  const processes = new Set<string>();
  for (const entry of keptEntries(log)) {
    if ("node" in entry && entry.node !== undefined) nodes.add(entry.node);
    if (!("process" in entry) || typeof entry.process !== "string") continue;
    for (const name of ownersOf(entry.process)) processes.add(name);
  }
  return { nodes, processes };
}

function ownerOf(cluster: string, nodes: ReadonlySet<string> | undefined): string {
  if (nodes === undefined) return `cluster "${cluster}"`;
  const names = [...nodes].map((name) => `"${name}"`).join(", ");
  return `${nodes.size === 1 ? "node" : "nodes"} ${names} of cluster "${cluster}"`;
}
