// Carries out the actions of plans that only the kind can do, beside the loop of the framework: they may wait for
// other programs for long. What has begun and what is done is in the plan's record; what is here is lost with the
// process, and every action is then asked for again.
import { boundedText, type Clock, messageOf } from "@cke/foundation";
import type { Kinds } from "../../workload/kinds/kinds.ts";
import type { PlanActionOutcome } from "../../workload/kinds/plan-action.ts";
import { goingEntries, type UnitProgress } from "../../workload/plans/workload-plan.ts";
import { planSuspension, plansOf } from "../../workload/plans/workload-steps.ts";
import { entryKey, isFrameworkAction, type PlanEntry, type WorkloadPlan } from "../../workload/records/plan-record.ts";
import type { WorkloadRecord } from "../../workload/records/records.ts";
import { withoutSecrets } from "../../workload/tasks/redaction.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { WorkloadLogs } from "../workload-log/workload-log.ts";

/** An action that waits for something else is asked again after this time. */
const waitMs = 2_000;
const firstRetryMs = 1_000;
const lastRetryMs = 60_000;
const maxTextBytes = 1_024;

export interface PlanActionsParts {
  readonly clock: Clock;
  readonly kinds: Pick<Kinds, "of">;
  readonly ledger: Pick<Ledger, "workload" | "unit" | "units">;
  readonly logs: Pick<WorkloadLogs, "line">;
  /** The maintenance of an agent that is scheduled. */
  readonly windowOf: (agentId: string) => { readonly startMs: number } | undefined;
  /** An action came to an answer: the workload's steps are to be decided anew. */
  readonly changed: (workload: string) => void;
}

/** One action of one unit, as long as its plan wants it. */
interface Attempt {
  readonly workload: string;
  readonly unit: string;
  readonly abort: AbortController;
  running: Promise<void> | undefined;
  progress: UnitProgress;
  /** Tries in a row that threw. */
  failures: number;
  /** UNIX ms of the next try; infinity: never by itself. */
  dueMs: number;
}

export class PlanActions {
  readonly #parts: PlanActionsParts;
  readonly #attempts = new Map<string, Attempt>();
  /** Aborted actions that have not ended yet. An action is not begun again before its last try has ended. */
  readonly #ending = new Map<string, Promise<void>>();
  #stopped = false;

  constructor(parts: PlanActionsParts) {
    this.#parts = parts;
  }

  /** The progress of an action of the kind. */
  readonly progress = (plan: WorkloadPlan, entry: PlanEntry): UnitProgress => {
    const name = nameOf(plan, entry);
    const reason = this.#ending.has(name) ? "its last try is ending" : "it is about to begin";
    return this.#attempts.get(name)?.progress ?? { state: "open", reason };
  };

