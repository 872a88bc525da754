// A rule: what is called stopped does not run. It holds at every moment, whoever has died: a scheduler that does not know whether
// something runs on a host does not say that it has stopped.
import type { RunningClusterService } from "@cke/scheduler/kubernetes/views/cluster-service";
import type { VmService } from "@cke/scheduler/vm/views/vm-service";
import { type Container, type Hosts, instanceKey, runsIn } from "../hosts/container.ts";
import { nodeOf } from "../scheduler/stored-nodes.ts";
import { Violation } from "./checker.ts";

interface Called {
  readonly service: Pick<RunningClusterService, "list" | "get" | "connected">;
  readonly vms: Pick<VmService, "list">;
}

/** What the API calls stopped, as `<workload>/<unit>`. */
function stopped({ service, vms }: Called): readonly { readonly key: string; readonly isVm: boolean }[] {
  return [
    ...service.list().flatMap(({ name, status }) =>
      service
        .get(name)
        .nodes.filter((node) => status === "stopped" || (node.expect === "STOP" && node.status === "killed"))
        .map((node) => ({ key: `${name}/${node.name}`, isVm: false })),
    ),
    ...vms.list().flatMap(({ name, status }) => (status === "stopped" ? [{ key: `${name}/vm`, isVm: true }] : [])),
  ];
}

/** What runs although it is called stopped. Of a VM counts its guest: before that was started nothing of it runs. */
export function runsThoughStopped(
  called: Called,
  values: ReadonlyMap<string, unknown>,
  hosts: Hosts,
): readonly string[] {
  return stopped(called).flatMap(({ key, isVm }) => {
    const stored = values.get(`units/${key}`);
    if (stored === undefined) return [];
    const { instance: own, orphaned } = nodeOf(stored);
    // Those before it, which were replaced, are of it too.
    const instances = new Set([own, ...orphaned.map(({ instance = own }) => instance)]);
    const runs = (container: Container | undefined, instance: string) =>
      runsIn(container, instance) && (!isVm || container?.started === true);
    return [...hosts].flatMap(([host, all]) =>
      [...instances].flatMap((instance) =>
        runs(all.get(instanceKey(key, instance)), instance) ? [`${key} is called stopped and runs on ${host}`] : [],
      ),
    );
  });
}

/** Throws a Violation. */
export function checkStopped({
  leader,
  store,
  hosts,
}: {
  readonly leader: Called | undefined;
  readonly store: { readonly values: ReadonlyMap<string, unknown> };
  readonly hosts: Hosts;
}): void {
  if (leader?.service.connected() !== true) return;
  const broken = runsThoughStopped(leader, store.values, hosts);
  if (broken.length > 0) throw new Violation(broken.join("; "));
}
