// Decides the next steps of one unit from its record and what is wanted of it. Pure: the same input gives the same steps, and a
// step that was carried out is not decided again.

import {
  isOutOfReach,
  isTerminal,
  type LaunchRecord,
  type TaskRecord,
  type UnitRecord,
  unitTaskOf,
} from "../records/records.ts";
import { awaitedOrphans } from "../records/removal-state.ts";
import { isResourceTask } from "../records/resource-tasks.ts";
import { describeEnd, isRefused } from "../tasks/retry-policy.ts";
import { isOver, type KillPurpose, killSteps as killStepsOf } from "./kill-steps.ts";
import { maintenanceSteps } from "./maintenance.ts";
import { claimTimeoutMs, cleanupSteps, isTakingOver, stoppedSteps } from "./orphaned-resources.ts";
import { releaseSteps } from "./release-steps.ts";
import { killOf, resourceSteps } from "./resource-steps.ts";
import type { Step, StepContext } from "./step.ts";
import { supersededSteps } from "./superseded.ts";

/**
 * A launch without an update for this long is killed and tried again. An agent may fetch the executor over a slow line,
 * so it is long.
 */
export const launchTimeoutMs = 1_800_000;
/**
 * The ends of a unit's task and of its processes are reported one by one. Only what is left after this time is killed.
 */
const straggleMs = 5_000;

function killSteps(launch: LaunchRecord, context: StepContext, purpose: KillPurpose, why: string): readonly Step[] {
  if (launch.tasks.every((task) => isOver(task, context)))
    return [{ kind: "retire-launch", explanation: `all tasks of incarnation ${launch.incarnation} ended` }];
  return killStepsOf(launch, context, purpose, why);
}

