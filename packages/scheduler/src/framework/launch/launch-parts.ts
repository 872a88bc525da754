// Which tasks a launch has, and what each of them asks of an offer. Pure.
import type { Resource } from "@cke/mesos";
import { baseShare, processShare, type TaskShare, unitShare } from "../../workload/outline/task-shares.ts";
import type { UnitOutline } from "../../workload/outline/unit-outline.ts";
import { beyondAmount, type HeldAmount, isNoAmount, resourceTaskName } from "../../workload/records/resource-tasks.ts";
import type { Placement, PlacementRequest, RequestPart } from "../offer-fit/placement-request.ts";

/**
 * A Mesos master refuses a task group whose executor has no disk ("uses no disk", src/master/validation.cpp). In MiB;
 * enough for the executor's file and its log, because agents with the disk/du isolator enforce it.
 */
const podExecutorDisk = 256;

/** How a unit is launched. */
export interface LaunchForm {
  /** As one task group, whose processes hold all that they need: it begins and ends as a whole. */
  readonly pod: boolean;
  /** Resource tasks hold what its processes need beyond a base. */
  readonly resourceTasks: boolean;
}

/** One task beside the unit's own: a process, or a task that holds resources of one. */
interface SharedTask {
  readonly name: string;
  readonly share: TaskShare;
}

export const partOf = ({ cpu, mem }: TaskShare): RequestPart => ({ cpus: cpu, mem, ports: [] });

/** The executor, and the unit's own task. */
export function ownParts(outline: UnitOutline, { pod }: Pick<LaunchForm, "pod">): readonly [RequestPart, RequestPart] {
  return [
    { ...partOf(outline.executor), ...(pod ? { disk: podExecutorDisk } : {}) },
    { ...partOf(unitShare(outline)), ports: outline.hostPorts },
  ];
}

/** The processes in order, then the tasks that hold what these need beyond their base. */
function tasksOf({ processes }: UnitOutline, { pod, resourceTasks }: LaunchForm): readonly SharedTask[] {
  const whole = processes.map((process) => ({ name: process.name, share: processShare(process) }));
  if (pod || !resourceTasks) return whole;
  const beside = whole.flatMap(({ name, share }) => {
    const rest = beyondAmount(share, baseShare(share));
    return isNoAmount(rest) ? [] : [{ name: resourceTaskName(name), share: rest }];
  });
  return [...whole.map(({ name, share }) => ({ name, share: baseShare(share) })), ...beside];
}

/** What the launch of a whole unit asks for. */
export function unitParts(outline: UnitOutline, form: LaunchForm): Pick<PlacementRequest, "parts" | "tasks"> {
  const own = ownParts(outline, form);
  const tasks = tasksOf(outline, form);
  return {
    parts: [...own, ...tasks.map(({ share }) => partOf(share))],
    tasks: [...own.map(() => ""), ...tasks.map(({ name }) => name)],
  };
}

/** A task beside the unit's own, with the resources that were found for it. */
export interface PlacedTask {
  /** Of the process, or of the task that holds resources of one. */
  readonly name: string;
  readonly amount: HeldAmount;
  readonly resources: readonly Resource[];
}

export function placedTasks({ request, resources }: Pick<Placement, "request" | "resources">): readonly PlacedTask[] {
  return request.parts.flatMap(({ cpus, mem }, index) => {
    const name = request.tasks?.[index] ?? "";
    return name === "" ? [] : [{ name, amount: { cpu: cpus, mem }, resources: resources[index] ?? [] }];
  });
}
