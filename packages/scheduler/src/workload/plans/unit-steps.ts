// Desired state of one node + its record → what to do next. Pure; the same input gives the same steps, and a step that
// has been done is not asked for again. Everything that acts (launcher, killer) follows these steps.
import { assertNever } from "@cke/foundation";
import {
  claimTimeoutMs,
  cleanupSteps,
  isTakingOver,
  orphanedResourcesAfter,
  wasRemoved,
} from "../records/orphaned-resources.ts";
import {
  isOutOfReach,
  isTerminal,
  type LaunchRecord,
  type TaskRecord,
  type UnitRecord,
  unitTaskOf,
} from "../records/records.ts";
import { supersededSteps } from "../records/superseded.ts";
import { refusalOn, releaseAll, releaseSteps } from "../reservations/reservation-changes.ts";
import { launchFailureOf } from "../tasks/failure.ts";
import { isOver, type KillPurpose, killSteps as killStepsOf } from "./kill-steps.ts";
import { type MaintenanceNotice, maintenanceSteps } from "./maintenance.ts";
import { classifyFailure, describeEnd, isRefused, retryDelayMs, settledAfterMs } from "./retry-policy.ts";

export type Step =
  | { readonly kind: "launch-node"; readonly explanation: string }
  | { readonly kind: "relaunch-process"; readonly process: string; readonly explanation: string }
  | {
      readonly kind: "kill-task";
      readonly taskId: string;
      readonly agentId: string;
      readonly executorId: string;
      /** The node's data goes with it; false: it stays. */
      readonly removal: boolean;
      readonly explanation: string;
    }
  | { readonly kind: "retire-launch"; readonly explanation: string }
  /** An incarnation that another one superseded is over. */
  | { readonly kind: "retire-superseded"; readonly incarnation: string; readonly explanation: string }
  /** The launch is to be ended on purpose, to be made again elsewhere. */
  | { readonly kind: "evict-launch"; readonly explanation: string }
  /** A deleted node once more on the host that may still hold things of it, to be killed there. */
  | { readonly kind: "clean-up-node"; readonly hostname: string; readonly explanation: string }
  /** The host cannot be cleaned up: an operator is told, and it is forgotten. */
  | { readonly kind: "abandon-leftover"; readonly hostname: string; readonly explanation: string }
  /** Nothing to do before `untilMs` or before something happens. */
  | { readonly kind: "wait"; readonly untilMs?: number; readonly process?: string; readonly explanation: string };

/** A launch that says nothing for this long is killed and tried again: an agent may be fetching the executor over a slow line. */
export const launchTimeoutMs = 1_800_000;
/** The end of a node's task and those of its processes come one by one: only what is left after this is killed. */
const straggleMs = 5_000;

export interface StepContext {
  readonly now: number;
  /** Its removal was asked for: it goes, with its data. Nothing else takes data. */
  readonly deleting: boolean;
  /** It is not to run (`expect`): it ends, and its data stays. */
  readonly stopped?: boolean | undefined;
  /** Why its turn in the plan of its cluster has not come; "" or absent when it has. */
  readonly turn?: string | undefined;
  /** Since when a task is being killed; undefined when it is not. */
  readonly killingSince: (taskId: string) => number | undefined;
  /** Since when the first host of the node's leftovers is waited for; undefined when that does not count now. */
  readonly cleanupSinceMs?: number | undefined;
  /** Processes whose success is their end: one-shots, and those that are never started again. */
  readonly mayFinish: ReadonlySet<string>;
  /** A node whose volumes must not be lost: a master. */
  readonly precious: boolean;
  /** A node whose agent is out of reach for this long is launched elsewhere, unless it is precious; 0: never. */
  readonly partitionGraceMs: number;
  /** Why it is not known yet whether the node runs already; "" or absent when it is known. */
  readonly unsettled?: string | undefined;
  /** The maintenance of its agent, as far as it concerns the node. */
  readonly maintenance?: MaintenanceNotice | undefined;
}

function killSteps(launch: LaunchRecord, context: StepContext, purpose: KillPurpose, why: string): readonly Step[] {
  if (launch.tasks.every((task) => isOver(task, context)))
    return [{ kind: "retire-launch", explanation: `all tasks of incarnation ${launch.incarnation} ended` }];
  return killStepsOf(launch, context, purpose, why);
}

