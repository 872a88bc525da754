// What an operator does about masters whose data is lost: they are replaced, or, where etcd has no majority any more, their cluster
// is deleted.
import { clusterSpecSchema } from "@cke/scheduler/kubernetes/cluster/cluster-spec";
import { nodeOf, workloadOf } from "../scheduler/stored-nodes.ts";
import type { World } from "../world/world.ts";

export async function replaceLostMasters(world: World): Promise<void> {
  for (const [key, value] of [...world.store.values]) {
    if (!key.startsWith("units/")) continue;
    const { workload: name, unit, dataLost } = nodeOf(value);
    const stored = world.store.values.get(`workloads/${name}`);
    if (dataLost === undefined || stored === undefined) continue;
    const workload = workloadOf(stored);
    if (workload.deleting || workload.kind !== "kubernetes") continue;
    const { units } = clusterSpecSchema.parse(workload.spec);
    const masters = units.filter(({ type }) => type === "master");
    const withData = masters.filter((one) => {
      const record = world.store.values.get(`units/${name}/${one.name}`);
      return record !== undefined && nodeOf(record).home !== "";
    });
    // Without any data they begin anew by themselves.
    if (withData.length === 0) continue;
    if (withData.length * 2 > masters.length) {
      world.checker.removalAsked(name, unit);
      await world.ask(`replace ${key}`, ({ nodes }) => nodes.replace(name, unit, "an operator"));
    } else await world.ask(`give ${name} up`, ({ service }) => service.remove(name));
  }
}
