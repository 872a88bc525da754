// The numbered phases of a VM's bring-up, from the reports of its executor. Pure.

import type { PlanInput } from "../../workload/kinds/workload-kind.ts";
import type { PhaseStatus, PhaseView, UnitPlan } from "../../workload/plans/bring-up-view.ts";
import {
  isOutOfReach,
  isTerminal,
  reportOf,
  silenceOf,
  type TaskRecord,
  type UnitRecord,
  unitTaskOf,
} from "../../workload/records/records.ts";
import { withoutSecrets } from "../../workload/tasks/redaction.ts";
import { describeEnd } from "../../workload/tasks/retry-policy.ts";
import { launchSteps } from "./vm-rules.ts";

/** The steps of the executor, and a guest that does what it is for. */
export const vmPhases = ["libvirt", "images", "disks", "network", "seed", "define", "start", "running"] as const;

interface Finding {
  /** Phases that are done. */
  readonly done: number;
  /** Of the next one. */
  readonly status: PhaseStatus;
  readonly reason: string;
}

function waiting({ lastFailure, blocked, finishedAtMs }: UnitRecord, waitReason: string): Finding {
  if (finishedAtMs !== undefined) return { done: 0, status: "pending", reason: "" };
  if (lastFailure !== "" && (blocked || waitReason === "")) return { done: 0, status: "failed", reason: lastFailure };
  const last = lastFailure === "" ? "" : `; the last launch ended: ${lastFailure}`;
  return { done: 0, status: "waiting", reason: `${waitReason}${last}` };
}

function launched(task: TaskRecord, hostname: string): Finding {
  const report = reportOf(task);
  const { launchStep: step = "", detail = "" } = report?.kind === "unit" ? report.value : {};
  const at = Math.max(0, launchSteps.indexOf(step));
  if (isTerminal(task)) return { done: at, status: "failed", reason: describeEnd(task) };
  if (isOutOfReach(task)) return { done: at, status: "failed", reason: `agent ${hostname} is out of reach` };
  if (task.state === "TASK_RUNNING") {
    const silence = silenceOf(task);
    if (silence !== undefined) return { done: vmPhases.length - 1, status: "failed", reason: silence.words };
    return { done: task.healthy ? vmPhases.length : vmPhases.length - 1, status: "running", reason: detail };
  }
  if (task.state === "TASK_INTENDED" || task.state === "TASK_STAGING")
    return { done: 0, status: "running", reason: `executor is being fetched and started on ${hostname}` };
  const words = task.message === "" ? step : task.message;
  return { done: at, status: "running", reason: detail === "" ? words : `${step}: ${detail}` };
}

export function planVm({ record, paused, waitReason }: PlanInput): UnitPlan {
  const { launch, unit } = record;
  const task = launch === undefined ? undefined : unitTaskOf(launch);
  const finding =
    launch === undefined || task === undefined ? waiting(record, waitReason) : launched(task, launch.hostname);
  const phases = vmPhases.map((name, index): PhaseView => {
    const number = index + 1;
    if (index < finding.done) return { number, name, status: "done", reason: "" };
    if (index > finding.done) return { number, name, status: "pending", reason: "" };
    return { number, name, status: finding.status, reason: withoutSecrets(finding.reason) };
  });
  const stat = finding.done;
  return { unit, type: "vm", stat, stat_name: vmPhases[stat - 1] ?? "", total_stat: vmPhases.length, phases, paused };
}
