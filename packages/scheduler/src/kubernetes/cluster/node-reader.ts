// Reads the nodes of a body, each alone: of a new cluster, or of a cluster to which they are added.

import type { Findings, Located } from "../../workload/body/findings.ts";
import type { ClusterConfiguration } from "../configuration/configuration.ts";
import { type NodeBody, nodeBody, type ProcessBody, processBody } from "./cluster-body.ts";
import { processValueProblems } from "./cluster-checks.ts";
import type { ClusterParts } from "./cluster-parts.ts";
import type { IngressSpec, NodeSpec, ProcessSpecification } from "./cluster-spec.ts";
import { readableValues } from "./readable-values.ts";

function toProcess(
  body: ProcessBody,
  defaults: { readonly cpu: number; readonly mem: number } | undefined,
): ProcessSpecification {
  const cpu = body.res?.cpu ?? defaults?.cpu;
  const mem = body.res?.memory ?? body.res?.mem ?? defaults?.mem;
  const { res: _, ...rest } = body;
  return { ...rest, ...(cpu === undefined || mem === undefined ? {} : { res: { cpu, mem } }) };
}

export interface NodeReading {
  readonly body: NodeBody;
  readonly path: string;
  readonly processes: readonly Located<ProcessSpecification>[] | undefined;
}

/** One node of a body; undefined, with the problems noted, when it cannot be read. */
export function readNode(
  found: Findings,
  item: Located<unknown>,
  configuration: ClusterConfiguration | undefined,
): NodeReading | undefined {
  const fields = found.object(item.value, item.path);
  if (fields === undefined) return undefined;
  const body = found.parse(nodeBody, fields, item.path);
  const type = body?.type;
  const processes = found.list(fields, ["process", "processes"], item.path)?.flatMap(({ value, path }) => {
    const given = found.passesOver() ? undefined : found.object(value, path);
    if (given === undefined) return [];
    const confOf = (process: unknown) =>
      type === undefined ? undefined : configuration?.nodes[type].processes.find((one) => one.type === process);
    const parsed = found.parse(processBody, value, path);
    if (parsed === undefined) {
      found.problems.push(...processValueProblems(readableValues(given), `${path}.`, confOf(given.type)));
      return [];
    }
    const known = confOf(parsed.type);
    return [{ value: toProcess(parsed, known?.res), path }];
  });
  return body === undefined ? undefined : { body, path: item.path, processes };
}

/** Notes the ports of an `ingress` choice as ingresses of the cluster, where they are none yet. Returns their names. */
export type DeclareIngresses = (choice: NodeBody["ingress"], path: string) => readonly string[];

export function ingressDeclarer(ingresses: Located<IngressSpec>[]): DeclareIngresses {
  return (choice, path) =>
    (choice?.bridges ?? []).map((port, index) => {
      const label = `${port.number}/${port.protocol}`;
      if (!ingresses.some(({ value }) => value.name === label)) {
        ingresses.push({ path: `${path}.ingress.bridges[${index}]`, value: { name: label, port } });
      }
      return label;
    });
}

/** Numbers of pod blocks that no worker has, the lowest first. Each call of `next` gives another one. */
export function* freeBlocks(taken: readonly (number | undefined)[]): Generator<number, never> {
  const used = new Set(taken);
  for (let index = 0; ; index += 1) if (!used.has(index)) yield index;
}

export interface NodeContext {
  readonly declare: DeclareIngresses;
  /** The cluster's default. */
  readonly pod: boolean;
  readonly blocks: Iterator<number, never>;
}

export function nodeSpecs(
  readings: readonly NodeReading[],
  { declare, pod, blocks }: NodeContext,
): ClusterParts["nodes"] {
  return readings.map((reading) => {
    const { ingress, node_ip, gottyport, labels, taints, ...rest } = reading.body;
    const value: NodeSpec = {
      ...rest,
      pod: rest.pod ?? pod,
      ip: node_ip,
      stateful: rest.type === "master",
      ingresses: [...rest.ingresses, ...declare(ingress, reading.path)],
      ...(gottyport === undefined ? {} : { gottyPort: gottyport }),
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      ...(taints.length === 0 ? {} : { taints }),
      ...(reading.processes === undefined ? {} : { processes: reading.processes.map((one) => one.value) }),
      ...(rest.type === "node" ? { podIndex: blocks.next().value } : {}),
    };
    return { value, path: reading.path, processes: reading.processes };
  });
}