function processSteps(launch: LaunchRecord, context: StepContext): readonly Step[] {
  return launch.tasks.flatMap((task): Step[] => {
    const { process } = task;
    if (process === "" || !isTerminal(task)) return [];
    if (task.state === "TASK_FINISHED" && context.mayFinish.has(process)) return [];
    const end = describeEnd(task);
    if (launch.pod === true) {
      // The executor ends the others and then the node.
      return [{ kind: "wait", process, explanation: `${process} ended, and its pod ends with it: ${end}` }];
    }
    if (task.retryAtMs > context.now && isRefused(task)) {
      const explanation = `${process} is refused by Mesos and is not launched again before a retry is asked for (plan/retry): ${end}`;
      return [{ kind: "wait", process, explanation }];
    }
    if (task.retryAtMs > context.now) {
      return [
        {
          kind: "wait",
          process,
          untilMs: task.retryAtMs,
          explanation: `${process} ended and is launched again later: ${end}`,
        },
      ];
    }
    return [{ kind: "relaunch-process", process, explanation: `${process} ended: ${end}` }];
  });
}

function launchSteps(record: UnitRecord, context: StepContext): readonly Step[] {
  if (context.unsettled !== undefined && context.unsettled !== "")
    return [{ kind: "wait", explanation: context.unsettled }];
  if (record.blocked) {
    return [
      {
        kind: "wait",
        explanation: `it is not tried again before a retry is asked for (plan/retry): ${record.lastFailure}`,
      },
    ];
  }
  if (record.retryAtMs > context.now) {
    return [
      {
        kind: "wait",
        untilMs: record.retryAtMs,
        explanation: `launch ${record.failures} failed: ${record.lastFailure}`,
      },
    ];
  }
  const why = record.failures === 0 ? "not launched yet" : `to be launched again after: ${record.lastFailure}`;
  // As needs.ts has it: a master goes where its data is.
  const tied =
    context.precious && record.home !== ""
      ? `; it is launched on ${record.home}, which has its data, and nowhere else. Should that host be lost for good, register an agent under its name: the node begins there without data`
      : "";
  return [{ kind: "launch-node", explanation: `${why}${tied}` }];
}

/** What becomes of a node whose agent is out of reach: it may still run there. */
function awaySteps(launch: LaunchRecord, node: TaskRecord, context: StepContext): readonly Step[] {
  const { now, precious, partitionGraceMs } = context;
  const what = `agent ${launch.hostname} is out of reach (${node.state})`;
  const untilMs = node.changedAtMs + partitionGraceMs;
  const moves = !precious && partitionGraceMs > 0 && node.state === "TASK_UNREACHABLE";
  if (!moves) {
    const explanation = `${what}; the node is not started elsewhere while it may still run there: bring the agent back, or mark it gone in Mesos`;
    return [{ kind: "wait", explanation }];
  }
  if (now < untilMs) {
    const explanation = `${what}; unless it returns, the node is launched elsewhere ${partitionGraceMs / 1000} s after it was lost (-partition_grace)`;
    return [{ kind: "wait", untilMs, explanation }];
  }
  if (context.unsettled !== undefined && context.unsettled !== "")
    return [{ kind: "wait", explanation: context.unsettled }];
  const explanation = `${what} for longer than ${partitionGraceMs / 1000} s: the node is launched elsewhere, and killed there when it returns`;
  return [{ kind: "launch-node", explanation }];
}

/** What to do for a node now, most urgent first. */
export function stepsOf(record: UnitRecord, context: StepContext): readonly Step[] {
  return [...supersededSteps(record, context), ...presentSteps(record, context)];
}

