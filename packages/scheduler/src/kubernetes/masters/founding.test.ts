import { describe, expect, it } from "vitest";
import { newWorkloadPlan } from "../../workload/plans/workload-plan.ts";
import { entryKey, type WorkloadPlan } from "../../workload/records/plan-record.ts";
import { type ClusterSpec, clusterSpecSchema } from "../cluster/cluster-spec.ts";
import { foundedAnew, refounded } from "./founding.ts";
import { joinStages, leaveStages, replaceStages } from "./master-plans.ts";

const place = (name: string) => ({ name, ip: `10.0.0.${name.slice(1)}` });

/** "m1 m2+": a master of the beginning, and one that joined. */
function spec(masters: string, founders?: string): ClusterSpec {
  const names = masters.split(" ");
  const units = names.map((text) => {
    const name = text.replace("+", "");
    const others = names.map((one) => one.replace("+", "")).filter((one) => one !== name);
    return {
      ...{
        ...place(name),
        type: "master",
        host: "*",
        attributes: [],
        reservation: false,
        expect: "RUN",
        ingresses: [],
      },
      ...(text.endsWith("+") ? { joins: others.map(place) } : {}),
    };
  });
  return clusterSpecSchema.parse({
    ...{ name: "c", attributes: [], expect: "RUN", version: "1.36", network: "n", ingresses: [], units },
    ...(founders === undefined ? {} : { founders: founders.split(" ").map(place) }),
  });
}

const plan = (stages: ReturnType<typeof joinStages>, done: readonly string[] = []): WorkloadPlan => ({
  ...newWorkloadPlan("change", stages, { sinceMs: 0, by: "" }, { id: "1" }),
  begun: stages.flatMap(({ units, action = "" }) => units.map((unit) => entryKey({ unit, action }))),
  done: [...done],
});

const shortOf = ({ units, founders }: ClusterSpec) =>
  `${units.map(({ name, joins }) => (joins === undefined ? name : `${name}+${joins.map((one) => one.name).join("")}`)).join(" ")} by ${founders?.map(({ name }) => name).join(" ") ?? "them"}`;

describe("foundedAnew", () => {
  it.each<[string, ClusterSpec, readonly WorkloadPlan[], string, string]>([
    ["those of the beginning", spec("m1 m2 m3"), [], "m1 m2 m3 by them", ""],
    ["a single one", spec("m1"), [], "m1 by them", ""],
    ["one has joined", spec("m1 m2+ m3", "m1 m2 m3"), [], "m1 m2 m3 by m1 m2 m3", "m2"],
    ["all have joined", spec("m1+ m2+ m3+", "m4 m5 m6"), [], "m1 m2 m3 by m1 m2 m3", "m1 m2 m3"],
    ["one of the beginning has left", spec("m1 m2", "m1 m2 m3"), [], "m1 m2 by m1 m2", "m1 m2"],
    [
      "two are to join one",
      spec("m1 m2+ m3+", "m1"),
      [plan(joinStages(["m1"], ["m2", "m3"]))],
      // They know which members etcd has when it has them as learners.
      "m1 m2+m1m3 m3+m1m2 by m1",
      "",
    ],
    [
      "one of the two has joined",
      spec("m1 m2+ m3+", "m1"),
      [plan(joinStages(["m1"], ["m2", "m3"]), ["m2:join-etcd"])],
      "m1 m2 m3+m1m2 by m1 m2",
      "m1 m2",
    ],
    [
      "one is to be replaced, and has not left",
      spec("m1+ m2 m3", "m1 m2 m3"),
      [plan(replaceStages("m1", true))],
      "m1+m2m3 m2 m3 by m2 m3",
      "m2 m3",
    ],
    [
      "one is removed, and has left etcd",
      spec("m1 m2 m3"),
      [plan(leaveStages(["m3", "m2"]), ["m3:leave-etcd"])],
      "m1 m2 m3+m1m2 by m1 m2",
      "m1 m2 m3",
    ],
    ["one is to be removed, and has not left", spec("m1 m2"), [plan(leaveStages(["m2"]))], "m1 m2 by them", ""],
    ["the only one is to join", spec("m1+", "m2"), [plan(replaceStages("m1", true))], "m1 by m1", "m1"],
  ])("%s", (_title, before, plans, expected, changed) => {
    const after = foundedAnew({ spec: before, deleting: false, plans: [...plans] });
    expect(shortOf(after)).toBe(expected);
    expect([...refounded(before, after)].join(" ")).toBe(changed);
    if (changed === "") expect(after).toBe(before);
    expect(after.units.every(({ joins, late }) => (joins === undefined) === (late !== true))).toBe(true);
    // It is stored, read again, and decided no other way.
    const again = clusterSpecSchema.parse(JSON.parse(JSON.stringify(after)));
    expect(foundedAnew({ spec: again, deleting: false, plans: [...plans] })).toEqual(again);
  });
});
