// From the body of `POST /k8s/v1/clusters` to a ClusterSpec, or to all problems at once with their JSON paths. First
// each entity is read alone (its shape), then all of them are checked together (names, addresses, ports, types, counts,
// versions).
import type { z } from "zod";
import type { ClusterConfiguration } from "../configuration/configuration.ts";
import { given, readSchema } from "../configuration/schema-messages.ts";
import type { ImageSources } from "../configuration/version-images.ts";
import { chooseVersion, sortedVersions } from "../configuration/versions.ts";
import { type IgnoredField, ignoredFields, wholeBody } from "./body-fields.ts";
import {
  clusterBody,
  clusterName,
  ingressBody,
  type NodeBody,
  nodeBody,
  type ProcessBody,
  processBody,
} from "./cluster-body.ts";
import { checkCluster } from "./cluster-checks.ts";
import { SpecInvalidError } from "./cluster-errors.ts";
import type { ClusterProblem, Located } from "./cluster-parts.ts";
import type { ClusterSpec, IngressSpec, NodeSpec, ProcessSpecification } from "./cluster-spec.ts";
import { ignoredFieldsMessage } from "./ignored-fields.ts";

export interface ReadContext {
  readonly configurations: ReadonlyMap<string, ClusterConfiguration>;
  /** The existing clusters, whose addresses, ports and container names are taken. */
  readonly existing: readonly ClusterSpec[];
  /** True when a load balancer receives ingresses, so that they need no port. */
  readonly loadBalancer: boolean;
  /** The framework's Mesos roles. */
  readonly roles: readonly string[];
  /** Where images come from, and facts about agents' hosts. */
  readonly images: ImageSources;
}

export interface ReadResult {
  readonly spec: ClusterSpec;
  /** Fields without effect. */
  readonly ignored: readonly IgnoredField[];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The problems found so far. */
class Findings {
  readonly problems: ClusterProblem[] = [];

  add(path: string, message: string): void {
    this.problems.push({ path, message, kind: "input" });
  }

  /** The value in its schema's shape, or undefined with its problems noted. */
  parse<T>(schema: z.ZodType<T>, value: unknown, path: string): T | undefined {
    const result = readSchema(schema, value);
    if (result.success) return result.data;
    for (const problem of result.problems) {
      const place = problem.path.reduce<string>(
        (text, segment) => (typeof segment === "number" ? `${text}[${segment}]` : join(text, segment)),
        path,
      );
      this.add(place, problem.message);
    }
    return undefined;
  }

  /** The fields of an object, or undefined with the problem noted. */
  object(value: unknown, path: string): Readonly<Record<string, unknown>> | undefined {
    if (!isObject(value)) {
      this.add(path, `must be a JSON object; given is ${given(value)}`);
      return undefined;
    }
    return value;
  }

