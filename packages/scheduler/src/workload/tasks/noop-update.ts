// No-op updates: health reports that change only times and texts. With a thousand healthy workloads most updates are
// no-ops. They are stored and acknowledged like all others; no step follows from them. Pure.
import { isDeepStrictEqual } from "node:util";
import type { ProbeState } from "@cke/protocol";
import { reportOf, type TaskRecord } from "../records/records.ts";

const isReached = ({ passing, everPassed }: ProbeState) => passing || everPassed;

function sameProbes(old: readonly ProbeState[], now: readonly ProbeState[]): boolean {
  return (
    old.length === now.length &&
    now.every((probe, index) => {
      const before = old[index];
      return (
        before !== undefined &&
        before.name === probe.name &&
        before.phase === probe.phase &&
        isReached(before) === isReached(probe)
      );
    })
  );
}

/**
 * True when a running task goes on as before: no step follows from the change, and no phase is reached or left. The
 * property test beside this file checks both.
 */
export function isNoop(before: TaskRecord, after: TaskRecord): boolean {
  if (before.state !== "TASK_RUNNING" || after.state !== "TASK_RUNNING" || before.healthy !== after.healthy)
    return false;
  if (before.report === after.report) return true;
  const [old, now] = [reportOf(before), reportOf(after)];
  if (after.process === "") return old?.kind === "unit" && now?.kind === "unit";
  if (old?.kind !== "process" || now?.kind !== "process") return false;
  const { phase, health, startWhen, resources } = now.value;
  return (
    phase === old.value.phase &&
    // What Mesos is given back depends on the limits that the process has.
    isDeepStrictEqual(resources, old.value.resources) &&
    sameProbes(old.value.health, health) &&
    sameProbes(old.value.startWhen, startWhen)
  );
}
