// From a cluster and the rendering of one of its nodes to what the node's keys and certificates are made of. Pure.
import type { ClusterRecord } from "../cluster/cluster-record.ts";
import { announcedApi, publishedApiserver } from "../cluster/cluster-spec.ts";
import { apiserverUrlFor } from "../configuration/computed-variables.ts";
import { apiVips } from "../load-balancer/api-vip.ts";
import type { NodeSecretsRequest } from "../pki/key-material.ts";
import type { RenderedNode } from "../rendering/node-renderer.ts";

/**
 * `hostname`: of the agent on which the node runs; "" when that is not known. `vip`: the addresses that the load balancer has named.
 * Undefined for a node that the cluster does not have.
 */
export function secretsRequest(
  { spec }: ClusterRecord,
  unit: string,
  rendered: RenderedNode,
  hostname: string,
  vip: readonly string[],
): NodeSecretsRequest | undefined {
  const node = spec.units.find(({ name }) => name === unit);
  if (node === undefined) return undefined;
  const masters = spec.units.filter(({ type }) => type === "master");
  const { registryCertificate } = rendered.kubeNode;
  // Whoever comes through the port that the host publishes asks for the host; whoever comes through the load balancer for its address.
  const published = publishedApiserver(spec) !== undefined && hostname !== "";
  const own = announcedApi(spec);
  const names = [...(published ? [hostname] : []), ...(own === undefined ? [] : [own]), ...apiVips(spec, vip)];
  const extraSans = node.type === "master" ? names : [];
  return {
    node: unit,
    nodeType: node.type,
    nodeIp: node.ip,
    masterIps: masters.map(({ ip }) => ip),
    serviceCidr: rendered.serviceCidr,
    apiServerUrl: apiserverUrlFor(node.type, masters[0]?.ip ?? "", rendered.kubeNode.apiBalancer?.port ?? 0),
    processTypes: rendered.processes.map(({ type }) => type),
    ...(extraSans.length === 0 ? {} : { extraSans }),
    ...(registryCertificate.length === 0 ? {} : { registryCertificate: new TextDecoder().decode(registryCertificate) }),
  };
}