function processSteps(launch: LaunchRecord, context: StepContext): readonly Step[] {
  return launch.tasks.flatMap((task): Step[] => {
    const { process } = task;
    if (process === "" || isResourceTask(task)) return [];
    if (!isTerminal(task)) return task.replaced === undefined ? [] : [killOf(launch, task, task.replaced)];
    if (task.state === "TASK_FINISHED" && context.mayFinish.has(process)) return [];
    const end = describeEnd(task);
    if (task.replaced !== undefined && task.state === "TASK_KILLED")
      return [{ kind: "relaunch-process", process, explanation: task.replaced }];
    if (launch.pod === true) {
      // The executor ends the others and then the unit.
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

/** Why it is launched on its home and nowhere else. */
function placeWords({ home, mayRunOn }: UnitRecord): string {
  return mayRunOn === home
    ? "where it may still run, for its last executor ended without a word"
    : "which has its data";
}

const leavingStep: Step = { kind: "wait", explanation: "it is to be removed, so that it is not launched again" };

function stepsToLaunch(record: UnitRecord, context: StepContext): readonly Step[] {
  if (context.leaving === true) return [leavingStep];
  if (context.unsettled !== undefined && context.unsettled !== "")
    return [{ kind: "wait", explanation: context.unsettled }];
  if (record.finishedAtMs !== undefined) {
    const explanation = `it ended by itself at ${new Date(record.finishedAtMs).toISOString()}, and is not launched again before a start is asked for (POST …/start)`;
    return [{ kind: "wait", explanation }];
  }
  if (context.undecided !== undefined && context.undecided !== "")
    return [{ kind: "wait", explanation: context.undecided }];
  if (context.lostOn !== undefined) {
    return [{ kind: "wait", explanation: context.rules.withoutData.words(record, context.lostOn) }];
  }
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
  // As placement-requests.ts has it: a unit that is tied goes where its data is.
  const tied =
    context.tied && record.home !== ""
      ? `; it is launched on ${record.home}, ${placeWords(record)}, and nowhere else. ${context.rules.homeLost(record)}`
      : "";
  const { avoids } = context;
  const elsewhere =
    avoids === undefined || avoids.untilMs <= context.now
      ? ""
      : `; another agent than ${avoids.hostname} is looked for until ${new Date(avoids.untilMs).toISOString()}, then any is taken`;
  return [{ kind: "launch-unit", explanation: `${why}${tied}${elsewhere}` }];
}

/** Steps of a unit whose agent is out of reach, where it may still run. */
function awaySteps(launch: LaunchRecord, unitTask: TaskRecord, context: StepContext): readonly Step[] {
  const { now, rules, tied, partitionGraceMs } = context;
  const what = `agent ${launch.hostname} is out of reach (${unitTask.state})`;
  const untilMs = unitTask.changedAtMs + partitionGraceMs;
  const moves = !tied && partitionGraceMs > 0 && unitTask.state === "TASK_UNREACHABLE";
  if (!moves) {
    const explanation = `${what}; the ${rules.words.unit} is not started elsewhere while it may still run there: bring the agent back, or mark it gone in Mesos`;
    return [{ kind: "wait", explanation }];
  }
  if (now < untilMs) {
    const explanation = `${what}; unless it returns, the ${rules.words.unit} is launched elsewhere ${partitionGraceMs / 1000} s after it was lost (-partition_grace)`;
    return [{ kind: "wait", untilMs, explanation }];
  }
  if (context.leaving === true) return [leavingStep];
  if (context.unsettled !== undefined && context.unsettled !== "")
    return [{ kind: "wait", explanation: context.unsettled }];
  const explanation = `${what} for longer than ${partitionGraceMs / 1000} s: the ${rules.words.unit} is launched elsewhere, and killed there when it returns`;
  return [{ kind: "launch-unit", explanation }];
}

const takingOverStep = ({ hostname, createdAtMs }: LaunchRecord, does: "removes" | "ends"): Step => ({
  kind: "wait",
  untilMs: createdAtMs + claimTimeoutMs,
  explanation: `the executor on ${hostname} takes over what a dead one left, then it is killed and ${does} it`,
});

/** The next steps of a unit, most urgent first. */
export function stepsOf(record: UnitRecord, context: StepContext): readonly Step[] {
  return [...supersededSteps(record, context), ...presentSteps(record, context)];
}

function presentSteps(record: UnitRecord, context: StepContext): readonly Step[] {
  const { launch } = record;
  if (context.deleting) {
    if (launch === undefined) {
      const cleanup = cleanupSteps(record, context);
      return awaitedOrphans(record).length > 0 ? cleanup : [...cleanup, ...releaseSteps(record.reservations)];
    }
    if (!isTakingOver(record, launch, context)) return killSteps(launch, context, "removal", "it is being removed");
    return [takingOverStep(launch, "removes")];
  }
  if (launch?.keepsData === true && isTakingOver(record, launch, context)) return [takingOverStep(launch, "ends")];
  // It was launched for a removal or a stop that may not be wanted any more. It is killed all the same.
  if (launch?.cleanup === true) return killSteps(launch, context, "stop", "it is a clean-up");
  if (context.stopped === true) {
    const why =
      context.heldBy === undefined ? "it is not to run (expect)" : `its plan has stopped it (${context.heldBy})`;
    const { turn = "" } = context;
    if (launch !== undefined && turn !== "") return [{ kind: "wait", explanation: `${why}; ${turn}` }];
    return launch === undefined ? stoppedSteps(record, context, why) : killSteps(launch, context, "stop", why);
  }
  if (launch === undefined) return stepsToLaunch(record, context);
  const unitTask = unitTaskOf(launch);
  if (unitTask === undefined || isOver(unitTask, context)) {
    const left = launch.tasks.some((task) => !isOver(task, context));
    const endedAt = unitTask?.changedAtMs ?? 0;
    if (left && context.now - endedAt < straggleMs) {
      return [
        {
          kind: "wait",
          untilMs: endedAt + straggleMs,
          explanation: `the ${context.rules.words.unit} ended; the ends of its processes are awaited`,
        },
      ];
    }
    return killSteps(
      launch,
      context,
      "stop",
      `the ${context.rules.words.unit} ended: ${unitTask === undefined ? "no task" : describeEnd(unitTask)}`,
    );
  }
  if (isOutOfReach(unitTask)) return awaySteps(launch, unitTask, context);
  if (launch.evicted !== "") return killSteps(launch, context, "stop", launch.evicted);
  const silent = unitTask.state === "TASK_INTENDED" || unitTask.state === "TASK_STAGING";
  if (silent && context.now - launch.createdAtMs > launchTimeoutMs) {
    return killSteps(launch, context, "stop", "nothing was heard of it for too long");
  }
  const moving = maintenanceSteps(launch, context.maintenance, context.now);
  if (moving.some(({ kind }) => kind === "evict-launch")) return moving;
  const reserved = record.reservations.some(
    ({ agentId, state }) => agentId === launch.agentId && (state === "reserved" || state === "intended"),
  );
  const skipped = new Set(record.skipped.map(({ process }) => process));
  return [...processSteps(launch, context), ...resourceSteps(launch, { ...context, reserved, skipped }), ...moving];
}