  /** Why an action of this plan waits until an operator asks for a retry; "" when none does. */
  readonly failure = (planId: string): string => {
    for (const [name, { progress }] of this.#attempts)
      if (name.startsWith(`${planId}/`) && progress.state === "failed") return progress.reason;
    return "";
  };

  /** Begins what is due of the workload's actions, and aborts those that are not wanted any more. */
  keepUp(workload: WorkloadRecord): void {
    const wanted = new Map(this.#wanted(workload).map((one) => [nameOf(one.plan, one.entry), one]));
    for (const [name, attempt] of this.#attempts) {
      if (attempt.workload === workload.spec.name && !wanted.has(name)) this.#end(name, attempt);
    }
    const now = this.#parts.clock.now();
    for (const [name, { plan, entry }] of wanted) {
      if (this.#ending.has(name)) continue;
      const attempt = this.#attempts.get(name) ?? newAttempt(workload.spec.name, entry.unit);
      this.#attempts.set(name, attempt);
      if (attempt.running !== undefined || attempt.progress.state === "reached" || attempt.dueMs > now) continue;
      attempt.running = this.#try(workload, plan, entry, attempt).finally(() => {
        attempt.running = undefined;
      });
    }
  }

  /** When an action of the workload is due again, UNIX ms; infinity when none is. */
  dueMs(workload: string): number {
    const due = [...this.#attempts.values()].filter(
      (one) => one.workload === workload && one.running === undefined && one.progress.state !== "reached",
    );
    return Math.min(Number.POSITIVE_INFINITY, ...due.map((one) => one.dueMs));
  }

  /** Tries at once what waits for its next try. `unit`: undefined for all. */
  retry(workload: string, unit: string | undefined): void {
    for (const one of this.#attempts.values()) {
      if (one.workload !== workload || (unit !== undefined && one.unit !== unit)) continue;
      one.failures = 0;
      one.dueMs = 0;
      if (one.progress.state === "failed") one.progress = { state: "open", reason: "it is tried again" };
    }
  }

  /** The workload is gone. */
  forget(workload: string): void {
    for (const [name, one] of this.#attempts) {
      if (one.workload === workload) this.#end(name, one);
    }
  }

  /** Aborts an action, and has the workload looked at again when it has ended. */
  #end(name: string, { workload, abort, running }: Attempt): void {
    this.#attempts.delete(name);
    abort.abort();
    if (running === undefined) return;
    const ending = running.finally(() => {
      this.#ending.delete(name);
      if (!this.#stopped) this.#parts.changed(workload);
    });
    this.#ending.set(name, ending);
  }

  /** Aborts everything, and resolves when nothing runs. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { abort } of this.#attempts.values()) abort.abort();
    await Promise.all([...[...this.#attempts.values()].map(({ running }) => running), ...this.#ending.values()]);
  }

  /** Actions that have begun, are open and are not suspended. */
  #wanted(workload: WorkloadRecord): readonly { readonly plan: WorkloadPlan; readonly entry: PlanEntry }[] {
    if (workload.deleting || this.#stopped) return [];
    const { ledger } = this.#parts;
    return plansOf(workload).flatMap((plan) =>
      goingEntries(plan)
        .filter(({ action }) => !isFrameworkAction(action))
        .filter(({ unit }) => planSuspension(workload, plan, ledger.unit(workload.spec.name, unit)) === "")
        .map((entry) => ({ plan, entry })),
    );
  }

  async #try(workload: WorkloadRecord, plan: WorkloadPlan, entry: PlanEntry, attempt: Attempt): Promise<void> {
    const { kinds, ledger, clock } = this.#parts;
    const { action, unit } = entry;
    const { signal } = attempt.abort;
    const record = ledger.unit(workload.spec.name, unit);
    const agentId = record?.launch?.agentId;
    let outcome: PlanActionOutcome;
    try {
      outcome = await kinds.of(workload).act({
        workload,
        unit,
        record,
        plan,
        action,
        begunAtMs: plan.begunAtMs[entryKey(entry)] ?? plan.sinceMs,
        windowStartMs: agentId === undefined ? undefined : this.#parts.windowOf(agentId)?.startMs,
        report: (text) => {
          if (!signal.aborted) attempt.progress = { state: "open", reason: readable(text) };
        },
        signal,
      });
      attempt.failures = 0;
    } catch (error) {
      attempt.failures += 1;
      outcome = { state: "waits", reason: `${messageOf(error)}; it is tried again` };
    }
    if (signal.aborted) return;
    const delayMs =
      attempt.failures === 0 ? waitMs : Math.min(lastRetryMs, firstRetryMs * 2 ** Math.min(attempt.failures - 1, 10));
    attempt.dueMs = outcome.state === "waits" ? clock.now() + delayMs : Number.POSITIVE_INFINITY;
    this.#keep(workload.spec.name, plan, entry, attempt, outcome);
    this.#parts.changed(workload.spec.name);
  }

  #keep(
    workload: string,
    plan: WorkloadPlan,
    { action, unit }: PlanEntry,
    attempt: Attempt,
    outcome: PlanActionOutcome,
  ) {
    if (outcome.state === "done") {
      attempt.progress = { state: "reached" };
      return;
    }
    const reason = readable(outcome.reason);
    const before = attempt.progress.state === "reached" ? "" : attempt.progress.reason;
    attempt.progress = { state: outcome.state === "failed" ? "failed" : "open", reason };
    if (reason === before) return;
    const name = plan.stages.find((stage) => stage.action === action)?.name ?? action;
    this.#parts.logs.line(outcome.state === "failed" ? "error" : "info", workload, `${name}: ${reason}`, {
      unit,
    });
  }
}

const nameOf = ({ id }: WorkloadPlan, entry: PlanEntry) => `${id}/${entryKey(entry)}`;

const readable = (text: string) => boundedText(withoutSecrets(text), { maxBytes: maxTextBytes, keep: "start" });

const newAttempt = (workload: string, unit: string): Attempt => ({
  workload,
  unit,
  abort: new AbortController(),
  running: undefined,
  progress: { state: "open", reason: "it begins" },
  failures: 0,
  dueMs: 0,
});
