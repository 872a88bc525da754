import { CkeError } from "@cke/foundation";
import { describe, expect, it } from "vitest";
import { type ClusterRecord, clusterRecordSchema } from "../cluster/cluster-record.ts";
import type { ClusterSpec } from "../cluster/cluster-spec.ts";
import { foundingAfterLoss } from "./founding-after-loss.ts";

const spec = { name: "c", attributes: [], expect: "RUN", version: "1.36", network: "n", ingresses: [], units: [] };
const cluster: ClusterRecord = clusterRecordSchema.parse({ kind: "kubernetes", spec, createdAtMs: 1, deleting: false });
const next: ClusterSpec = { ...cluster.spec, founders: [{ name: "m1", ip: "10.0.0.1" }] };
const operations = [{ op: "put" as const, key: "renderings/c/m1", value: {} }];

function founding(nodes: readonly string[], failure?: Error) {
  const calls: string[] = [];
  const masters = {
    foundAnew: () => ({ spec: next, nodes: new Set(nodes) }),
    forget: () => void calls.push("forget"),
  };
  const create = () => {
    calls.push("create");
    if (failure !== undefined) throw failure;
    return { operations, nodes: new Map(), kubernetes: "" };
  };
  const found = () => foundingAfterLoss(cluster, masters, { create, keep: () => void calls.push("keep") });
  return { calls, found };
}

describe("foundingAfterLoss", () => {
  it("renders the masters whose part in etcd changes, and keeps what is stored", () => {
    const { calls, found } = founding(["m1"]);
    const made = found();
    expect(made).toMatchObject({ workload: { ...cluster, spec: next }, operations });
    expect(calls).toEqual(["create"]);
    if (!("problem" in made)) made.stored();
    expect(calls).toEqual(["create", "keep", "forget"]);
  });

  it("renders nothing when nothing changes", () => {
    const { calls, found } = founding([], new Error("not asked for"));
    const made = found();
    expect(made).toMatchObject({ operations: [] });
    if (!("problem" in made)) made.stored();
    expect(calls).toEqual(["forget"]);
  });

  it("says why they cannot be rendered, and what to do", () => {
    const { calls, found } = founding(["m1", "m2"], new CkeError("configuration_invalid", "there is no file any more"));
    expect(found()).toEqual({
      problem: expect.stringMatching(/^m1, m2 cannot .*: there is no file any more; put cke\.conf-1\.36\.yaml back/),
    });
    expect(calls).toEqual(["create"]);
  });

  it.each([new TypeError("a defect"), new CkeError("store_corrupt", "another thing")])("throws %s", (failure) => {
    expect(founding(["m1"], failure).found).toThrow(failure);
  });
});
