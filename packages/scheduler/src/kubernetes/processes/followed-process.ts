// Whether a running process follows what is wanted of it, by its executor's reports: what was sent does not count before it is
// reported. Pure.
import {
  isTerminal,
  processTaskOf,
  type UnitRecord,
  unitTaskOf,
  type WorkloadRecord,
} from "../../workload/records/records.ts";
import { followedBy } from "../../workload/records/resource-tasks.ts";
import { failureOf } from "../../workload/tasks/failure.ts";
import { wishOf } from "../../workload/tasks/statuses.ts";

export type FollowedProcess =
  /** Nothing of its node runs, or it is being removed: the next launch is as is wanted. */
  | { readonly kind: "none" }
  /** Its task has ended; it is launched again as is wanted, if at all. `finished`: its end was its success. */
  | {
      readonly kind: "ended";
      readonly finished: boolean;
      /** Why it ended; "" when that is not known, or when it was its success. */
      readonly why: string;
    }
  /** It is launched, and was not reported to follow anything. */
  | { readonly kind: "starting" }
  /** Its executor is of an earlier version and takes no changes. */
  | { readonly kind: "fixed" }
  | {
      readonly kind: "follows";
      /** "" while it is not known. */
      readonly version: string;
      /** Why it does not follow what was sent last, in words; "" for none. */
      readonly problem: string;
      /** Version of that. */
      readonly problemVersion: string;
      readonly agentId: string;
      readonly executorId: string;
    };

export function followedProcess({ launch }: UnitRecord, process: string): FollowedProcess {
  if (launch === undefined || launch.cleanup) return { kind: "none" };
  const unit = unitTaskOf(launch);
  if (unit === undefined || isTerminal(unit)) return { kind: "none" };
  const task = processTaskOf(launch, process);
  if (task === undefined) return { kind: "none" };
  if (isTerminal(task))
    return { kind: "ended", finished: task.state === "TASK_FINISHED", why: failureOf(task)?.message ?? "" };
  const { version, problem, problemVersion } = followedBy(task);
  // A task that was taken over with a restored store runs, and nothing is known of it before its next report.
  const isAdopted = task.state === "TASK_RUNNING" && task.report === "";
  if (version !== "" || isAdopted) {
    const { agentId, executorId } = launch;
    return { kind: "follows", version, problem: inBodyNames(problem), problemVersion, agentId, executorId };
  }
  return task.state === "TASK_RUNNING" ? { kind: "fixed" } : { kind: "starting" };
}

/** True for a node that has not ended, and does before anything of it begins: its stop, or a stop of its cluster, goes on. */
export function isEnding(workload: WorkloadRecord, record: UnitRecord | undefined): boolean {
  const task = record?.launch === undefined ? undefined : unitTaskOf(record.launch);
  if (record === undefined || task === undefined || isTerminal(task)) return false;
  return wishOf(workload, record.unit) !== "run" || task.state === "TASK_KILLING";
}

/** Fields of a wrapper's protocol, and what they are in the body of a process. */
const bodyNames: readonly (readonly [RegExp, string])[] = [
  [/\b(?:spec\.)?resources\.memory_bytes\b/g, "res.memory"],
  [/\b(?:spec\.)?resources\.cpu_millis\b/g, "res.cpu"],
  [/\bspec\.command\[0\]/g, "cmd"],
  [/\bspec\.command\[\d+\]/g, "options"],
  [/\bspec\.environment\[\d+\](?:\.(?:name|value))?/g, "envs"],
];

const inBodyNames = (problem: string) => bodyNames.reduce((text, [name, shown]) => text.replace(name, shown), problem);

/** What an operator must know about it; "" when it is as is wanted. */
export function describeFollowing(followed: FollowedProcess, wanted: string): string {
  if (followed.kind === "fixed")
    return "its executor is of an earlier version of CKE: changes take effect with the next launch of its node";
  if (followed.kind !== "follows" || followed.version === wanted) return "";
  if (followed.problem !== "")
    return `a change is not made, and is tried again where that may pass by itself: ${followed.problem}`;
  return "a change that was asked for is under way";
}
