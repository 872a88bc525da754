// What a request is told of nodes that are bound to hosts which are not known. They are taken: such a host may come later, with a Docker
// network that no other host has. Each waits for its host, and `pending` says so; who has mistyped a name sees it at once.
import type { FrameworkComponents } from "../../framework/loop/composition.ts";
import type { ClusterSpec, NodeSpec } from "../cluster/cluster-spec.ts";
import { networkProblems } from "../cluster/network-checks.ts";

/** So many are told one by one. */
const toldHosts = 10;

type Known = Pick<FrameworkComponents, "agentNames" | "inventory">;

/** One sentence for each node whose host is not known; the last one counts the others. */
export function hostWarnings(
  {
    agentNames,
    inventory,
  }: {
    readonly agentNames: Pick<Known["agentNames"], "problem">;
    readonly inventory: Pick<Known["inventory"], "known">;
  },
  { network }: Pick<ClusterSpec, "network">,
  nodes: readonly NodeSpec[],
): readonly string[] {
  const bound = nodes.flatMap((node) => {
    const problem = agentNames.problem({ host: node.host, home: "", homeOnly: false, executor: undefined });
    return problem === "" ? [] : [{ node, problem }];
  });
  const known = bound.length === 0 ? undefined : inventory.known();
  const told = bound.slice(0, toldHosts).map(({ node, problem }) => {
    const anywhere = [{ value: { ...node, host: "*", attributes: [] }, path: node.name, processes: undefined }];
    const [doubt] =
      known === undefined
        ? []
        : networkProblems({ network, nodes: anywhere, attributes: [] }, { ...known, complete: false });
    const address = doubt === undefined ? "" : `; its address ${doubt.message}, and is taken for that host alone`;
    return `node "${node.name}" waits for its host: ${problem}${address}`;
  });
  const more = bound.length - told.length;
  return more === 0 ? told : [...told, `${more} more wait for hosts that are not known`];
}
