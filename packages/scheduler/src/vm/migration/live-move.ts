// Moves a guest while it runs: the executor of its old host is asked to, and, when the time for it is over, to give it up. Each question is
// idempotent: it is asked again after an end of the scheduler.
import { CkeError, type Clock } from "@cke/foundation";
import { VmCallResult } from "@cke/protocol";
import type { Channel } from "../../channel/channel.ts";
import type { WorkloadChannels } from "../../channel/workload-channels.ts";
import type { PlanActionOutcome, PlanActionRequest } from "../../workload/kinds/plan-action.ts";
import type { WorkloadPlan } from "../../workload/records/plan-record.ts";
import type { UnitRecord } from "../../workload/records/records.ts";
import { isVm } from "../body/vm-record.ts";
import { vmUnit } from "../body/vm-spec.ts";
import { between, migrateCall, migrationSocket } from "./executor-way.ts";
import { type LiveLimit, LiveTurns, liveLimit } from "./live-limit.ts";
import { liveOnlyOption, liveProgress } from "./move-plan.ts";
import { destinationUnit } from "./move-units.ts";

export interface LiveMoveParts {
  readonly channels: Pick<WorkloadChannels, "open">;
  readonly clock: Pick<Clock, "now" | "after">;
  /** Of this VM. */
  readonly unitsOf: (vm: string) => readonly UnitRecord[];
}

const done: PlanActionOutcome = { state: "done" };
/** Codes of an executor that does not know a move of a guest that runs. */
const olderExecutor: ReadonlySet<string> = new Set(["invalid_argument", "unimplemented"]);
/** How long the question may take which host has the guest, when its time is over at the moment in which it is handed over. */
const settlesMs = 60_000;

type GuestRecord = UnitRecord & { readonly launch: NonNullable<UnitRecord["launch"]> };
const hasLaunch = (record: UnitRecord): record is GuestRecord => record.launch !== undefined;

export class LiveMove {
  readonly #parts: LiveMoveParts;
  /** By plan: why the guest could not move while it ran. */
  readonly #cold = new Map<string, string>();
  /** By plan: the first of its questions of this term, UNIX ms, since it began or was tried anew. */
  readonly #since = new Map<string, { readonly begunAtMs: number; readonly sinceMs: number }>();
  readonly #turns = new LiveTurns();

  constructor(parts: LiveMoveParts) {
    this.#parts = parts;
  }

  /** Why the guest could not move while it ran; undefined when it is not known, or did. */
  coldReason({ id }: WorkloadPlan): string | undefined {
    return this.#cold.get(id);
  }

  forget({ id }: WorkloadPlan): void {
    this.#cold.delete(id);
  }

  /** Asked again it goes on, or says that the guest has moved. One that cannot is shut down afterwards. */
  async act(request: PlanActionRequest): Promise<PlanActionOutcome> {
    const { workload, record, plan, signal } = request;
    // It has ended by itself: only its disks go.
    if (record === undefined || record.finishedAtMs !== undefined) return done;
    if (this.#cold.has(plan.id)) return done;
    const destination = await this.#parts.channels.open(workload.spec.name, destinationUnit, signal);
    if (!hasLaunch(record)) {
      // On a host that is gone for good nothing runs; else its executor comes back to its guest.
      if (record.dataLost !== undefined || (await this.isThere(plan, destination, signal))) return done;
      return { state: "waits", reason: "the executor of its guest is launched again first" };
    }
    const limit = this.#limit(request);
    if (limit.atMs <= this.#parts.clock.now()) return await this.#overdue(request, limit);
    const turn = this.#turns.begin(plan.id, this.#hosts(workload.spec.name, record));
    if (turn !== "") return { state: "waits", reason: turn };
    try {
      return await this.#going(request, destination, limit);
    } finally {
      this.#turns.end(plan.id);
    }
  }

  /** True when the guest has moved while it ran, as its new host knows. */
  async isThere(plan: WorkloadPlan, destination: Channel, signal: AbortSignal): Promise<boolean> {
    if (liveProgress(plan) === "never") return false;
    return VmCallResult.decode(await destination.call(migrateCall("look", plan.id), () => {}, signal)).moved;
  }

  async #going(request: PlanActionRequest, destination: Channel, limit: LiveLimit): Promise<PlanActionOutcome> {
    const { plan, signal } = request;
    this.#begins(request);
    const late = new AbortController();
    const why = new CkeError("deadline_exceeded", limit.words, { retryable: true });
    const cancel = this.#parts.clock.after(limit.atMs - this.#parts.clock.now(), () => late.abort(why));
    try {
      const { moved, text } = await this.#begin(request, destination, AbortSignal.any([signal, late.signal]));
      return moved ? this.#moved(plan) : this.#cannot(plan, text);
    } catch (error) {
      if (late.signal.aborted && !signal.aborted) return await this.#overdue(request, limit);
      if (error instanceof CkeError && olderExecutor.has(error.code))
        return this.#cannot(plan, "its executor is of an earlier version of CKE");
      // An executor that is out of reach says nothing, also when its guest had gone before.
      if (await this.isThere(plan, destination, signal)) return this.#moved(plan);
      throw error;
    } finally {
      cancel();
    }
  }

  async #begin({ workload, plan, report }: PlanActionRequest, destination: Channel, signal: AbortSignal) {
    const source = await this.#parts.channels.open(workload.spec.name, vmUnit, signal);
    const call = migrateCall("begin", plan.id);
    const begin = async (both: AbortSignal) => VmCallResult.decode(await source.call(call, report, both));
    return await between(source, destination, migrationSocket, begin, signal);
  }

