// Status updates: stored, then acknowledged. A task that is in no record is left from a launch that was given
// up or from a lost store. It is adopted when it may be a unit's own (`task-adoption.ts`), and killed otherwise, because
// two incarnations of a unit must never live at once.
import { type Clock, type Logger, TimeSlice } from "@cke/foundation";
import type { TaskStatus } from "@cke/mesos";
import type { Kinds } from "../../workload/kinds/kinds.ts";
import { withTask } from "../../workload/records/launches.ts";
import {
  isOutOfReach,
  isTerminal,
  reportOf,
  silenceOf,
  type TaskRecord,
  type UnitRecord,
  unitKey,
} from "../../workload/records/records.ts";
import { isBeingRemoved } from "../../workload/records/removal-state.ts";
import { parseTaskId, taskIdOf } from "../../workload/records/task-ids.ts";
import { isNoop } from "../../workload/tasks/noop-update.ts";
import { describeEnd } from "../../workload/tasks/retry-policy.ts";
import { isReady, isServing, type RequiredProcess } from "../../workload/tasks/statuses.ts";
import { applyStatus } from "../../workload/tasks/task-transition.ts";
import type { AgentProbe } from "../agents/agent-probe.ts";
import type { AgentSuccessors } from "../agents/agent-successors.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { RefusedUnits } from "../ledger/ledger-change.ts";
import { LedgerDraft } from "../ledger/ledger-draft.ts";
import { Acknowledger } from "../mesos/acknowledger.ts";
import type { MesosCalls } from "../mesos/mesos-calls.ts";
import type { Reconciler } from "../mesos/reconciler.ts";
import type { WorkloadLogs } from "../workload-log/workload-log.ts";
import type { Killer, KillTarget } from "./killer.ts";
import type { OrphanRemovals } from "./orphan-removals.ts";
import type { TaskAdoption } from "./task-adoption.ts";
import type { UnknownTask, UnknownTasks } from "./unknown-tasks.ts";

const runningStates: ReadonlySet<string> = new Set(["TASK_STARTING", "TASK_RUNNING"]);

interface TaskChange {
  readonly record: UnitRecord;
  readonly before: TaskRecord;
  readonly after: TaskRecord;
  /** No step follows from it. */
  readonly quiet: boolean;
}

/** The updates of one commit. */
interface Slice {
  readonly draft: LedgerDraft;
  readonly changes: readonly TaskChange[];
  readonly statuses: readonly TaskStatus[];
  /** Units whose records are too large. Nothing of them is stored. */
  readonly stored: Promise<RefusedUnits>;
}

export interface StatusUpdatesParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ledger: Ledger;
  readonly kinds: Kinds;
  readonly logs: WorkloadLogs;
  readonly calls: MesosCalls;
  readonly killer: Killer;
  readonly reconciler: Reconciler;
  readonly agentProbe: AgentProbe;
  readonly agentSuccessors: AgentSuccessors;
  readonly taskAdoption: TaskAdoption;
  readonly unknownTasks: UnknownTasks;
  readonly orphanRemovals: OrphanRemovals;
}

export class StatusUpdates {
  readonly #parts: StatusUpdatesParts;
  readonly #acknowledger: Acknowledger;
  readonly #pace: TimeSlice;

  constructor(parts: StatusUpdatesParts) {
    this.#parts = parts;
    this.#pace = new TimeSlice(parts.clock);
    this.#acknowledger = new Acknowledger(parts.calls, this.#pace);
  }

  /**
   * Handles these updates in as few commits as possible. Each update is acknowledged after the commit with its change.
   * While one commit is under way, the next one is prepared and the one before is acknowledged. Returns how many
   * updates were handled: fewer than all when a commit fails. Rejects when the first commit fails. Updates that a later
   * commit has stored all the same are sent again by Mesos, and change nothing then.
   */
  async receive(statuses: readonly TaskStatus[]): Promise<number> {
    const slices: Slice[] = [];
    const progress = { failed: false };
    for (let from = 0; from < statuses.length && !progress.failed; ) {
      const slice = this.#slice(statuses, from, slices.at(-1)?.draft);
      slice.stored.catch(() => {
        progress.failed = true;
      });
      slices.push(slice);
      from += slice.statuses.length;
      await this.#pace.pause();
    }
    let count = 0;
    try {
      for (const slice of slices) {
        const refused = await slice.stored;
        for (const status of slice.statuses) this.#heard(status);
        for (const change of slice.changes) if (!isOf(refused, change.record)) this.#tell(change);
        await this.#acknowledger.acknowledge(acknowledgeable(slice, refused));
        count += slice.statuses.length;
      }
    } catch (error) {
      // Wait for every commit that is under way, so that none ends while the next piece of work runs.
      await Promise.allSettled(slices.map(({ stored }) => stored));
      if (count === 0) throw error;
    }
    await this.#parts.reconciler.tick();
    return count;
  }

