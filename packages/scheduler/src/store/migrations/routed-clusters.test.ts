import { expect, test } from "vitest";
import { clusterSpecSchema } from "../../kubernetes/cluster/cluster-spec.ts";
import { networkProviderOf } from "../../kubernetes/network/network-provider.ts";
import { workloadRecordSchema } from "../../workload/records/records.ts";
import { currentFormat, migrated, migrations } from "./migrations.ts";
import { routedClusters } from "./routed-clusters.ts";
import { storeOf28ee906, storeOf4831b99 } from "./testing/earlier-stores.ts";

test.each([storeOf28ee906, storeOf4831b99])("a cluster of an earlier store keeps its static routes", (storeOf) => {
  expect(migrations.indexOf(routedClusters)).toBe(3);
  expect(currentFormat).toBeGreaterThanOrEqual(5);
  const all = migrated(storeOf(), 1);
  expect(migrated(all, 4)).toEqual(all);
  const records = [...all].flatMap(([key, value]) =>
    key.startsWith("workloads/") ? [workloadRecordSchema.parse(value)] : [],
  );
  const specs = records.filter(({ kind }) => kind === "kubernetes").map(({ spec }) => clusterSpecSchema.parse(spec));
  expect(specs.length).toBeGreaterThan(0);
  for (const spec of specs) expect(networkProviderOf(spec).name).toBe("static");
});
