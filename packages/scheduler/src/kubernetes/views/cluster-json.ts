// A cluster's specification as the JSON of the API, in the dialect that the user's clients post.
import type { ApiserverSpec, ClusterSpec, NodeSpec, ProcessSpecification } from "../cluster/cluster-spec.ts";
import { defaultAsn } from "../network/network-spec.ts";
import type { RouterSpec } from "../network/router-spec.ts";
import type { UplinkSpec } from "../network/uplink-spec.ts";

function processJson(process: ProcessSpecification): Readonly<Record<string, unknown>> {
  const { name, type, res, cmd, options, envs, attributes, expect } = process;
  return {
    name,
    type,
    ...(res === undefined ? {} : { res: { cpu: res.cpu, memory: res.mem } }),
    ...(cmd === "" ? {} : { cmd }),
    options,
    ...(envs.length === 0 ? {} : { envs }),
    ...(attributes.length === 0 ? {} : { attributes }),
    ...(expect === "RUN" ? {} : { expect }),
  };
}

function nodeJson(node: NodeSpec, cluster: ClusterSpec): Readonly<Record<string, unknown>> {
  return {
    name: node.name,
    type: node.type,
    host: node.host,
    node_ip: node.ip,
    ...(node.uplinkIp === undefined ? {} : { uplink_ip: node.uplinkIp }),
    ...(node.ingresses.length === 0 ? {} : { ingresses: node.ingresses }),
    ...(node.type === "console" ? { gottyport: node.gottyPort === undefined ? "" : String(node.gottyPort) } : {}),
    ...(node.processes === undefined ? {} : { process: node.processes.map(processJson) }),
    ...(node.attributes.length === 0 ? {} : { attributes: node.attributes }),
    ...(Object.keys(node.labels ?? {}).length === 0 ? {} : { labels: node.labels }),
    ...((node.taints ?? []).length === 0 ? {} : { taints: node.taints }),
    ...(node.reservation ? { reservation: true } : {}),
    ...(node.pod === cluster.pod ? {} : { pod: node.pod }),
    ...(node.expect === "RUN" ? {} : { expect: node.expect }),
  };
}

const apiserverJson = ({ expose, port, address }: ApiserverSpec): Readonly<Record<string, unknown>> => ({
  expose,
  ...(address === undefined ? {} : { address }),
  ...(port === undefined ? {} : { port: `${port.number}/${port.protocol}` }),
});

/** Passwords are not told. */
function networkJson({ network, bgp, policy, uplink }: ClusterSpec): Readonly<Record<string, unknown>> {
  const enforced = policy === undefined ? {} : { policy };
  if (bgp === undefined) return { network: policy === undefined ? network : { name: network, ...enforced } };
  const { asn, routers, pool } = bgp;
  return {
    network: { name: network, provider: "bgp", ...(asn === defaultAsn ? {} : { asn }), ...enforced },
    ...(pool === undefined ? {} : { loadbalancer_pool: pool }),
    ...routersJson(routers),
    ...(uplink === undefined ? {} : { uplink: uplinkJson(uplink) }),
  };
}

const routersJson = (routers: readonly RouterSpec[]) =>
  routers.length === 0 ? {} : { routers: routers.map(({ address, asn }) => ({ address, asn })) };

const uplinkJson = ({ network, routers, snat, floatingPool }: UplinkSpec): Readonly<Record<string, unknown>> => ({
  network,
  ...routersJson(routers),
  ...(snat === undefined ? {} : { snat }),
  ...(floatingPool === undefined ? {} : { floating_pool: floatingPool }),
});

/** Posting the result again gives an equal specification, but for passwords of routers, which must be named again. */
export function clusterJson(spec: ClusterSpec): Readonly<Record<string, unknown>> {
  return {
    cluster_name: spec.name,
    cluster_type: "k8s",
    k8s_ver: spec.version,
    ...networkJson(spec),
    ...(spec.podCidr === undefined ? {} : { pod_cidr: spec.podCidr }),
    ...(spec.serviceCidr === undefined ? {} : { service_cidr: spec.serviceCidr }),
    kubenodes: spec.units.map((node) => nodeJson(node, spec)),
    ingresses: spec.ingresses.map(({ name, port }) => ({
      name,
      ...(port === undefined ? {} : { port: `${port.number}/${port.protocol}` }),
    })),
    ...(spec.apiserver === undefined ? {} : { apiserver: apiserverJson(spec.apiserver) }),
    ...(spec.attributes.length === 0 ? {} : { attributes: spec.attributes }),
    ...(spec.role === "" ? {} : { role: spec.role }),
    ...(spec.pod ? { pod: true } : {}),
    ...(spec.expect === "RUN" ? {} : { expect: spec.expect }),
  };
}
