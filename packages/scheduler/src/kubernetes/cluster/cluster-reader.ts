// From the body of `POST /k8s/v1/clusters` to a ClusterSpec, or to all problems at once with their JSON paths. First
// each entity is read alone (its shape), then all of them are checked together (names, addresses, ports, types, counts,
// versions).

import type { z } from "zod";
import { formatAddress, parseBlock } from "../../workload/body/address-block.ts";
import type { IgnoredField } from "../../workload/body/body-fields.ts";
import { type BodyProblem, Findings, type Located } from "../../workload/body/findings.ts";
import { ignoredFieldsMessage } from "../../workload/body/ignored-fields.ts";
import { given } from "../../workload/body/schema-messages.ts";
import { SpecInvalidError } from "../../workload/body/spec-invalid-error.ts";
import type { ClaimedPort } from "../../workload/kinds/claimed-ports.ts";
import type { ClusterConfiguration } from "../configuration/configuration.ts";
import type { ImageSources } from "../configuration/version-images.ts";
import { chooseVersion, sortedVersions } from "../configuration/versions.ts";
import { meshProblem } from "../network/mesh-size.ts";
import { lackingForPolicies } from "../network/network-policy.ts";
import { configurationFor, lackingForBgp } from "../network/network-provider.ts";
import { type AskedNetwork, askedNetwork, poolOf, routerAddresses } from "../network/network-spec.ts";
import { uplinkRouters } from "../network/uplink-spec.ts";
import { freeAddress, spansOf } from "../ranges/address-pool.ts";
import { type OwnRanges, type RangeHolder, rangesOf } from "../ranges/cluster-ranges.ts";
import { type PoolNeighbour, poolProblems, rangesInPools } from "../ranges/pool-checks.ts";
import { rangeProblems } from "../ranges/range-checks.ts";
import { chooseRanges } from "../ranges/range-pool.ts";
import type { RangePools } from "../ranges/range-texts.ts";
import { ignoredClusterFields, wholeBody } from "./body-fields.ts";
import { type apiserverBody, clusterBody, clusterName, ingressBody } from "./cluster-body.ts";
import { checkCluster } from "./cluster-checks.ts";
import type { ClusterParts } from "./cluster-parts.ts";
import { type ApiserverSpec, announcedApi, type ClusterSpec, type IngressSpec, outsideOf } from "./cluster-spec.ts";
import { freeBlocks, ingressDeclarer, nodeSpecs, readNode } from "./node-reader.ts";

export interface ReadContext {
  readonly configurations: ReadonlyMap<string, ClusterConfiguration>;
  /** The existing clusters, whose addresses, ports and container names are taken. */
  readonly existing: readonly ClusterSpec[];
  /** Ports of named hosts that workloads publish. */
  readonly claimedPorts: readonly ClaimedPort[];
  /** True when a load balancer receives ingresses, so that they need no port. */
  readonly loadBalancer: boolean;
  /** The framework's Mesos roles. */
  readonly roles: readonly string[];
  /** Where images come from, and facts about agents' hosts. */
  readonly images: ImageSources;
  /** Where clusters that name no ranges get theirs; absent: as the configuration says. */
  readonly pools?: RangePools | undefined;
}

export interface ReadResult {
  readonly spec: ClusterSpec;
  /** Of the routers' sessions, by address; they are no part of the specification. */
  readonly passwords: AskedNetwork["passwords"];
  /** Fields without effect. */
  readonly ignored: readonly IgnoredField[];
}

/** A port alone says that it is to be published. */
function toApiserver(
  body: z.infer<typeof apiserverBody> | undefined,
  pool: readonly string[],
): ApiserverSpec | undefined {
  if (body === undefined) return undefined;
  const { expose = body.port === undefined ? ["scheduler"] : ["scheduler", "port"], port } = body;
  // Nobody has an address of the pool yet.
  const free = expose.includes("bgp") ? freeAddress(spansOf(pool), new Set()) : undefined;
  const address = body.address ?? (free === undefined ? undefined : formatAddress(free));
  return {
    expose: [...new Set(expose)],
    ...(port === undefined ? {} : { port }),
    ...(address === undefined ? {} : { address }),
  };
}