  /**
   * Its time is over: the executor that runs the guest ends the move, and says whether the guest has gone. When only the new host knows that,
   * it is asked for it once more.
   */
  async #overdue(request: PlanActionRequest, { words }: LiveLimit): Promise<PlanActionOutcome> {
    const { workload, plan, report, signal } = request;
    const vm = workload.spec.name;
    const source = await this.#parts.channels.open(vm, vmUnit, signal);
    report(`${words}: its move while it runs is given up`);
    // Under a name of its own: the plan may be tried anew.
    const call = migrateCall("give-up", `${plan.id}/late`);
    try {
      const { moved } = VmCallResult.decode(await source.call(call, () => {}, signal));
      return moved ? this.#moved(plan) : this.#cannot(plan, words);
    } catch (error) {
      if (error instanceof CkeError && olderExecutor.has(error.code)) return this.#cannot(plan, words);
      const destination = await this.#parts.channels.open(vm, destinationUnit, signal);
      const soon = new AbortController();
      const cancel = this.#parts.clock.after(settlesMs, () => soon.abort(error));
      try {
        const { moved } = await this.#begin(request, destination, AbortSignal.any([signal, soon.signal]));
        if (moved) return this.#moved(plan);
      } finally {
        cancel();
      }
      throw error;
    }
  }

  #moved({ id }: WorkloadPlan): PlanActionOutcome {
    this.#since.delete(id);
    return done;
  }

  #cannot(plan: WorkloadPlan, text: string): PlanActionOutcome {
    this.#since.delete(plan.id);
    const why = `it cannot move while it runs: ${text}`;
    if (plan.options[liveOnlyOption] === true)
      return {
        state: "failed",
        reason: `${why}; then ask for a retry (POST …/plan/retry), or give the move up (DELETE …/migrate) and ask for one without live`,
      };
    this.#cold.set(plan.id, text);
    return { state: "waits", reason: `${why}; it is shut down for its move` };
  }

  /** Time in which others have the turn does not count. */
  #begins({ plan, begunAtMs }: PlanActionRequest): void {
    if (this.#since.get(plan.id)?.begunAtMs === begunAtMs) return;
    this.#since.set(plan.id, { begunAtMs, sinceMs: this.#parts.clock.now() });
  }

  #limit({ workload, plan, begunAtMs, windowStartMs }: PlanActionRequest): LiveLimit {
    const known = this.#since.get(plan.id);
    const sinceMs = known?.begunAtMs === begunAtMs ? known.sinceMs : this.#parts.clock.now();
    if (!isVm(workload)) throw new CkeError("internal", "a move is of a VM");
    return liveLimit(workload.spec, sinceMs, windowStartMs);
  }

  #hosts(vm: string, { launch }: GuestRecord): readonly string[] {
    const to = this.#parts.unitsOf(vm).find(({ unit }) => unit === destinationUnit)?.launch?.hostname;
    return to === undefined ? [launch.hostname] : [launch.hostname, to];
  }
}
