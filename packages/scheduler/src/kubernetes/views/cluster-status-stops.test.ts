// The status of a cluster in which masters, or their etcds, are stopped on request: with too few left it has no quorum.
import { expect, test } from "vitest";
import { newTaskRecord, newUnitRecord } from "../../workload/records/records.ts";
import { clusterRecordSchema } from "../cluster/cluster-record.ts";
import { sampleLaunch } from "../testing/sample-records.ts";
import { clusterStatus, clusterStatusReason } from "./cluster-status.ts";

/** A master by its letter: `r` runs, `n` is stopped as a node, `e` has an etcd that is stopped. */
const specOf = (letter: string, index: number) => ({
  ...{ name: `m${index + 1}`, type: "master", host: "*", ip: `10.0.0.${index + 1}`, ingresses: [], attributes: [] },
  ...{ reservation: false, expect: letter === "n" ? "STOP" : "RUN" },
  ...(letter === "e"
    ? { processes: [{ name: "etcd", type: "etcd", expect: "STOP", cmd: "", options: [], envs: [], attributes: [] }] }
    : {}),
});

const recordsOf = (letters: string) => {
  const names = [...letters];
  const cluster = clusterRecordSchema.parse({
    kind: "kubernetes",
    spec: {
      ...{ name: "c", version: "1", network: "n", ingresses: [], attributes: [], expect: "RUN" },
      units: names.map(specOf),
    },
    createdAtMs: 1,
    deleting: false,
  });
  const runs = { ...newTaskRecord({ taskId: "t", process: "", configHash: "", failures: 0 }, 0), healthy: true };
  const launch = sampleLaunch({ tasks: [{ ...runs, state: "TASK_RUNNING" }] });
  const nodes = names.map((letter, index) => ({
    ...newUnitRecord("c", `m${index + 1}`, "i"),
    ...(letter === "n" ? {} : { launch }),
    servedAtMs: 5,
  }));
  return { cluster, nodes, required: () => [] };
};

test.each<readonly [string, string, string]>([
  ["rrr", "running", ""],
  ["rrn", "running", ""],
  ["rre", "running", ""],
  ["enr", "failed", "no quorum: node m2 is stopped and etcd of m1 is stopped on request (expect: STOP)"],
  ["rnn", "failed", "no quorum: nodes m2 and m3 are stopped on request (expect: STOP)"],
  ["een", "failed", "no quorum: node m3 is stopped and etcd of m1 and m2 is stopped on request (expect: STOP)"],
  ["n", "failed", "no quorum: node m1 is stopped on request (expect: STOP)"],
])("masters %s: %s", (letters, status, reason) => {
  const records = recordsOf(letters);
  expect([clusterStatus(records), clusterStatusReason(records)]).toEqual([status, reason]);
});