  /** The first updates from `from` on whose changes fit into one commit. The commit begins. */
  #slice(statuses: readonly TaskStatus[], from: number, before: LedgerDraft | undefined): Slice {
    const draft = new LedgerDraft(this.#parts.ledger, before);
    const changes: TaskChange[] = [];
    let next = from;
    for (; next < statuses.length; next += 1) {
      const status = statuses[next];
      const found = status === undefined ? undefined : draft.findTask(status.task_id.value);
      if (status === undefined || found === undefined) continue;
      const change = this.#change(found.record, found.task, status);
      if (change === undefined) continue;
      if (!draft.hasSpace(change.record)) break;
      draft.put(change.record, change.quiet);
      changes.push(change);
    }
    return { draft, changes, statuses: statuses.slice(from, next), stored: draft.commit() };
  }

  /** Repeats the kills of unknown tasks. */
  async tick(): Promise<void> {
    const { unknownTasks } = this.#parts;
    for (const target of await this.#parts.taskAdoption.tick()) unknownTasks.add(target);
    for (const target of unknownTasks.all()) await this.#parts.killer.kill({ ...target, ...this.#fateOf(target) });
    await this.#parts.orphanRemovals.tick();
  }

  #change(record: UnitRecord, task: TaskRecord, status: TaskStatus): TaskChange | undefined {
    const next = applyStatus(task, status, this.#parts.clock.now());
    if (next === undefined) return undefined;
    const updated = withTask(record, next);
    const reached = this.#milestones(record, updated, next);
    return { record: reached, before: task, after: next, quiet: reached === updated && isNoop(task, next) };
  }

  /** What follows from an update beside the change of the record. */
  #heard(status: TaskStatus): void {
    const { ledger, reconciler } = this.#parts;
    const taskId = status.task_id.value;
    this.#parts.agentSuccessors.heard(status);
    const mark = reconciler.answeredMark(taskId);
    if (mark === "everything-named") this.#parts.taskAdoption.allTasksNamed();
    if (mark !== undefined) return;
    if (this.#parts.agentProbe.heard(status)) return;
    if (status.state === "TASK_UNKNOWN") reconciler.unknown(taskId);
    else reconciler.answered(taskId);
    const known = ledger.findTask(taskId);
    if (known === undefined) this.#unknownTask(status);
    else if (isOfPresentLaunch(known.record, taskId) && isOfLastLaunch(status))
      this.#parts.taskAdoption.isLast(known.record.workload, known.record.unit);
  }

  /** Notes where the unit's data is, and since when all of it runs. `before`: the record without this update. */
  #milestones(before: UnitRecord, record: UnitRecord, task: TaskRecord): UnitRecord {
    const { launch } = record;
    // A superseded launch does not tell where the unit is.
    if (launch === undefined || launch.cleanup || !launch.tasks.includes(task)) return record;
    const now = this.#parts.clock.now();
    const settled = task.process === "" && (task.state === "TASK_RUNNING" || this.#isOnHost(record, task));
    const moved = settled && record.home !== launch.hostname;
    const home = moved ? { home: launch.hostname, homeSinceMs: now, dataLost: undefined } : {};
    // Data that came there before it ran is its own with its first run.
    const arrived = settled && !moved && record.homeSinceMs === 0 && task.state === "TASK_RUNNING";
    // An executor has it in its hands again.
    const found = settled && record.mayRunOn === launch.hostname;
    const ready = launch.readyAtMs === 0 && isReady(record);
    const serves = record.servedAtMs === 0 && this.#serves(before, record);
    if (!moved && !arrived && !found && !ready && !serves) return record;
    const served = serves ? { servedAtMs: now } : {};
    return {
      ...record,
      ...home,
      ...(arrived ? { homeSinceMs: now } : {}),
      ...(found ? { mayRunOn: undefined } : {}),
      ...served,
      launch: ready ? { ...launch, readyAtMs: now } : launch,
    };
  }

  #isOnHost({ workload }: UnitRecord, task: TaskRecord): boolean {
    const report = reportOf(task);
    const owner = this.#parts.ledger.workload(workload);
    return report?.kind === "unit" && owner !== undefined && this.#parts.kinds.of(owner).rules.isOnHost(report.value);
  }

