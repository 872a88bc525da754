// What is stored when the masters of a cluster, of which none has data any more, found another etcd.
import { CkeError } from "@cke/foundation";
import type { KindBeginning, PreventedBeginning } from "../../workload/kinds/workload-kind.ts";
import type { ClusterRecord } from "../cluster/cluster-record.ts";
import type { ClusterSpec } from "../cluster/cluster-spec.ts";
import type { NewRenderings, Renderings } from "../rendering/renderings.ts";
import type { MasterPlans } from "../steps/node-action.ts";

/** What is stored for the new etcd; or why the masters cannot be rendered for it, and what to do. */
export function foundingAfterLoss(
  cluster: ClusterRecord,
  masters: Pick<MasterPlans, "foundAnew" | "forget">,
  renderings: Pick<Renderings, "create" | "keep">,
): KindBeginning | PreventedBeginning {
  const { spec, nodes } = masters.foundAnew(cluster);
  const made = nodes.size === 0 ? undefined : rendered(spec, nodes, renderings);
  if (made !== undefined && "problem" in made) return made;
  const stored = () => {
    if (made !== undefined) renderings.keep(spec.name, made);
    masters.forget(cluster);
  };
  return { workload: { ...cluster, spec }, operations: made?.operations ?? [], stored };
}

/** Other founders mean other renderings, and these need the configuration, which an operator may have taken away or changed. */
function rendered(
  spec: ClusterSpec,
  nodes: ReadonlySet<string>,
  renderings: Pick<Renderings, "create">,
): NewRenderings | PreventedBeginning {
  try {
    return renderings.create(spec, nodes);
  } catch (error) {
    if (!(error instanceof CkeError && error.code === "configuration_invalid")) throw error;
    const file = `cke.conf-${spec.version}.yaml`;
    return {
      problem: `${[...nodes].join(", ")} cannot be rendered for another etcd: ${error.message}; put ${file} back as it was and start the scheduler again, or delete the cluster`,
    };
  }
}
