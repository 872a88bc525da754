import { Scenario } from "@cke/scheduler/framework/testing/scenario";
import { smallBody } from "@cke/scheduler/kubernetes/testing/user-bodies";
import { sampleVmBody } from "@cke/scheduler/vm/testing/sample-vms";
import { expect, test } from "vitest";
import { unexplained, unexplainedVm } from "./stated-reasons.ts";

const state = async () => {
  const s = await new Scenario().start();
  await s.clusters.create(smallBody());
  await s.seconds(1);
  return s.clusters.state("small");
};

test("what waits is explained by its state, by what is pending and by its plan: one of them will do, none will not", async () => {
  const view = await state();
  expect(unexplained(view)).toEqual([]);
  const mute = {
    ...view,
    nodes: view.nodes.map((node) => ({ ...node, reason: "" })),
    pending: view.pending.map((one) => ({ ...one, summary: "" })),
    plan: { ...view.plan, steps: [] },
  };
  expect(unexplained({ ...mute, pending: view.pending })).toEqual([]);
  expect(unexplained({ ...mute, plan: view.plan })).toEqual([]);
  expect(unexplained({ ...mute, nodes: view.nodes })).toEqual([]);
  expect(unexplained(mute)).toEqual(["small/m is init"]);
  expect(unexplained({ ...mute, expect: "FINISHED" })).toEqual([]);
});

test("a process that ended without a word is found; one that comes up is not", async () => {
  const view = await state();
  const [node] = view.nodes;
  if (node === undefined) throw new Error("there is a node");
  const withProcess = (more: Partial<(typeof node.processes)[number]>) => ({
    ...view,
    pending: [],
    plan: { ...view.plan, steps: [] },
    nodes: [
      {
        ...node,
        reason: "",
        status: "starting" as const,
        task_id: "t",
        processes: node.processes.slice(0, 1).map((process) => ({ ...process, ...more })),
      },
    ],
  });
  expect(unexplained(withProcess({ status: "failed", task_id: "p", reason: "" }))).toEqual(["small/m/etcd is failed"]);
  expect(unexplained(withProcess({ status: "failed", task_id: "p", reason: "exit status 1" }))).toEqual([]);
  expect(unexplained(withProcess({ status: "starting", task_id: "p", reason: "" }))).toEqual([]);
  expect(unexplained(withProcess({ status: "starting", task_id: "", reason: "" }))).toEqual([
    "small/m/etcd is starting",
  ]);
});

test("a VM that waits is explained by its state and by the list, both", async () => {
  const s = await new Scenario().start();
  await s.scheduler.vms.create(sampleVmBody());
  await s.seconds(1);
  const view = s.scheduler.vms.state("web");
  expect(unexplainedVm(view)).toBeUndefined();
  expect(unexplainedVm({ ...view, reason: "" })).toBe("web is starting");
  expect(unexplainedVm({ ...view, status_reason: "" })).toBe("web is starting");
  expect(unexplainedVm({ ...view, reason: "", task_id: "t" })).toBeUndefined();
  expect(unexplainedVm({ ...view, status: "failed", reason: "", task_id: "t" })).toBe("web is failed");
  expect(unexplainedVm({ ...view, status: "running", reason: "", status_reason: "" })).toBeUndefined();
  expect(unexplainedVm({ ...view, expect: "STOP", reason: "", status_reason: "" })).toBeUndefined();
});
