// The rule that nobody is removed unasked: an operator asks, and may give it up again.
import { readCluster } from "@cke/scheduler/kubernetes/cluster/cluster-reader";
import { anyImages } from "@cke/scheduler/kubernetes/configuration/version-images";
import { sampleConfiguration } from "@cke/scheduler/kubernetes/testing/sample-configuration";
import { smallBody } from "@cke/scheduler/kubernetes/testing/user-bodies";
import { newUnitRecord } from "@cke/scheduler/workload/records/records";
import { expect, test } from "vitest";
import { Checker } from "./checker.ts";

const nodes = ["m1", "m2", "m3"].map((name, index) => ({ name, type: "master", node_ip: `10.0.0.${index + 1}` }));
const { spec } = readCluster(smallBody({ name: "c", nodes }), {
  configurations: new Map([["1.36", sampleConfiguration()]]),
  existing: [],
  claimedPorts: [],
  images: anyImages,
  loadBalancer: false,
  roles: ["cke"],
});

const stage = (action: string) => ({ name: action, action, units: ["m2"] });
const replaced = {
  ...{ kind: "kubernetes", spec, createdAtMs: 0, deleting: false },
  plans: [
    {
      ...{ id: "1", goal: "replace", sinceMs: 1, by: "" },
      stages: [stage("leave-etcd"), stage("replace"), stage("join-etcd")],
      ...{ begun: ["m2:leave-etcd", "m2:replace"], done: ["m2:leave-etcd"], skipped: [] },
    },
  ],
};

function checkerOf(): Checker {
  const values = new Map<string, unknown>();
  const mesos = () => {
    throw new Error("nothing asks Mesos");
  };
  const checker = new Checker({ mesos, hosts: new Map(), values, now: () => 0, partitionGraceMs: 0 });
  const record = newUnitRecord("c", "m2", "i");
  values.set("units/c/m2", record);
  checker.applied([{ op: "put", key: "units/c/m2", value: record }]);
  return checker;
}

const unasked = "c/m2@i is being removed, and nobody has asked for that";

test.each<readonly [string, (checker: Checker) => void, string]>([
  ["nobody has asked for", () => undefined, unasked],
  ["was asked for", (checker) => checker.removalAsked("c", "m2"), ""],
  [
    "was given up, so that the master stays,",
    (checker) => {
      checker.removalAsked("c", "m2");
      checker.removalGivenUp("c", "m2");
    },
    unasked,
  ],
  [
    "was asked for again",
    (checker) => {
      checker.removalAsked("c", "m2");
      checker.removalGivenUp("c", "m2");
      checker.removalAsked("c", "m2");
    },
    "",
  ],
])("a removal that %s", (_title, ask, words) => {
  const checker = checkerOf();
  ask(checker);
  const store = () => checker.applied([{ op: "put", key: "workloads/c", value: replaced }]);
  if (words === "") expect(store).not.toThrow();
  else expect(store).toThrow(words);
});