/** The ranges of the cluster, and what is wrong with them. */
function readRanges(
  body: z.infer<typeof clusterBody> | undefined,
  name: string,
  { network, bgp, apiserver, uplink }: AskedNetwork & Pick<ClusterSpec, "apiserver">,
  nodes: ClusterParts["nodes"],
  configuration: ClusterConfiguration | undefined,
  { existing, configurations, images, pools = {} }: ReadContext,
): { readonly own: OwnRanges; readonly problems: readonly BodyProblem[] } {
  const asked = { podCidr: body?.pod_cidr, serviceCidr: body?.service_cidr };
  const others = existing.map((other): RangeHolder & Pick<PoolNeighbour, "pool" | "uplinkRouters" | "nodes"> => ({
    name: other.name,
    pool: outsideOf(other),
    uplinkRouters: uplinkRouters(other),
    network: other.network,
    routers: routerAddresses(other.bgp),
    ranges: rangesOf(other, configurations.get(other.version)),
    own: other,
    nodes: other.units,
  }));
  const subnets = images.known.hosts
    .flatMap(({ networks }) => networks.filter((one) => one.name === network))
    .flatMap(({ ranges }) => ranges.map(({ subnet }) => subnet));
  const hosts = () => {
    const neighbours = others.filter((other) => other.network === network).flatMap((other) => other.nodes);
    return [...nodes.map(({ value }) => value), ...neighbours].map(({ ip }) => `${ip}/32`);
  };
  const blocks = nodes.filter(({ value }) => value.podIndex !== undefined).length;
  const { own, exhausted } = chooseRanges({
    ...{ asked, pools, configuration, blocks },
    others: others.map(({ ranges }) => ranges),
    avoid: () => [...hosts(), ...subnets].flatMap((text) => parseBlock(text) ?? []),
  });
  const ranges = rangesOf(own, configuration);
  const specs = nodes.map(({ value }) => value);
  return {
    own,
    problems: [
      ...poolProblems({
        ...{
          name,
          pool: poolOf({ bgp }),
          api: announcedApi({ apiserver }),
          uplink,
          uplinkRouters: uplinkRouters({ uplink }),
          ranges,
          routers: routerAddresses(bgp),
          nodes: specs,
        },
        ...{ others, subnets },
      }),
      ...rangesInPools({ name, ranges }, others),
      ...rangeProblems({
        ...{ name, network, routers: routerAddresses(bgp), own, configuration },
        ...{ others, subnets, exhausted, blocks },
      }),
    ],
  };
}

/** What a body says of the network that contradicts itself, or that this configuration does not have. */
function networkConflicts(
  { bgp, policy, conflict }: AskedNetwork,
  configuration: ClusterConfiguration | undefined,
  nodes: ClusterParts["nodes"],
): readonly BodyProblem[] {
  if (conflict !== undefined) return [{ ...conflict, kind: "input" }];
  if (configuration === undefined) return [];
  const specs = nodes.map(({ value }) => value);
  const types = new Set(specs.map(({ type }) => type));
  const remedies = (lacking: string) =>
    lacking === "" ? [] : [`cke.conf-${configuration.version}.yaml has ${lacking}: add what default_cfg has`];
  const mesh = meshProblem({ bgp }, specs);
  const routing =
    bgp === undefined
      ? []
      : [...remedies(lackingForBgp(configuration, types)), ...(mesh === "" ? [] : [`${mesh}: make several clusters`])];
  const policies = policy === undefined ? [] : remedies(lackingForPolicies(configuration, types));
  const problem = (field: "provider" | "policy", instead: string) => (words: string) =>
    ({
      path: `network.${field}`,
      message: `${words}, or let network.${field} be "${instead}"`,
      kind: "impossible",
    }) as const;
  return [...routing.map(problem("provider", "static")), ...policies.map(problem("policy", "none"))];
}

