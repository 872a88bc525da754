// An operator's commands for a plan: pause and resume launches, retry what waits or was given up, skip what nothing
// else needs. Pure: records and steps in, records and steps out.
import { CkeError } from "@cke/foundation";
import type { ProcessOutline } from "../outline/unit-outline.ts";
import { launchesOf } from "../records/launches.ts";
import {
  attemptOf,
  isOutOfReach,
  isTerminal,
  type LaunchRecord,
  type Mark,
  type TaskRecord,
  type UnitRecord,
  unitTaskOf,
} from "../records/records.ts";
import { awaitedOrphans, givingUp, remainsToReplace } from "../records/removal-state.ts";
import { isResourceTask } from "../records/resource-tasks.ts";
import type { KindWords, UnitRules } from "../records/unit-rules.ts";
import type { Step } from "../steps/step.ts";
import { launches } from "../steps/step-traits.ts";

const planActions = ["pause", "resume", "retry", "skip"] as const;
export type PlanAction = (typeof planActions)[number];

/** The part of a workload's plan; all of it without `unit`. */
export interface PlanTarget {
  readonly unit?: string | undefined;
  readonly process?: string | undefined;
}

/** 409: not possible now; 422: never possible. */
export class PlanRefusedError extends CkeError {
  constructor(message: string, status: 409 | 422) {
    super(status === 409 ? "plan_refused" : "plan_impossible", message, { status });
  }
}

/** "since 2030-01-01T00:00:00.000Z by 10.0.0.9" */
export function describeMark({ sinceMs, by }: Mark): string {
  return `since ${new Date(sinceMs).toISOString()}${by === "" ? "" : ` by ${by}`}`;
}

/** The text about a unit's pause, its workload's before its own; "" when it is not paused. */
export function pauseOf(
  workload: { readonly paused?: Mark | undefined },
  record: UnitRecord,
  words: KindWords,
): string {
  if (workload.paused !== undefined) return `the ${words.workload}'s plan is paused ${describeMark(workload.paused)}`;
  return record.paused === undefined ? "" : `the ${words.unit}'s plan is paused ${describeMark(record.paused)}`;
}

export const skipOf = (record: UnitRecord, process: string) => record.skipped.find((skip) => skip.process === process);

export interface Pause {
  /** The text about the pause; "" when there is none. */
  readonly paused: string;
  /** The unit is being removed. A removal goes on during a pause. */
  readonly deleting: boolean;
}

/** True for a launch, and for the end or the move of a launch that is only to be made elsewhere. */
function isLaunch(step: Step, { launch }: UnitRecord): boolean {
  if (step.kind === "kill-task") {
    if (step.heldAnew === true) return true;
    if (launch?.tasks.some(({ taskId, replaced }) => taskId === step.taskId && replaced !== undefined)) return true;
    if (launch === undefined || launch.evicted === "") return false;
    const unitTask = unitTaskOf(launch);
    // Once the unit's task has ended, its other tasks end too.
    return unitTask !== undefined && !isTerminal(unitTask) && launch.tasks.some(({ taskId }) => taskId === step.taskId);
  }
  return launches(step);
}

/**
 * The steps that an operator lets happen: during a pause nothing is launched, and what was skipped is not
 * launched again. Kills and clean-ups of a removal go on.
 */
export function pausedSteps(steps: readonly Step[], record: UnitRecord, { paused, deleting }: Pause): readonly Step[] {
  return steps.map((step): Step => {
    const process = "process" in step ? step.process : undefined;
    const skip = process === undefined ? undefined : skipOf(record, process);
    if (process !== undefined && skip !== undefined) {
      const explanation = `${process} was given up ${describeMark(skip)}, until a retry is asked for (plan/retry); ${step.explanation}`;
      return { kind: "wait", process, explanation };
    }
    if (paused === "" || deleting || !isLaunch(step, record)) return step;
    const explanation = `${paused}; ${step.explanation}`;
    return process === undefined ? { kind: "wait", explanation } : { kind: "wait", process, explanation };
  });
}

const waits = (task: TaskRecord) =>
  task.process !== "" && !isResourceTask(task) && isTerminal(task) && task.state !== "TASK_FINISHED";

/** To be tried at once, as if it had never failed. */
function freshTask(task: TaskRecord, now: number): TaskRecord {
  return { ...task, attempt: attemptOf(task), failures: 0, retryAtMs: now };
}

