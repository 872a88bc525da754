// From records to the views of a VM. Pure.
import { totalOf } from "../../workload/outline/unit-outline.ts";
import type { BringUpPlan } from "../../workload/plans/bring-up-view.ts";
import type { PendingView } from "../../workload/plans/pending.ts";
import { firstTry, tryView, unitTry } from "../../workload/plans/tries.ts";
import {
  isOutOfReach,
  isTerminal,
  reportOf,
  silenceOf,
  type UnitRecord,
  unitTaskOf,
} from "../../workload/records/records.ts";
import { isLeaving } from "../../workload/records/removal-state.ts";
import { reservationView } from "../../workload/reservations/reservation-view.ts";
import { withoutSecrets } from "../../workload/tasks/redaction.ts";
import type { VmRecord } from "../body/vm-record.ts";
import { vmUnit } from "../body/vm-spec.ts";
import { followingWords, laterFields, vmFollowing } from "../changes/vm-following.ts";
import { vmReportOf } from "../changes/vm-report.ts";
import type { OverVm } from "../history/over-vms.ts";
import { disksJson, fromText, nicJson } from "../rendering/vm-json.ts";
import { vmOutline } from "../rendering/vm-outline.ts";
import { vmStatus, vmStatusReason } from "./vm-status.ts";
import type { DomainView, OverVmView, VmListItem, VmStateView, VmView } from "./vm-views.ts";

export interface VmViewInput {
  readonly vm: VmRecord;
  readonly record: UnitRecord;
  /** Why it has no launch although it is to run, or why its move does not go on, in words; "" when neither is so. */
  readonly waits: string;
}

const time = (ms: number) => (ms === 0 ? "" : new Date(ms).toISOString());
const pathOf = (name: string, what: string) => `/vm/v1/vms/${encodeURIComponent(name)}/console/${what}`;

export function vmListItem({ vm, record, waits }: VmViewInput): VmListItem {
  const { spec, createdAtMs } = vm;
  const { id, name, uuid, title, cpus, mem, osInfo, region, zone, label, devices, nics } = spec;
  const status = vmStatus(vm, record);
  const task = record.launch === undefined ? undefined : unitTaskOf(record.launch);
  const runs = task !== undefined && !isTerminal(task);
  const reported = vmReportOf(record)?.nics.flatMap(({ addresses }) => addresses) ?? [];
  const asked = nics.flatMap(({ ip }) => (ip === "" ? [] : [ip.split("/")[0] ?? ""]));
  return {
    ...{ id, name, uuid, title, status, status_reason: vmStatusReason(record, status, waits) },
    expect: isLeaving(vm, vmUnit) ? "FINISHED" : spec.expect,
    create_time: time(createdAtMs),
    start_time: runs ? time(task.startedAtMs) : "",
    ...{ cpus, mem, total_res: totalOf(vmOutline(spec)) },
    host: spec.units[0].host,
    real_host: record.launch?.hostname ?? "",
    addresses: [...new Set([...asked, ...reported])],
    ...{ osInfo, region, zone, label },
    console: { vnc: devices.vnc ? pathOf(name, "vnc") : "", serial: pathOf(name, "serial") },
  };
}

export function vmView(input: VmViewInput): VmView {
  const { spec } = input.vm;
  const [{ reservation, apart }] = spec.units;
  return {
    ...vmListItem(input),
    ...{ from: fromText(spec), template: spec.template, attributes: spec.attributes, role: spec.role, reservation },
    ...{ group: apart?.group ?? "", spread: apart?.by ?? "", bootType: spec.boot.type },
    network: spec.nics.map(nicJson),
    disk: disksJson(spec.disks),
  };
}

function domainView(record: UnitRecord): DomainView | null {
  const report = vmReportOf(record);
  if (report === undefined) return null;
  const { state, reason, acceleration, guestAgent, warnings, nics, disks } = report;
  return {
    ...{ state, reason, acceleration, guest_agent: guestAgent, warnings: warnings.map(withoutSecrets) },
    nics: nics.map(({ name, mac, addresses, device }) => ({ nic: name, mac, addresses, device })),
    disks: disks.map(({ name, path, sizeMib, allocatedMib, problem }) => {
      return { name, path, size: sizeMib, allocated: allocatedMib, problem: withoutSecrets(problem) };
    }),
  };
}

export interface VmStateInput extends VmViewInput {
  readonly plan: BringUpPlan;
  readonly pending: readonly PendingView[];
  readonly now: number;
  /** Why the newest record of it is not stored; "" when it is. */
  readonly storageProblem: string;
}

export function vmStateView(input: VmStateInput): VmStateView {
  const { vm, record, plan, pending, now, storageProblem } = input;
  const { launch } = record;
  const task = launch === undefined ? undefined : unitTaskOf(launch);
  const report = task === undefined ? undefined : reportOf(task);
  const unit = report?.kind === "unit" ? report.value : undefined;
  const silence = task === undefined ? undefined : silenceOf(task);
  // What is awaited then is in its step.
  const away = task !== undefined && isOutOfReach(task) ? plan.steps[0]?.explanation : undefined;
  const blocked = plan.units
    .find(({ unit }) => unit === vmUnit)
    ?.phases.find(({ status, reason }) => status !== "done" && reason !== "");
  const following = vmFollowing(vm.spec, record);
  return {
    ...vmView(input),
    task_id: task?.taskId ?? "",
    task_state: task?.state === "TASK_INTENDED" ? "" : (task?.state ?? ""),
    agent_id: launch?.agentId ?? "",
    executor_id: launch?.executorId ?? "",
    incarnation: launch?.incarnation ?? "",
    home: record.home,
    launch_step: unit?.launchStep ?? "",
    step: unit?.launchStep ?? "",
    detail: withoutSecrets(unit?.detail ?? ""),
    reason: withoutSecrets(
      storageProblem || input.waits || away || (silence?.words ?? blocked?.reason ?? unit?.hostProblem ?? ""),
    ),
    unresponsive_since: time(silence?.sinceMs ?? 0),
    storage_problem: storageProblem,
    host_problem: withoutSecrets(unit?.hostProblem ?? ""),
    failures: record.failures,
    ...tryView(unitTry(record, now) ?? firstTry),
    change: withoutSecrets(followingWords(following)),
    at_next_start: laterFields(following),
    domain: domainView(record),
    reservations: record.reservations.map(reservationView),
    pending,
    plan,
  };
}

export function overVmView(over: OverVm): OverVmView {
  const { id, name, uuid, cpus, mem, osInfo, label, host, lastFailure } = over;
  return {
    ...{ id, name, uuid, status: "deleted", cpus, mem, osInfo, label },
    create_time: time(over.createdAtMs),
    end_time: time(over.endedAtMs),
    real_host: host,
    reason: withoutSecrets(lastFailure),
  };
}

/** A VM that is there, and whose guest has ended by itself; undefined for any other. */
export function finishedVmView({ vm, record }: Pick<VmViewInput, "vm" | "record">): OverVmView | undefined {
  const { finishedAtMs, last, lastFailure } = record;
  if (finishedAtMs === undefined || vmStatus(vm, record) !== "finished") return undefined;
  const { id, name, uuid, cpus, mem, osInfo, label } = vm.spec;
  return {
    ...{ id, name, uuid, status: "finished", cpus, mem, osInfo, label },
    create_time: time(vm.createdAtMs),
    end_time: time(finishedAtMs),
    real_host: last?.hostname ?? "",
    reason: withoutSecrets(lastFailure),
  };
}
