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
import { describeEnd, isRefused } from "../tasks/retry-policy.ts";
import { isOver, type KillPurpose, killSteps as killStepsOf } from "./kill-steps.ts";
import { maintenanceSteps } from "./maintenance.ts";
import { claimTimeoutMs, cleanupSteps, isTakingOver } from "./orphaned-resources.ts";
import { releaseSteps } from "./release-steps.ts";
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
  // As placement-requests.ts has it: a stateful unit goes where its data is.
  const tied =
    context.stateful && record.home !== ""
      ? `; it is launched on ${record.home}, which has its data, and nowhere else. Should that host be lost for good, register an agent under its name: the node begins there without data`
      : "";
  return [{ kind: "launch-node", explanation: `${why}${tied}` }];
}

/** Steps of a unit whose agent is out of reach, where it may still run. */
function awaySteps(launch: LaunchRecord, node: TaskRecord, context: StepContext): readonly Step[] {
  const { now, stateful, partitionGraceMs } = context;
  const what = `agent ${launch.hostname} is out of reach (${node.state})`;
  const untilMs = node.changedAtMs + partitionGraceMs;
  const moves = !stateful && partitionGraceMs > 0 && node.state === "TASK_UNREACHABLE";
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

/** The next steps of a unit, most urgent first. */
export function stepsOf(record: UnitRecord, context: StepContext): readonly Step[] {
  return [...supersededSteps(record, context), ...presentSteps(record, context)];
}

function presentSteps(record: UnitRecord, context: StepContext): readonly Step[] {
  const { launch } = record;
  if (context.deleting) {
    if (launch === undefined) {
      const cleanup = cleanupSteps(record, context);
      return cleanup.length > 0 ? cleanup : releaseSteps(record.reservations);
    }
    if (!isTakingOver(record, launch, context))
      return killSteps(launch, context, "removal", "the cluster is being deleted");
    const explanation = `the executor on ${launch.hostname} takes over what a dead one left, then it is killed and removes it`;
    return [{ kind: "wait", untilMs: launch.createdAtMs + claimTimeoutMs, explanation }];
  }
  // It was launched for a removal that is not wanted any more. It is killed all the same.
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
