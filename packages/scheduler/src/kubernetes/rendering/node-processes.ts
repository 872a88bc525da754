// Which processes a node runs: the user's list completed with what is required, or all of the configuration's.
import type { NodeSpec, ProcessSpecification } from "../cluster/cluster-spec.ts";
import type { NodeConfiguration, ProcessConfiguration } from "../configuration/configuration.ts";

export interface NodeProcess {
  readonly name: string;
  readonly type: string;
  /** CPUs and MiB. */
  readonly res: { readonly cpu: number; readonly mem: number };
  readonly conf: ProcessConfiguration;
  /** What the user said of it; absent for one that comes from the configuration alone. */
  readonly asked: ProcessSpecification | undefined;
}

/** In the order of the configuration. Types that the configuration does not know are left out: the reader refused them. */
export function processesOf(node: NodeSpec, configuration: NodeConfiguration): readonly NodeProcess[] {
  return configuration.processes.flatMap((conf): NodeProcess[] => {
    const asked = node.processes?.find(({ type }) => type === conf.type);
    if (asked === undefined && node.processes !== undefined && !conf.required) return [];
    return [{ name: asked?.name ?? conf.name, type: conf.type, res: asked?.res ?? conf.res, conf, asked }];
  });
}
