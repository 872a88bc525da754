import { expect, test } from "vitest";
import { clusterSpecSchema } from "../../kubernetes/cluster/cluster-spec.ts";
import { rangesOf } from "../../kubernetes/ranges/cluster-ranges.ts";
import { sampleConfiguration } from "../../kubernetes/testing/sample-configuration.ts";
import { workloadRecordSchema } from "../../workload/records/records.ts";
import { clusterRanges } from "./cluster-ranges.ts";
import { currentFormat, migrated, migrations } from "./migrations.ts";
import { storeOf28ee906, storeOf4831b99 } from "./testing/earlier-stores.ts";

test.each([storeOf28ee906, storeOf4831b99])(
  "a cluster of an earlier store keeps the ranges of its configuration",
  (storeOf) => {
    expect(migrations.indexOf(clusterRanges)).toBe(2);
    expect(currentFormat).toBeGreaterThanOrEqual(4);
    const third = migrated(storeOf(), 1);
    expect(migrated(third, 3)).toEqual(third);
    const records = [...third].flatMap(([key, value]) =>
      key.startsWith("workloads/") ? [workloadRecordSchema.parse(value)] : [],
    );
    const specs = records.filter(({ kind }) => kind === "kubernetes").map(({ spec }) => clusterSpecSchema.parse(spec));
    expect(specs.length).toBeGreaterThan(0);
    for (const spec of specs) {
      expect([spec.podCidr, spec.serviceCidr]).toEqual([undefined, undefined]);
      expect(rangesOf(spec, sampleConfiguration())).toEqual({ pods: "10.244.0.0/16", services: "10.96.0.0/16" });
    }
  },
);
