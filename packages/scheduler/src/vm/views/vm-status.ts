// The status of a VM, one word and a one-line reason, from its records. Pure.
import { boundedText } from "@cke/foundation";
import {
  isOutOfReach,
  isTerminal,
  reportOf,
  silenceOf,
  type UnitRecord,
  unitTaskOf,
} from "../../workload/records/records.ts";
import { isBeingRemoved, mayRunOnWithoutLaunch } from "../../workload/records/removal-state.ts";
import { withoutSecrets } from "../../workload/tasks/redaction.ts";
import { describeEnd } from "../../workload/tasks/retry-policy.ts";
import { unitStatus } from "../../workload/tasks/statuses.ts";
import type { VmRecord } from "../body/vm-record.ts";
import { vmReportOf } from "../changes/vm-report.ts";
import type { VmStatus } from "./vm-views.ts";

const mostBytes = 400;

export function vmStatus(vm: VmRecord, record: UnitRecord): VmStatus {
  if (isBeingRemoved(vm, record.unit)) return unitStatus(record, "delete") === "killed" ? "killed" : "killing";
  if (vm.spec.expect !== "RUN")
    return record.launch === undefined && !mayRunOnWithoutLaunch(record) ? "stopped" : "stopping";
  if (record.finishedAtMs !== undefined) return "finished";
  if (record.launch === undefined && record.dataLost !== undefined && vm.spec.units[0].stateful) return "failed";
  const status = unitStatus(record, "run");
  switch (status) {
    case "running":
      return vmReportOf(record)?.state === "paused" ? "paused" : "running";
    case "failed":
    case "unresponsive":
      return status;
    case "killing":
      return "stopping";
    default:
      return standsStill(record) ? "paused" : "starting";
  }
}

/** True for a guest that runs and was paused by nobody who asked here, as after a revert to what was paused then. Trouble has a cause. */
function standsStill(record: UnitRecord): boolean {
  const task = record.launch === undefined ? undefined : unitTaskOf(record.launch);
  if (task?.state !== "TASK_RUNNING" || vmReportOf(record)?.state !== "paused") return false;
  const report = reportOf(task);
  return report?.kind === "unit" && report.value.launchStep === "ready" && report.value.cause === "";
}

/** `reason`: libvirt's word for why the guest stands still. */
function pauseWords(reason: string): string {
  if (reason === "ioerror")
    return "an error of its storage stopped the guest (ioerror): mend it, for example by making space on its host; then POST …/resume";
  const why = reason === "user" || reason === "unknown" ? "" : ` (${reason})`;
  return `its guest stands still${why}, until POST …/resume`;
}

/** "" when all is well. `waits`: why a VM that is to run has no launch, in words. */
export function vmStatusReason(record: UnitRecord, status: VmStatus, waits: string): string {
  const { launch } = record;
  const task = launch === undefined ? undefined : unitTaskOf(launch);
  const words = () => {
    if (status === "running" || status === "stopped" || status === "killed") return "";
    if (status === "paused") return pauseWords(vmReportOf(record)?.reason ?? "");
    if (status === "finished") return record.lastFailure;
    if (task === undefined) return waits === "" ? record.lastFailure : waits;
    if (isOutOfReach(task)) return `its agent ${launch?.hostname} is out of reach`;
    if (task.message === "" && !isTerminal(task))
      return `its executor is being fetched and started on ${launch?.hostname}`;
    return silenceOf(task)?.words ?? (isTerminal(task) ? describeEnd(task) : task.message);
  };
  return boundedText(withoutSecrets(words()).replaceAll("\n", " "), { maxBytes: mostBytes, keep: "start" });
}

/** Why nothing can be asked of a VM without a launch, and how it can be, to follow its name. */
export function restWords({ vm, record }: { readonly vm: VmRecord; readonly record: UnitRecord }): string {
  const status = vmStatus(vm, record);
  const { home } = record;
  if (status === "starting" || home === "") return `does not run now (${status}); its state says why`;
  const how = status === "stopped" || status === "finished" ? "start it (POST …/start)" : "its state says why";
  return `does not run now (${status}): its disks, snapshots and files stay on ${home}, and are shown while it runs; ${how}`;
}
