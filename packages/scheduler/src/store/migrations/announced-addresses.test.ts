import { expect, test } from "vitest";
import { clusterSpecSchema } from "../../kubernetes/cluster/cluster-spec.ts";
import { poolOf } from "../../kubernetes/network/network-spec.ts";
import { workloadRecordSchema } from "../../workload/records/records.ts";
import { announcedAddresses } from "./announced-addresses.ts";
import { currentFormat, migrated, migrations } from "./migrations.ts";
import { storeOf28ee906, storeOf4831b99 } from "./testing/earlier-stores.ts";

test.each([storeOf28ee906, storeOf4831b99])("a cluster of an earlier store has no pool", (storeOf) => {
  expect(migrations.indexOf(announcedAddresses)).toBe(4);
  expect(currentFormat).toBeGreaterThanOrEqual(6);
  const all = migrated(storeOf(), 1);
  expect(migrated(all, 5)).toEqual(all);
  const clusters = [...all].flatMap(([key, value]) => {
    const record = key.startsWith("workloads/") ? workloadRecordSchema.parse(value) : undefined;
    return record?.kind === "kubernetes" ? [clusterSpecSchema.parse(record.spec)] : [];
  });
  expect(clusters.map(poolOf)).toEqual(clusters.map(() => []));
  expect(clusters.length).toBeGreaterThan(0);
});
