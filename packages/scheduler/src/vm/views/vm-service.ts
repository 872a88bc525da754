// The port of the service of VMs, which the REST API calls. Every method throws CkeErrors whose status is the HTTP status; all throw
// VmNotFoundError (404) for an unknown name.
import type { AskedExpectation } from "../../workload/plans/expectation.ts";
import type { RecentLog, WorkloadLogEntry } from "../../workload/plans/log-entry.ts";
import type { PendingView } from "../../workload/plans/pending.ts";
import type { PlanAction } from "../../workload/plans/plan-control.ts";
import type { OverVmView, VmListItem, VmStateView, VmView } from "./vm-views.ts";

export interface CreatedVm {
  readonly name: string;
  /** Sentences about fields of the body without effect; only a few. */
  readonly warnings: readonly string[];
}

export interface VmReads {
  list(): readonly VmListItem[];
  get(name: string): VmView;
  state(name: string): VmStateView;
  /** What is not placed yet, and why; empty when nothing waits. */
  pending(name: string): readonly PendingView[];
  /** The JSON that created it, normalised and without secrets. */
  json(name: string): Readonly<Record<string, unknown>>;
  log(name: string): RecentLog<WorkloadLogEntry>;
  /** Newest first. */
  over(): readonly OverVmView[];
}

/** What only a leader can do. */
export interface VmService extends VmReads {
  /** Checks the body, stores the VM and begins its bring-up. Throws SpecInvalidError (400, 422) or VmExistsError (409). */
  create(body: unknown): Promise<CreatedVm>;
  /** Begins the deletion with its disks. A second call does nothing. */
  remove(name: string): Promise<void>;
  /** Starts or stops it. Returns what happens now. `by` is shown to others. */
  expect(name: string, expect: AskedExpectation, by: string): Promise<string>;
  /** It begins anew with the content of its images, because its host is lost. `force`: also where its data may still exist. */
  replace(name: string, force: boolean, by: string): Promise<string>;
  /** Pauses, resumes, retries or skips its plan. Returns what was done. */
  changePlan(name: string, action: PlanAction, by: string): Promise<string>;
}
