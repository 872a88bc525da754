import { expect, test } from "vitest";
import { newWorkloadPlan } from "../../workload/plans/workload-plan.ts";
import type { WorkloadPlan } from "../../workload/records/plan-record.ts";
import { newTaskRecord, newUnitRecord, type RecordedState, type UnitRecord } from "../../workload/records/records.ts";
import { clusterSpecSchema } from "../cluster/cluster-spec.ts";
import { leaveStages } from "../masters/master-plans.ts";
import { sampleLaunch } from "../testing/sample-records.ts";
import { mastersInOrder } from "./master-order.ts";

const node = (name: string, type: string) => ({
  name,
  type,
  host: "*",
  ip: "",
  ingresses: [],
  attributes: [],
  reservation: false,
  expect: "RUN",
});
const spec = clusterSpecSchema.parse({
  name: "c",
  version: "1.36",
  network: "net",
  units: [node("w", "node"), node("a", "master"), node("b", "master"), node("c", "master")],
  ingresses: [],
  attributes: [],
  role: "",
  expect: "RUN",
});

const task = (process: string, state: RecordedState, healthy: boolean) => ({
  ...newTaskRecord({ taskId: process, process, configHash: "", failures: 0 }, 1),
  state,
  healthy,
});
const unit = (name: string, ...tasks: readonly ReturnType<typeof task>[]): UnitRecord => ({
  ...newUnitRecord("c", name, ""),
  launch: sampleLaunch({ tasks }),
});
const runs = (name: string) => unit(name, task("", "TASK_RUNNING", true));
const serves = (name: string) => unit(name, task("", "TASK_RUNNING", true), task("api", "TASK_RUNNING", true));
const starts = (name: string) => unit(name, task("", "TASK_RUNNING", true), task("api", "TASK_RUNNING", false));
const frozen = (name: string) => unit(name, task("", "TASK_RUNNING", false), task("api", "TASK_RUNNING", true));
const away = (name: string) => unit(name, task("", "TASK_UNREACHABLE", true), task("api", "TASK_RUNNING", true));
const none = { preferred: undefined, failed: new Set<string>() };

test.each([
  ["all masters, and no worker", [serves("a"), serves("b"), serves("c")], none, "abc"],
  ["nothing is known yet", [], none, "abc"],
  ["what serves comes before what only runs", [starts("a"), serves("b"), away("c")], none, "bac"],
  ["a frozen node comes last", [frozen("a"), starts("b"), serves("c")], none, "cba"],
  ["the last that answered comes first", [serves("a"), serves("b"), serves("c")], { ...none, preferred: "c" }, "cab"],
  ["but not before one that serves", [serves("a"), starts("b"), away("c")], { ...none, preferred: "b" }, "abc"],
  [
    "what failed a moment ago comes last, whatever is reported of it",
    [serves("a"), starts("b"), away("c")],
    { preferred: "a", failed: new Set(["a"]) },
    "bca",
  ],
])("%s", (_title, records, memory, order) => {
  expect(mastersInOrder({ spec }, records, () => "api", memory).join("")).toBe(order);
});

test("a master that is to leave comes last from the request on, and again in its place when its removal was given up", () => {
  const records = [serves("a"), serves("b"), away("c")];
  const order = (plan: WorkloadPlan) => mastersInOrder({ spec, plans: [plan] }, records, () => "api", none).join("");
  const plan = newWorkloadPlan("remove", leaveStages(["a"]), { sinceMs: 1, by: "" });
  expect(order(plan)).toBe("bca");
  const entry = { unit: "a", sinceMs: 1, by: "" };
  const skipped = ["leave-etcd", "remove", "forget"].map((action) => ({ ...entry, action }));
  expect(order({ ...plan, skipped })).toBe("abc");
  const all = newWorkloadPlan("remove", leaveStages(["a", "b", "c"]), { sinceMs: 1, by: "" });
  expect(order(all)).toBe("abc");
});

test("where the name of its process is not known, the node's own state counts", () => {
  const records = [away("a"), runs("b"), starts("c")];
  expect(mastersInOrder({ spec }, records, () => undefined, none).join("")).toBe("bca");
});
