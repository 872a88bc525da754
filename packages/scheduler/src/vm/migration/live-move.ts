// Moves a guest while it runs: the executor of its old host is asked to, and, when the time for it is over, to give it up. Each question is
// idempotent: it is asked again after an end of the scheduler.
import { CkeError, type Clock } from "@cke/foundation";
import { VmCallResult } from "@cke/protocol";
import type { Channel } from "../../channel/channel.ts";
import type { WorkloadChannels } from "../../channel/workload-channels.ts";
import type { PlanActionOutcome, PlanActionRequest } from "../../workload/kinds/plan-action.ts";
import type { WorkloadPlan } from "../../workload/records/plan-record.ts";
import type { UnitRecord } from "../../workload/records/records.ts";
import { isVm, type VmRecord } from "../body/vm-record.ts";
import { vmUnit } from "../body/vm-spec.ts";
import { between, migrateCall, migrationSocket } from "./executor-way.ts";
import { type LiveLimit, liveLimit, turnWords } from "./live-limit.ts";
import { hasTurn, liveOnlyOption, liveProgress, movePlanOf } from "./move-plan.ts";
import { destinationUnit } from "./move-units.ts";

export interface LiveMoveParts {
  readonly channels: Pick<WorkloadChannels, "open">;
  readonly clock: Pick<Clock, "now" | "after">;
  /** Of this VM. */
  readonly unitsOf: (vm: string) => readonly UnitRecord[];
  readonly vms: () => readonly VmRecord[];
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
  /** Plans that have their turn, which is not stored yet. */
  #granted: ReadonlySet<string> = new Set();
  /** Plans that wait for an operator, so that others have their turn. */
  readonly #resting = new Set<string>();

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

  /** Not many guests move from or to one host at once. What cannot move now, or has no time to wait, is looked at when it moves. */
  turn({ workload, record, plan, windowStartMs }: PlanActionRequest): PlanActionOutcome {
    if (record === undefined || !hasLaunch(record)) return done;
    const now = this.#parts.clock.now();
    if (limitOf(workload, now, windowStartMs).atMs <= now) return done;
    const words = this.#turnWords(workload.spec.name, plan);
    if (words !== "") return { state: "waits", reason: words };
    this.#granted = new Set([...this.#granted, plan.id]);
    return done;
  }

  /** Why others have the turn; "" when they have not. */
  #turnWords(vm: string, plan: WorkloadPlan): string {
    const others = this.#parts.vms().flatMap(({ spec, ...rest }) => {
      const other = movePlanOf(rest);
      return other === undefined || other.id === plan.id ? [] : [{ name: spec.name, plan: other }];
    });
    const present = new Set([plan.id, ...others.map((other) => other.plan.id)]);
    this.#granted = new Set([...this.#granted].filter((id) => present.has(id)));
    for (const id of this.#resting) if (!present.has(id)) this.#resting.delete(id);
    const moving = others.filter(
      (other) =>
        !this.#resting.has(other.plan.id) &&
        (hasTurn(other.plan) || (this.#granted.has(other.plan.id) && liveProgress(other.plan) === "open")),
    );
    return turnWords(
      this.#hosts(vm),
      moving.map(({ name }) => this.#hosts(name)),
    );
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
    const limit = limitOf(workload, request.begunAtMs, request.windowStartMs);
    if (limit.atMs <= this.#parts.clock.now()) return await this.#overdue(request, limit);
    const turn = this.#resting.has(plan.id) ? this.#turnWords(workload.spec.name, plan) : "";
    if (turn !== "") return { state: "waits", reason: turn };
    this.#resting.delete(plan.id);
    return await this.#going(request, destination, limit);
  }

  /** True when the guest has moved while it ran, as its new host knows. */
  async isThere(plan: WorkloadPlan, destination: Channel, signal: AbortSignal): Promise<boolean> {
    if (liveProgress(plan) === "never") return false;
    return VmCallResult.decode(await destination.call(migrateCall("look", plan.id), () => {}, signal)).moved;
  }

  async #going(request: PlanActionRequest, destination: Channel, limit: LiveLimit): Promise<PlanActionOutcome> {
    const { plan, signal } = request;
    const late = new AbortController();
    const why = new CkeError("deadline_exceeded", limit.words, { retryable: true });
    const cancel = this.#parts.clock.after(limit.atMs - this.#parts.clock.now(), () => late.abort(why));
    try {
      const { moved, text } = await this.#begin(request, destination, AbortSignal.any([signal, late.signal]));
      return moved ? done : this.#cannot(plan, text);
    } catch (error) {
      if (late.signal.aborted && !signal.aborted) return await this.#overdue(request, limit);
      if (error instanceof CkeError && olderExecutor.has(error.code))
        return this.#cannot(plan, "its executor is of an earlier version of CKE");
      // An executor that is out of reach says nothing, also when its guest had gone before.
      if (await this.isThere(plan, destination, signal)) return done;
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
      return moved ? done : this.#cannot(plan, words);
    } catch (error) {
      if (error instanceof CkeError && olderExecutor.has(error.code)) return this.#cannot(plan, words);
      const destination = await this.#parts.channels.open(vm, destinationUnit, signal);
      const soon = new AbortController();
      const cancel = this.#parts.clock.after(settlesMs, () => soon.abort(error));
      try {
        const { moved } = await this.#begin(request, destination, AbortSignal.any([signal, soon.signal]));
        if (moved) return done;
      } finally {
        cancel();
      }
      throw error;
    }
  }

  #cannot(plan: WorkloadPlan, text: string): PlanActionOutcome {
    const why = `it cannot move while it runs: ${text}`;
    if (plan.options[liveOnlyOption] === true) {
      this.#resting.add(plan.id);
      return {
        state: "failed",
        reason: `${why}; then ask for a retry (POST …/plan/retry), or give the move up (DELETE …/migrate) and ask for one without live`,
      };
    }
    this.#cold.set(plan.id, text);
    return { state: "waits", reason: `${why}; it is shut down for its move` };
  }

  #hosts(vm: string): readonly string[] {
    const hosts = this.#parts
      .unitsOf(vm)
      .filter(({ unit }) => unit === vmUnit || unit === destinationUnit)
      .flatMap(({ launch }) => launch?.hostname ?? []);
    return [...new Set(hosts)];
  }
}

function limitOf(
  workload: PlanActionRequest["workload"],
  sinceMs: number,
  windowStartMs: number | undefined,
): LiveLimit {
  if (!isVm(workload)) throw new CkeError("internal", "a move is of a VM");
  return liveLimit(workload.spec, sinceMs, windowStartMs);
}
