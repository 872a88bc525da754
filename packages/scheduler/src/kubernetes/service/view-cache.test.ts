import { expect, test } from "vitest";
import { readCluster } from "../../kubernetes/cluster/cluster-reader.ts";
import { anyImages } from "../../kubernetes/configuration/version-images.ts";
import { sampleConfiguration } from "../../kubernetes/testing/sample-configuration.ts";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import { newUnitRecord } from "../../workload/records/records.ts";
import type { ClusterRecord } from "../cluster/cluster-record.ts";
import { ViewCache } from "./view-cache.ts";

const { spec } = readCluster(smallBody(), {
  configurations: new Map([["1.36", sampleConfiguration()]]),
  existing: [],
  claimedPorts: [],
  loadBalancer: false,
  roles: ["*"],
  images: anyImages,
});
const cluster: ClusterRecord = { kind: "kubernetes", spec, createdAtMs: 0, deleting: false };
const [a, b] = [newUnitRecord("c", "a", "1"), newUnitRecord("c", "b", "1")];

test("a view is made anew only when a record is another one", () => {
  const cache = new ViewCache<number>();
  let made = 0;
  const view = (nodes: readonly (typeof a)[], of = cluster) => cache.of(of, nodes, () => ++made);
  expect(view([a, b])).toBe(1);
  expect(view([a, b])).toBe(1);
  expect(view([a, { ...b, failures: 1 }])).toBe(2);
  expect(view([a])).toBe(3);
  expect(view([a], { ...cluster, deleting: true })).toBe(4);
  expect(view([a])).toBe(3);
});

test("a view is made anew when something beside the records is another one", () => {
  const cache = new ViewCache<string>();
  const view = (address: string) =>
    cache.of(
      cluster,
      [a],
      () => address,
      (known) => known === address,
    );
  expect(view("first")).toBe("first");
  expect(view("second")).toBe("second");
  expect(view("second")).toBe("second");
});