function presentSteps(record: UnitRecord, context: StepContext): readonly Step[] {
  const { launch } = record;
  if (context.deleting) {
    if (launch === undefined) {
      const cleanup = cleanupSteps(record, context.now, context.cleanupSinceMs);
      return cleanup.length > 0 ? cleanup : releaseSteps(record.reservations);
    }
    if (!isTakingOver(record, launch, context.now))
      return killSteps(launch, context, "removal", "the cluster is being deleted");
    const explanation = `the executor on ${launch.hostname} takes over what a dead one left, then it is killed and removes it`;
    return [{ kind: "wait", untilMs: launch.createdAtMs + claimTimeoutMs, explanation }];
  }
  // Launched for a removal that is not wanted any more: it ends all the same.
  if (launch?.cleanup === true) return killSteps(launch, context, "stop", "it is a clean-up");
  if (context.stopped === true) {
    const why = "it is not to run (expect)";
    const { turn = "" } = context;
    if (launch !== undefined && turn !== "") return [{ kind: "wait", explanation: `${why}; ${turn}` }];
    return launch === undefined ? [{ kind: "wait", explanation: why }] : killSteps(launch, context, "stop", why);
  }
  if (launch === undefined) return launchSteps(record, context);
  const node = unitTaskOf(launch);
  if (node === undefined || isOver(node, context)) {
    const left = launch.tasks.some((task) => !isOver(task, context));
    const endedAt = node?.changedAtMs ?? 0;
    if (left && context.now - endedAt < straggleMs) {
      return [
        {
          kind: "wait",
          untilMs: endedAt + straggleMs,
          explanation: "its node ended; the ends of its processes are awaited",
        },
      ];
    }
    return killSteps(launch, context, "stop", `its node ended: ${node === undefined ? "no task" : describeEnd(node)}`);
  }
  if (isOutOfReach(node)) return awaySteps(launch, node, context);
  if (launch.evicted !== "") return killSteps(launch, context, "stop", launch.evicted);
  const silent = node.state === "TASK_INTENDED" || node.state === "TASK_STAGING";
  if (silent && context.now - launch.createdAtMs > launchTimeoutMs) {
    return killSteps(launch, context, "stop", "nothing was heard of it for too long");
  }
  const moving = maintenanceSteps(launch, context.maintenance, context.now);
  if (moving.some(({ kind }) => kind === "evict-launch")) return moving;
  return [...processSteps(launch, context), ...moving];
}

/**
 * The record when a scheduler starts: what was refused as invalid, the node or a process of it alone, may be right with
 * this program and its configuration, and gets one more try. The same object when there is no such thing.
 */
export function unblock(record: UnitRecord, now: number): UnitRecord {
  const { launch } = record;
  if (!record.blocked && launch?.tasks.some(isRefused) !== true) return record;
  const free = record.blocked ? { ...record, blocked: false, retryAtMs: now } : record;
  if (launch === undefined) return free;
  const tasks = launch.tasks.map((task) => (isRefused(task) ? { ...task, retryAtMs: now } : task));
  return { ...free, launch: { ...launch, tasks } };
}

/** With the agent goes what it kept; what gives its place up keeps nothing. */
function reservationsLeft(
  { reservations }: UnitRecord,
  { agentId, evicted }: LaunchRecord,
  gone: boolean,
  now: number,
) {
  if (gone) return reservations.filter((one) => one.agentId !== agentId);
  return evicted === "" ? reservations : releaseAll(reservations, now);
}

/**
 * The record after all tasks of its launch ended: no launch, and when to try again. `precious`: a node that goes where its
 * data is, however long that takes.
 */
export function retire(record: UnitRecord, now: number, precious: boolean): UnitRecord {
  const { launch, ...rest } = record;
  if (launch === undefined) return record;
  const node = unitTaskOf(launch);
  const ended = launch.evicted === "" ? classifyFailure(launch) : "moved";
  // Without its reservation a task asks for more than there is: that is Mesos' answer to the reservation, not to the task.
  const refusal = ended === "invalid" ? refusalOn(record.reservations, launch.agentId) : undefined;
  const kind = refusal === undefined ? ended : "configuration";
  const settled = launch.readyAtMs > 0 && now - launch.readyAtMs > settledAfterMs;
  const before = settled ? 0 : record.failures;
  const gone = node?.state === "TASK_GONE_BY_OPERATOR";
  // Where it was is empty, or not for it at this time: a node that may begin anew elsewhere does not wait for that host.
  // A master is ended on purpose only where its cluster never had a quorum (framework/placement/quorum-yield.ts).
  const leaves = gone || wasRemoved(launch) || launch.evicted !== "" || (kind === "moved" && !precious);
  const base = {
    ...rest,
    home: leaves && record.home === launch.hostname ? "" : record.home,
    leftovers: orphanedResourcesAfter(record, launch, now),
    reservations: reservationsLeft(record, launch, gone, now),
    lastFailure: refusal ?? (node === undefined ? "" : describeEnd(node)),
    failure: launchFailureOf(launch),
    needsHelp: kind === "configuration" || kind === "invalid",
  };
  switch (kind) {
    case "lost-offer":
    case "moved":
      return { ...base, failures: before, retryAtMs: now };
    case "ordinary":
    case "configuration":
      return { ...base, failures: before + 1, retryAtMs: now + retryDelayMs(kind, before) };
    case "invalid":
      return { ...base, failures: before + 1, retryAtMs: now, blocked: true };
    default:
      return assertNever(kind);
  }
}
