// The status of a cluster with masters that were added to it: they are members of etcd before they serve.
import { expect, test } from "vitest";
import { newUnitRecord, type UnitRecord } from "../../workload/records/records.ts";
import { type ClusterRecord, clusterRecordSchema } from "../cluster/cluster-record.ts";
import { clusterStatus } from "./cluster-status.ts";

const master = { ...{ type: "master", host: "*", ingresses: [], attributes: [] }, reservation: false, expect: "RUN" };
/** Its first masters, and those that were added. */
const cluster = (founders: readonly string[], added: readonly string[]): ClusterRecord =>
  clusterRecordSchema.parse({
    kind: "kubernetes",
    spec: {
      ...{ name: "c", version: "1", network: "n", ingresses: [], attributes: [], expect: "RUN" },
      units: [
        ...founders.map((name, index) => ({ ...master, name, ip: `10.0.0.${index + 1}` })),
        ...added.map((name, index) => ({ ...master, name, ip: `10.0.1.${index + 1}`, late: true, joins: [] })),
      ],
    },
    createdAtMs: 1,
    deleting: false,
  });
const fresh = (name: string): UnitRecord => newUnitRecord("c", name, "i");
const served = (name: string): UnitRecord => ({ ...fresh(name), servedAtMs: 5 });
const hopeless = (name: string): UnitRecord => ({ ...fresh(name), needsHelp: true });

test.each<[string, ClusterRecord, readonly UnitRecord[], string]>([
  ["the first one has served", cluster(["m1"], ["m2", "m3"]), [served("m1"), fresh("m2"), fresh("m3")], "degraded"],
  [
    "the first one has served, the others cannot",
    cluster(["m1"], ["m2", "m3"]),
    [served("m1"), hopeless("m2"), hopeless("m3")],
    "degraded",
  ],
  ["none has served since a start", cluster(["m1"], ["m2", "m3"]), ["m1", "m2", "m3"].map(fresh), "starting"],
  [
    "none has served, and most cannot",
    cluster(["m1"], ["m2", "m3"]),
    [fresh("m1"), hopeless("m2"), hopeless("m3")],
    "failed",
  ],
  [
    "one of two first ones has served",
    cluster(["m1", "m2"], ["m3"]),
    [served("m1"), fresh("m2"), fresh("m3")],
    "starting",
  ],
  ["all first ones are gone, and none has served", cluster([], ["m2", "m3"]), [fresh("m2"), fresh("m3")], "starting"],
])("a cluster with masters that were added: %s", (_what, of, nodes, status) => {
  expect(clusterStatus({ cluster: of, nodes, required: () => [{ name: "etcd", mayFinish: false }] })).toBe(status);
});