/** Throws SpecInvalidError: 422 when the body is well-formed and only impossible, else 400. */
export function readCluster(input: unknown, context: ReadContext): ReadResult {
  const found = new Findings();
  const fields = found.object(input, "");
  if (fields === undefined) throw new SpecInvalidError(found.problems.map(({ path, message }) => ({ path, message })));
  const nameField = fields.cluster_name === undefined && fields.name !== undefined ? "name" : "cluster_name";
  const name = found.parse(clusterName, fields[nameField], nameField);
  const body = found.parse(clusterBody, fields, "");
  const routed = askedNetwork({
    ...{ network: body?.network, routers: body?.routers, pool: body?.loadbalancer_pool },
    uplink: body?.uplink,
  });
  const whole = chooseVersion(context.configurations, typeof fields.k8s_ver === "string" ? fields.k8s_ver : "");
  const configuration = whole && configurationFor(routed, whole);
  if (configuration === undefined) {
    const known = sortedVersions(context.configurations).join(", ");
    const asked =
      fields.k8s_ver === undefined ? "is missing, and no version is supported" : "is not a supported version";
    const shown = fields.k8s_ver === undefined ? "" : `; given is ${given(fields.k8s_ver)}`;
    found.add("k8s_ver", `${asked}: supported are ${known === "" ? "none" : known}${shown}`);
  }
  const ingresses: Located<IngressSpec>[] = (found.list(fields, ["ingresses"], "") ?? []).flatMap(({ value, path }) => {
    if (found.passesOver() || found.object(value, path) === undefined) return [];
    const parsed = found.parse(ingressBody, value, path);
    if (parsed === undefined) return [];
    return [{ path, value: { name: parsed.name, ...(parsed.port === undefined ? {} : { port: parsed.port }) } }];
  });
  const items = found.list(fields, ["kubenodes", "nodes"], "");
  if (items === undefined && fields.kubenodes === undefined && fields.nodes === undefined)
    found.add("kubenodes", "is missing: it must be a list of nodes");
  const readings = (items ?? []).flatMap((item) =>
    found.passesOver() ? [] : (readNode(found, item, configuration) ?? []),
  );
  const declare = ingressDeclarer(ingresses);
  declare(body?.ingress, "");
  const apiserver = toApiserver(body?.apiserver, poolOf(routed));
  const nodes = nodeSpecs(readings, { declare, pod: body?.pod ?? false, blocks: freeBlocks([]) });
  const ranges = readRanges(body, name ?? "", { ...routed, apiserver }, nodes, configuration, context);
  const problems = [
    ...found.problems,
    ...networkConflicts(routed, configuration, nodes),
    ...ranges.problems,
    ...checkCluster(
      {
        name: name ?? "",
        network: routed.network,
        routers: routerAddresses(routed.bgp),
        uplink: routed.uplink,
        ranges: ranges.own,
        nodes,
        ingresses,
        apiserver,
        bgp: routed.bgp,
        role: body?.role ?? "",
        attributes: body?.attributes ?? [],
        nodesPath: fields.kubenodes === undefined && fields.nodes !== undefined ? "nodes" : "kubenodes",
      },
      context,
      configuration,
      found.problems.length === 0,
    ),
  ];
  const ignored = ignoredClusterFields(wholeBody, fields);
  if (problems.length > 0 || name === undefined || body === undefined || configuration === undefined) {
    throw new SpecInvalidError(
      problems.map(({ path, message }) => ({ path, message })),
      problems.every(({ kind }) => kind === "impossible") ? 422 : 400,
      {
        ofHosts: problems.some(({ ofHosts }) => ofHosts === true),
        warnings: ignoredFieldsMessage(ignored),
        incomplete: found.incomplete,
      },
    );
  }
  return {
    ignored,
    passwords: routed.passwords,
    spec: {
      name,
      version: configuration.version,
      network: routed.network,
      ...(ranges.own.podCidr === undefined ? {} : { podCidr: ranges.own.podCidr }),
      ...(ranges.own.serviceCidr === undefined ? {} : { serviceCidr: ranges.own.serviceCidr }),
      ...(routed.bgp === undefined ? {} : { bgp: routed.bgp }),
      ...(routed.policy === undefined ? {} : { policy: routed.policy }),
      ...(routed.uplink === undefined ? {} : { uplink: routed.uplink }),
      units: nodes.map(({ value }) => value),
      ingresses: ingresses.map(({ value }) => value),
      ...(apiserver === undefined ? {} : { apiserver }),
      attributes: body.attributes,
      role: body.role,
      pod: body.pod,
      expect: body.expect,
    },
  };
}
