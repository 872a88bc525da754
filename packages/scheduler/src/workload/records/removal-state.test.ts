import { expect, test } from "vitest";
import { newWorkloadPlan } from "../plans/workload-plan.ts";
import { isBeingRemoved, isLeaving } from "./removal-state.ts";

const stages = [
  { name: "first", action: "leave-etcd", units: ["m"], keeps: true },
  { name: "end", action: "remove", units: ["m"] },
];
const workload = (begun: readonly string[], done: readonly string[]) => ({
  deleting: false,
  plans: [
    {
      ...newWorkloadPlan("remove", stages, { sinceMs: 0, by: "" }, { id: "1" }),
      begun: [...begun],
      done: [...done],
    },
  ],
});

test.each<readonly [string, readonly string[], readonly string[], boolean, boolean]>([
  ["at the request it is kept", [], [], false, false],
  ["while others count on it, it is kept", ["m:leave-etcd"], [], false, false],
  ["then it is not launched again", ["m:leave-etcd"], ["m:leave-etcd"], true, false],
  ["then it ends", ["m:leave-etcd", "m:remove"], ["m:leave-etcd"], true, true],
  ["what is done is over", ["m:leave-etcd", "m:remove"], ["m:leave-etcd", "m:remove"], false, false],
])("a unit that is to go: %s", (_title, begun, done, leaving, removed) => {
  const record = workload(begun, done);
  expect([isLeaving(record, "m"), isBeingRemoved(record, "m")]).toEqual([leaving, removed]);
  expect([isLeaving(record, "w"), isBeingRemoved(record, "w")]).toEqual([false, false]);
});