  /**
   * Also by the record before the update: an older version may not have noted it, and this update may be of the unit's
   * end.
   */
  #serves(before: UnitRecord, after: UnitRecord): boolean {
    const required = this.#requiredOf(after);
    return isServing(after, required) || isServing(before, required);
  }

  /** Processes without which the unit is not healthy. */
  #requiredOf({ workload, unit }: UnitRecord): readonly RequiredProcess[] {
    const { ledger, kinds } = this.#parts;
    const processes = kinds.outline(ledger.workload(workload), unit)?.processes;
    return (processes ?? []).filter(({ required }) => required);
  }

  #tell({ record, before, after }: TaskChange): void {
    const { logs, killer, ledger, kinds } = this.#parts;
    const workload = ledger.workload(record.workload);
    // A task that comes back from out of reach is killed from the beginning, with the full waiting times.
    if (isTerminal(after) || isOutOfReach(after)) killer.forget(after.taskId);
    const fields = {
      unit: record.unit,
      ...(after.process === "" ? {} : { process: after.process }),
      taskId: after.taskId,
    };
    const unitWord = workload === undefined ? "unit" : kinds.of(workload).rules.words.unit;
    const name = after.process === "" ? unitWord : after.process;
    if (isTerminal(after)) {
      const fine = after.state === "TASK_FINISHED" || after.state === "TASK_KILLED";
      logs.line(fine ? "info" : "error", record.workload, `${name}: ${describeEnd(after)}`, fields);
      return;
    }
    const [old, report] = [reportOf(before), reportOf(after)];
    const step = report?.kind === "unit" ? report.value.launchStep : "";
    const sameStep = old?.kind === "unit" && old.value.launchStep === step;
    if (before.state === after.state && before.healthy === after.healthy && (step === "" || sameStep)) return;
    const health = after.state !== "TASK_RUNNING" ? "" : after.healthy ? ", healthy" : ", not healthy";
    const reason = report?.kind === "process" ? report.value.reason : silenceOf(after) === undefined ? step : "";
    const words = reason === "" ? after.message : reason;
    const sick = before.healthy && !after.healthy && after.state === "TASK_RUNNING";
    const level = isOutOfReach(after) || sick ? "warning" : "info";
    logs.line(level, record.workload, `${name}: ${after.state}${health}${words === "" ? "" : `: ${words}`}`, fields);
  }

  #unknownTask(status: TaskStatus): void {
    const { logger, killer, unknownTasks } = this.#parts;
    const taskId = status.task_id.value;
    const parsed = parseTaskId(taskId);
    if (isTerminal(status)) this.#parts.orphanRemovals.ended(parsed?.executorId ?? "", status);
    if (isTerminal(status) || isOutOfReach(status)) {
      this.#parts.taskAdoption.release(taskId);
      unknownTasks.delete(taskId);
      killer.forget(taskId);
      return;
    }
    if (!unknownTasks.has(taskId) && this.#parts.taskAdoption.takeCandidate(status)) return;
    if (!unknownTasks.has(taskId))
      logger.warning("a task that is in no record is killed; its data stays, unless it is known to be deleted", {
        taskId,
        state: status.state,
      });
    unknownTasks.add({
      taskId,
      agentId: status.agent_id?.value ?? "",
      executorId: status.executor_id?.value ?? parsed?.executorId ?? "",
    });
  }

  /**
   * Whether an unknown task is removed with its data: only when it is known that it was deleted. Without a record this
   * is not known. When its workload is being deleted, the executor compares the instance.
   */
  #fateOf({ taskId, executorId }: UnknownTask): Pick<KillTarget, "instance" | "removal"> {
    const { ledger, orphanRemovals } = this.#parts;
    if (taskId !== taskIdOf(executorId, "")) return { instance: "", removal: false };
    if (orphanRemovals.has(executorId)) return { instance: "", removal: true };
    const { workload = "", unit = "" } = parseTaskId(taskId) ?? {};
    const instance = ledger.unit(workload, unit)?.instance ?? "";
    const owner = ledger.workload(workload);
    return { instance, removal: instance !== "" && owner !== undefined && isBeingRemoved(owner, unit) };
  }
}

/** What runs has no successor, nor has what an agent still wants to have acknowledged: a launch follows on a stored end. */
const isOfLastLaunch = ({ state, uuid }: TaskStatus) => runningStates.has(state) || uuid !== undefined;

const isOfPresentLaunch = ({ launch }: UnitRecord, taskId: string) =>
  launch?.tasks.some((task) => task.taskId === taskId) === true;

const isOf = (refused: RefusedUnits, { workload, unit }: UnitRecord) => refused.has(unitKey(workload, unit));

/** Updates that are stored, or that changed nothing. An agent sends unacknowledged updates again. */
function acknowledgeable({ statuses, changes }: Slice, refused: RefusedUnits): readonly TaskStatus[] {
  if (refused.size === 0) return statuses;
  const lost = new Set(changes.flatMap(({ record, after }) => (isOf(refused, record) ? [after.taskId] : [])));
  return statuses.filter(({ task_id }) => !lost.has(task_id.value));
}