  /** The items of a list under the first of `names` that is there. */
  list(
    parent: Readonly<Record<string, unknown>>,
    names: readonly string[],
    path: string,
  ): Located<unknown>[] | undefined {
    const name = names.find((candidate) => parent[candidate] !== undefined && parent[candidate] !== null);
    if (name === undefined) return undefined;
    const value = parent[name];
    const place = join(path, name);
    if (!Array.isArray(value)) {
      this.add(place, `must be a list; given is ${given(value)}`);
      return undefined;
    }
    return value.map((item: unknown, index) => ({ value: item, path: `${place}[${index}]` }));
  }
}

const join = (path: string, key: string) => (path === "" ? key : `${path}.${key}`);

function toProcess(
  body: ProcessBody,
  defaults: { readonly cpu: number; readonly mem: number } | undefined,
): ProcessSpecification {
  const cpu = body.res?.cpu ?? defaults?.cpu;
  const mem = body.res?.memory ?? body.res?.mem ?? defaults?.mem;
  const { res: _, ...rest } = body;
  return { ...rest, ...(cpu === undefined || mem === undefined ? {} : { res: { cpu, mem } }) };
}

interface NodeReading {
  readonly body: NodeBody;
  readonly path: string;
  readonly processes: readonly Located<ProcessSpecification>[] | undefined;
}

function readNode(
  found: Findings,
  item: Located<unknown>,
  configuration: ClusterConfiguration | undefined,
): NodeReading | undefined {
  const fields = found.object(item.value, item.path);
  if (fields === undefined) return undefined;
  const body = found.parse(nodeBody, fields, item.path);
  const type = body?.type;
  const processes = found.list(fields, ["process", "processes"], item.path)?.flatMap(({ value, path }) => {
    if (found.object(value, path) === undefined) return [];
    const parsed = found.parse(processBody, value, path);
    if (parsed === undefined) return [];
    const known =
      type === undefined ? undefined : configuration?.nodes[type].processes.find((one) => one.type === parsed.type);
    return [{ value: toProcess(parsed, known?.res), path }];
  });
  return body === undefined ? undefined : { body, path: item.path, processes };
}

/** Throws SpecInvalidError: 422 when the body is well-formed and only impossible, else 400. */
export function readCluster(input: unknown, context: ReadContext): ReadResult {
  const found = new Findings();
  const fields = found.object(input, "");
  if (fields === undefined) throw new SpecInvalidError(found.problems.map(({ path, message }) => ({ path, message })));
  const nameField = fields.cluster_name === undefined && fields.name !== undefined ? "name" : "cluster_name";
  const name = found.parse(clusterName, fields[nameField], nameField);
  const body = found.parse(clusterBody, fields, "");
  const configuration = chooseVersion(context.configurations, typeof fields.k8s_ver === "string" ? fields.k8s_ver : "");
  if (configuration === undefined) {
    const known = sortedVersions(context.configurations).join(", ");
    const asked =
      fields.k8s_ver === undefined ? "is missing, and no version is supported" : "is not a supported version";
    const shown = fields.k8s_ver === undefined ? "" : `; given is ${given(fields.k8s_ver)}`;
    found.add("k8s_ver", `${asked}: supported are ${known === "" ? "none" : known}${shown}`);
  }
  const ingresses: Located<IngressSpec>[] = (found.list(fields, ["ingresses"], "") ?? []).flatMap(({ value, path }) => {
    if (found.object(value, path) === undefined) return [];
    const parsed = found.parse(ingressBody, value, path);
    if (parsed === undefined) return [];
    return [{ path, value: { name: parsed.name, ...(parsed.port === undefined ? {} : { port: parsed.port }) } }];
  });
  const items = found.list(fields, ["kubenodes", "nodes"], "");
  if (items === undefined && fields.kubenodes === undefined && fields.nodes === undefined)
    found.add("kubenodes", "is missing: it must be a list of nodes");
  const readings = (items ?? []).flatMap((item) => readNode(found, item, configuration) ?? []);
  const declare = (choice: NodeBody["ingress"], path: string): string[] =>
    (choice?.bridges ?? []).map((port, index) => {
      const label = `${port.number}/${port.protocol}`;
      if (!ingresses.some(({ value }) => value.name === label)) {
        ingresses.push({ path: `${path}.ingress.bridges[${index}]`, value: { name: label, port } });
      }
      return label;
    });
  declare(body?.ingress, "");
  let workers = 0;
  const nodes = readings.map((reading): Located<NodeSpec> & { readonly processes: NodeReading["processes"] } => {
    const { ingress, node_ip, gottyport, ...rest } = reading.body;
    const value: NodeSpec = {
      ...rest,
      pod: rest.pod ?? body?.pod ?? false,
      ip: node_ip,
      stateful: rest.type === "master",
      ingresses: [...rest.ingresses, ...declare(ingress, reading.path)],
      ...(gottyport === undefined ? {} : { gottyPort: gottyport }),
      ...(reading.processes === undefined ? {} : { processes: reading.processes.map((one) => one.value) }),
      ...(rest.type === "node" ? { podIndex: workers++ } : {}),
    };
    return { value, path: reading.path, processes: reading.processes };
  });
  const problems = [
    ...found.problems,
    ...checkCluster(
      {
        name: name ?? "",
        network: body?.network ?? "",
        nodes,
        ingresses,
        role: body?.role ?? "",
        attributes: body?.attributes ?? [],
        nodesPath: fields.kubenodes === undefined && fields.nodes !== undefined ? "nodes" : "kubenodes",
      },
      context,
      configuration,
      found.problems.length === 0,
    ),
  ];
  const ignored = [...ignoredFields(wholeBody, fields)];
  if (problems.length > 0 || name === undefined || body === undefined || configuration === undefined) {
    throw new SpecInvalidError(
      problems.map(({ path, message }) => ({ path, message })),
      problems.every(({ kind }) => kind === "impossible") ? 422 : 400,
      { ofHosts: problems.some(({ ofHosts }) => ofHosts === true), warnings: ignoredFieldsMessage(ignored) },
    );
  }
  return {
    ignored,
    spec: {
      name,
      version: configuration.version,
      network: body.network,
      units: nodes.map(({ value }) => value),
      ingresses: ingresses.map(({ value }) => value),
      attributes: body.attributes,
      role: body.role,
      pod: body.pod,
      expect: body.expect,
    },
  };
}
