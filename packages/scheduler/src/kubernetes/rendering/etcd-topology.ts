// What a master's etcd and API server are started with. A founder knows the masters with which the cluster was created,
// so that nothing of it changes when others come and go. A master that joins later knows the members that etcd had then,
// and its API server uses its own etcd only: removed from etcd, it serves nothing any more. Pure.
import type { ClusterSpec, MasterPlace, NodeSpec } from "../cluster/cluster-spec.ts";
import { etcdMember, etcdPeerUrl } from "../configuration/computed-variables.ts";
import type { EtcdMaster } from "../etcd/membership.ts";
import type { NodeProcess } from "./node-processes.ts";

export interface EtcdTopology {
  /** The members with which its etcd is started, itself among them. */
  readonly etcdMembers: readonly MasterPlace[];
  /** The masters whose etcd its API server uses. */
  readonly etcdServers: readonly MasterPlace[];
}

const placeOf = ({ name, ip }: MasterPlace): MasterPlace => ({ name, ip });

export const mastersOf = ({ units }: Pick<ClusterSpec, "units">) => units.filter(({ type }) => type === "master");

/** The masters with which the cluster was created. */
export function foundersOf(cluster: ClusterSpec): readonly MasterPlace[] {
  return (
    cluster.founders ??
    mastersOf(cluster)
      .filter(({ joins }) => joins === undefined)
      .map(placeOf)
  );
}

export function etcdTopology(cluster: ClusterSpec, node: Pick<NodeSpec, "name" | "ip" | "joins">): EtcdTopology {
  if (node.joins === undefined) return { etcdMembers: foundersOf(cluster), etcdServers: foundersOf(cluster) };
  return { etcdMembers: [...node.joins, placeOf(node)], etcdServers: [placeOf(node)] };
}

/** The masters of the cluster as etcd knows them. */
export const etcdMasters = (cluster: ClusterSpec): readonly EtcdMaster[] =>
  mastersOf(cluster).map((master) => etcdMaster(cluster, master));

export const etcdMaster = (cluster: Pick<ClusterSpec, "name">, { name, ip }: MasterPlace): EtcdMaster => ({
  node: name,
  member: etcdMember(cluster.name, name),
  peerUrl: etcdPeerUrl(ip),
});

/** The process as it runs in a master that joins: its etcd founds no cluster, and nothing starts before its time. */
export function joining(process: NodeProcess): NodeProcess {
  const { conf } = process;
  const args = conf.args.map((argument) =>
    argument.key.replace(/^--?/, "") === "initial-cluster-state" ? { ...argument, value: "existing" } : argument,
  );
  return { ...process, conf: { ...conf, args, startWhen: [...conf.startWhen, ...conf.joinWhen] } };
}
