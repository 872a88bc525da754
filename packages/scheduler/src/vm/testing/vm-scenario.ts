// VMs of a scheduler over a fake Mesos: created, launched, and what their executors report.
import {
  SchedulerMessage,
  TaskReport,
  type UnitReportInit,
  VmReport,
  type VmReportInit,
  VmState,
  VmTask,
} from "@cke/protocol";
import { settle } from "../../framework/testing/manual-clock.ts";
import { Scenario } from "../../framework/testing/scenario.ts";
import type { VmApi } from "../service/vm-api.ts";
import { sampleVmBody } from "./sample-vms.ts";

export const vmsOf = (s: Scenario): VmApi => s.scheduler.vms;
export const vmTasks = (s: Scenario, name = "web") =>
  s.mesos.live().filter(({ executorId }) => executorId.startsWith(`cke-vm.${name}.vm.`));
export const vmTaskId = (s: Scenario, name = "web") => vmTasks(s, name)[0]?.info.task_id.value ?? "";
/** Host names of the agents that have a task of it. */
export const vmHosts = (s: Scenario, name = "web") =>
  vmTasks(s, name).map(({ info }) => info.agent_id.value.replace("S-", ""));
export const launchedVm = (s: Scenario, name = "web") =>
  VmTask.decode(new Uint8Array(Buffer.from(vmTasks(s, name)[0]?.info.data ?? "", "base64")));

export async function createdVm(
  hosts: readonly string[],
  body: Readonly<Record<string, unknown>> = {},
): Promise<Scenario> {
  const s = await new Scenario().start();
  for (const host of hosts) s.mesos.addAgent(host);
  await vmsOf(s).create(sampleVmBody(body));
  await settle();
  return s;
}

/** A report of the executor in this step. */
export const vmReport = (step: string, report: VmReportInit = {}, unit: UnitReportInit = {}) =>
  Buffer.from(
    TaskReport.encode({
      report: { kind: "unit", value: { launchStep: step, data: "kept", ...unit, kindReport: VmReport.encode(report) } },
    }),
  ).toString("base64");

export async function runningVm(
  s: Scenario,
  name = "web",
  report: VmReportInit = { state: "running", acceleration: "kvm" },
): Promise<void> {
  const data = vmReport("ready", report, { containerId: "d1", startedAtMs: s.clock.now() });
  s.mesos.update(vmTaskId(s, name), "TASK_RUNNING", { healthy: true, data });
  await settle();
}

/** What executors of VMs were told, in order. */
export const toldStates = (s: Scenario): readonly VmState[] =>
  s.callsOf("MESSAGE").flatMap((call) => {
    const { message } = SchedulerMessage.decode(new Uint8Array(Buffer.from(messageData(call), "base64")));
    return message?.kind === "unitState" ? [VmState.decode(message.value.state)] : [];
  });

function messageData(call: unknown): string {
  return typeof call === "object" &&
    call !== null &&
    "message" in call &&
    typeof call.message === "object" &&
    call.message !== null &&
    "data" in call.message
    ? String(call.message.data)
    : "";
}
