// Where a cluster's API server is reached: through the scheduler, on the masters' hosts, at the load balancer, or in the cluster's own
// network. Pure.
import { CkeError } from "@cke/foundation";
import { type UnitRecord, unitTaskOf } from "../../workload/records/records.ts";
import { isToLeave } from "../../workload/records/removal-state.ts";
import type { ClusterRecord } from "../cluster/cluster-record.ts";
import { announcedApi, type ClusterSpec, publishedApiserver } from "../cluster/cluster-spec.ts";
import { apiserverPort } from "../configuration/ports.ts";
import { apiVips, exposesByBalancer } from "../load-balancer/api-vip.ts";
import type { LoadBalancerView } from "../load-balancer/load-balancer-view.ts";

export const vias = ["scheduler", "port", "spider-lb", "bgp", "direct"] as const;
export type Via = (typeof vias)[number];

export interface ApiAddress {
  readonly via: Via;
  /** URL that its API begins with. */
  readonly server: string;
}

export interface ReachableCluster {
  readonly cluster: Pick<ClusterRecord, "spec" | "plans">;
  readonly nodes: readonly UnitRecord[];
  /** Null without one. */
  readonly loadBalancer: Pick<LoadBalancerView, "vip" | "hosts"> | null;
}

/** `schedulerUrl`: as whoever asks reaches this scheduler. */
function addressVia(input: ReachableCluster, via: Via, schedulerUrl: string): string | undefined {
  const { spec } = input.cluster;
  if (via === "scheduler") return `${schedulerUrl}/k8s/v1/clusters/${encodeURIComponent(spec.name)}/apiserver`;
  if (via === "spider-lb") return balancedAddress(input);
  if (via === "bgp") {
    const address = announcedApi(spec);
    return address === undefined ? undefined : httpsUrl(address, apiserverPort);
  }
  const master = servingMaster(input);
  if (via === "direct") return master === undefined ? undefined : `https://${master.ip}:${apiserverPort}`;
  const port = publishedApiserver(spec);
  const hostname = master?.hostname ?? "";
  if (port === undefined || hostname === "") return undefined;
  return httpsUrl(hostname, port);
}

const httpsUrl = (host: string, port: number) => `https://${host.includes(":") ? `[${host}]` : host}:${port}`;

/** The load balancer passes a port on as it is, once it has an address of its own and a master to pass it on to. */
function balancedAddress({ cluster: { spec }, loadBalancer }: ReachableCluster): string | undefined {
  if (loadBalancer === null) return undefined;
  const [vip] = apiVips(spec, loadBalancer.vip);
  const hasMaster = mastersOf(spec).some(({ ip }) => loadBalancer.hosts.includes(ip));
  return vip !== undefined && hasMaster ? httpsUrl(vip, apiserverPort) : undefined;
}

/** The first address that can be used now, in the order that the cluster's `apiserver.expose` says. */
export function apiAddress(input: ReachableCluster, schedulerUrl: string): ApiAddress {
  const { apiserver } = input.cluster.spec;
  const exposed: readonly string[] = apiserver?.expose ?? ["scheduler"];
  const wanted: readonly Via[] = [...exposed.flatMap((name) => vias.find((via) => via === name) ?? []), "direct"];
  for (const via of wanted) {
    const server = addressVia(input, via, schedulerUrl);
    if (server !== undefined) return { via, server };
  }
  return { via: "direct", server: "" };
}

/** The address of one kind. Throws a CkeError (409) that says why there is none. */
export function apiAddressVia(input: ReachableCluster, via: Via, schedulerUrl: string): ApiAddress {
  const server = addressVia(input, via, schedulerUrl);
  if (server !== undefined) return { via, server };
  const words =
    via === "spider-lb"
      ? unbalancedWords(input)
      : via === "bgp"
        ? `the API server of cluster "${input.cluster.spec.name}" has no address of its own: that is said at its creation, like "apiserver": {"expose": ["bgp"], "address": "10.99.3.1"}; use ?via=scheduler`
        : unpublishedWords(input);
  throw new CkeError("api_not_published", words, { status: 409 });
}

function unpublishedWords({ cluster: { spec } }: ReachableCluster): string {
  return publishedApiserver(spec) === undefined
    ? `the API server of cluster "${spec.name}" is not published on its masters' hosts: that is said at its creation, like "apiserver": {"expose": ["port"], "port": "16443/tcp"}; use ?via=scheduler`
    : `no master of cluster "${spec.name}" has been launched, so there is no host yet that publishes its API server; ask again later`;
}

function unbalancedWords({ cluster: { spec }, loadBalancer }: ReachableCluster): string {
  if (!exposesByBalancer(spec))
    return `the API server of cluster "${spec.name}" is not registered with the load balancer: that is said at its creation, like "apiserver": {"expose": ["spider-lb"]}; use ?via=scheduler`;
  if (apiVips(spec, loadBalancer?.vip ?? []).length === 0)
    return `the load balancer has not told an address for cluster "${spec.name}" yet; load_balancer.problem in GET …/state says why when it fails; ask again later, or use ?via=scheduler`;
  return `no master of cluster "${spec.name}" is registered with the load balancer yet, for none has run; ask again later, or use ?via=scheduler`;
}

/** The first master that runs well; else one that was launched; else any. One that is to leave comes after those that stay. */
function servingMaster({ cluster, nodes }: ReachableCluster) {
  const rank = ({ launch }: Pick<UnitRecord, "launch">): number => {
    const task = launch === undefined || launch.cleanup ? undefined : unitTaskOf(launch);
    if (task === undefined) return 2;
    return task.state === "TASK_RUNNING" && task.healthy ? 0 : 1;
  };
  const masters = mastersOf(cluster.spec).map(({ name, ip }) => {
    const record = nodes.find(({ unit }) => unit === name);
    const late = isToLeave(cluster, name) ? 3 : 0;
    return { ip, rank: rank(record ?? {}) + late, hostname: record?.launch?.hostname ?? "" };
  });
  return masters.toSorted((left, right) => left.rank - right.rank)[0];
}

const mastersOf = ({ units }: ClusterSpec) => units.filter(({ type }) => type === "master");
