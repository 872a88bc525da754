// Reads the nodes of a body, each alone: of a new cluster, or of a cluster to which they are added.

import { z } from "zod";
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

/** What a node has whose name, type or address cannot be read: nothing is found in common with others. */
const readableNode = nodeBody.extend({
  name: nodeBody.shape.name.or(z.literal("")).default(""),
  type: nodeBody.shape.type.default("node"),
  node_ip: nodeBody.shape.node_ip.or(z.literal("")).default(""),
});

/**
 * What can be read of a node whose body cannot be read as a whole, so that it is checked beside the others, and all problems are told at
 * once. Values that are wrong themselves are left out: their problems are noted already.
 */
function readableBody(fields: Readonly<Record<string, unknown>>): NodeBody {
  const isReadable = ([name, schema]: readonly [string, z.ZodType]) => schema.safeParse(fields[name]).success;
  const readable = Object.entries(nodeBody.shape).filter(isReadable);
  const body = readableNode.parse(Object.fromEntries(readable.map(([name]) => [name, fields[name]])));
  // Whether it may have labels and taints depends on its type.
  return nodeBody.shape.type.safeParse(fields.type).success ? body : { ...body, labels: {}, taints: [] };
}

/** One node of a body, with the problems noted: what of it can be read. Undefined when it is no object. */
export function readNode(
  found: Findings,
  item: Located<unknown>,
  configuration: ClusterConfiguration | undefined,
): NodeReading | undefined {
  const fields = found.object(item.value, item.path);
  if (fields === undefined) return undefined;
  const body = found.parse(nodeBody, fields, item.path);
  const type = nodeBody.shape.type.safeParse(fields.type).data;
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
  // The processes of an unknown type are not checked further.
  return { body: body ?? readableBody(fields), path: item.path, processes: type === undefined ? undefined : processes };
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
    const { ingress, node_ip, uplink_ip, gottyport, labels, taints, ...rest } = reading.body;
    const value: NodeSpec = {
      ...rest,
      pod: rest.pod ?? pod,
      ip: node_ip,
      ...(uplink_ip === undefined ? {} : { uplinkIp: uplink_ip }),
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