/** The record in which everything that waits (or one process) is tried at once; the same object when nothing waits. */
export function retryNow(record: UnitRecord, process: string | undefined, now: number): UnitRecord {
  const { launch } = record;
  const pod = launch?.pod === true;
  const chosen = (name: string) => process === undefined || process === name;
  const skipped = record.skipped.filter((skip) => !chosen(skip.process));
  const tasks = launch?.tasks.map((task) =>
    !pod && waits(task) && chosen(task.process) ? freshTask(task, now) : task,
  );
  const changed = skipped.length < record.skipped.length || tasks?.some((task, index) => task !== launch?.tasks[index]);
  const next = launch === undefined || tasks === undefined ? record : { ...record, launch: { ...launch, tasks } };
  const whole = process === undefined;
  const failed = whole && launch === undefined && (record.blocked || record.failures > 0 || record.retryAtMs > now);
  const orphaned = whole && launch === undefined && record.orphaned.length > 0;
  const over = whole && launch === undefined && record.finishedAtMs !== undefined;
  if (!changed && !failed && !orphaned && !over) return record;
  const { finishedAtMs, ...rest } = next;
  return {
    ...rest,
    ...(finishedAtMs === undefined || over ? {} : { finishedAtMs }),
    skipped,
    ...(failed ? { blocked: false, failures: 0, retryAtMs: now } : {}),
    ...(orphaned ? { orphaned: record.orphaned.map((left) => ({ ...left, attempts: 0, retryAtMs: 0 })) } : {}),
  };
}

/** Gives up a process that has ended, or whose launch waits. Throws PlanRefusedError. */
export function skipProcess(record: UnitRecord, process: ProcessOutline, mark: Mark, words: KindWords): UnitRecord {
  const what = `${process.name} of ${words.unit} "${record.unit}"`;
  const { name } = process;
  if (process.required) throw new PlanRefusedError(`${what} cannot be skipped: the ${words.unit} needs it`, 422);
  if (skipOf(record, name) !== undefined) return record;
  const task = record.launch?.tasks.find((candidate) => candidate.process === name);
  if (task === undefined)
    throw new PlanRefusedError(`${what} is launched with its ${words.unit}, which waits itself`, 409);
  if (!isTerminal(task)) {
    throw new PlanRefusedError(`${what} has not ended (${task.state}): only what failed or waits can be skipped`, 409);
  }
  if (record.launch?.pod === true)
    throw new PlanRefusedError(`${what} ends with its pod, which is launched again as a whole`, 409);
  return { ...record, skipped: [...record.skipped, { process: name, ...mark }] };
}

interface Removal {
  readonly deleting: boolean;
  /** Another instance of the unit begins then, which waits for less than the removal of the unit. Absent: not so. */
  readonly replacing?: boolean;
  readonly rules: UnitRules;
}

export interface GivenUp {
  readonly record: UnitRecord;
  /** What was given up, for the log. */
  readonly words: readonly string[];
}

/**
 * Gives up what the removal of a unit waits for: hosts to clean up, an agent out of reach. Throws PlanRefusedError when
 * it waits for nothing, or when the unit is to run.
 */
export function skipUnit(record: UnitRecord, { deleting, replacing = false, rules }: Removal): GivenUp {
  const { words } = rules;
  const what = `${words.unit} "${record.unit}"`;
  if (!deleting)
    throw new PlanRefusedError(
      `the launch of ${what} cannot be skipped: pause it, or delete the ${words.workload}`,
      422,
    );
  const { present, away, hosts } = waitedFor(record, replacing);
  if (away.length === 0 && hosts.length === 0) {
    const why = present === undefined ? "it waits for nothing" : `it is being removed on ${present.hostname}`;
    throw new PlanRefusedError(`the removal of ${what} cannot be skipped: ${why}`, 409);
  }
  const { launch: _launch, superseded, ...rest } = givingUp(record, (left) => hosts.includes(left));
  return {
    record: {
      ...rest,
      ...(present === undefined ? {} : { launch: present }),
      superseded: superseded.filter((candidate) => !away.includes(candidate)),
    },
    words: [
      ...away.map(
        ({ hostname }) =>
          `agent ${hostname} is out of reach and given up: should it return, the ${words.unit} is killed there`,
      ),
      ...hosts.map(({ hostname, instance = record.instance }) => {
        const command = rules.cleanupCommand({ ...record, instance });
        return `the clean-up of host ${hostname} is given up: run there: ${command}`;
      }),
    ],
  };
}

/** What the removal of a unit waits for and can go on without. */
function waitedFor(record: UnitRecord, replacing: boolean) {
  const { launch } = record;
  const hosts = replacing ? remainsToReplace(record) : awaitedOrphans(record);
  const away = launchesOf(record).filter(isAway);
  const present = launch === undefined || away.includes(launch) ? undefined : launch;
  return { present, away, hosts: present === undefined ? hosts : [] };
}

/** True when `skipUnit` has something to give up. */
export function removalWaits(record: UnitRecord): boolean {
  const { away, hosts } = waitedFor(record, false);
  return away.length > 0 || hosts.length > 0;
}

function isAway(launch: LaunchRecord): boolean {
  const unitTask = unitTaskOf(launch);
  return unitTask !== undefined && isOutOfReach(unitTask);
}
