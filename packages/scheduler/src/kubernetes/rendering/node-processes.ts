// The processes of a node: the user's list with the required ones added, or all of the configuration's.
import type { NodeSpec, ProcessSpecification } from "../cluster/cluster-spec.ts";
import type { NodeConfiguration, ProcessConfiguration } from "../configuration/configuration.ts";

export interface NodeProcess {
  readonly name: string;
  readonly type: string;
  /** CPUs and MiB. */
  readonly res: { readonly cpu: number; readonly mem: number };
  readonly conf: ProcessConfiguration;
  /** The user's values; absent for a process that comes from the configuration only. */
  readonly asked: ProcessSpecification | undefined;
}

/**
 * In the order of the configuration. Types that the configuration does not have are left out; the reader has refused
 * them.
 */
export function processesOf(node: NodeSpec, configuration: NodeConfiguration): readonly NodeProcess[] {
  return configuration.processes.flatMap((conf): NodeProcess[] => {
    const asked = node.processes?.find(({ type }) => type === conf.type);
    if (asked === undefined && node.processes !== undefined && !conf.required) return [];
    return [{ name: asked?.name ?? conf.name, type: conf.type, res: asked?.res ?? conf.res, conf, asked }];
  });
}
