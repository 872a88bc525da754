// Whether the etcd of one master may be stopped: not where its cluster would have no majority of its etcd members afterwards, for then
// its API server answers nothing. Pure.

/** A master of the cluster whose etcd is a member already. */
export interface EtcdMaster {
  readonly node: string;
  /** Its etcd is to run. */
  readonly wanted: boolean;
  readonly healthy: boolean;
  /** All of its node is not to run. Absent: not so. */
  readonly nodeStopped?: boolean;
}

/** Why the etcd of `node` is not to be stopped; undefined when it may be. */
export function quorumProblem(node: string, masters: readonly EtcdMaster[]): string | undefined {
  const own = masters.find((master) => master.node === node);
  if (own === undefined || !own.wanted) return undefined;
  const quorum = Math.floor(masters.length / 2) + 1;
  const others = masters.filter((master) => master !== own && master.wanted);
  const healthy = others.filter((master) => master.healthy);
  // What does not run now does not make it worse: but it is to run again, and this one is not.
  const costs = others.length < quorum || (own.healthy && healthy.length < quorum && healthy.length + 1 >= quorum);
  if (!costs) return undefined;
  const left = healthy.length === 0 ? "none" : healthy.map((master) => master.node).join(", ");
  const of = masters.length === 1 ? "the only master" : `${masters.length} masters, of which ${quorum} are needed`;
  return `without the etcd of "${node}" the cluster has no quorum, and its API server answers nothing (${of}; healthy beside it: ${left}). Start or mend the others first, or stop it all the same with ?force=true`;
}

/** Why a cluster has no quorum until an operator starts an etcd or a node again: so many of these masters' are stopped on request. "" when it may have one. */
export function stoppedQuorum(masters: readonly Pick<EtcdMaster, "node" | "wanted" | "nodeStopped">[]): string {
  const stopped = masters.filter(({ wanted }) => !wanted);
  const quorum = Math.floor(masters.length / 2) + 1;
  if (stopped.length === 0 || masters.length - stopped.length >= quorum) return "";
  const namesOf = (list: typeof stopped) => list.map(({ node }) => node).join(" and ");
  const nodes = stopped.filter(({ nodeStopped }) => nodeStopped === true);
  const etcds = stopped.filter((master) => !nodes.includes(master));
  const words = [
    ...(nodes.length === 1 ? [`node ${namesOf(nodes)} is stopped`] : []),
    ...(nodes.length > 1 ? [`nodes ${namesOf(nodes)} are stopped`] : []),
    ...(etcds.length > 0 ? [`etcd of ${namesOf(etcds)} is stopped`] : []),
  ];
  return `no quorum: ${words.join(" and ")} on request (expect: STOP)`;
}
