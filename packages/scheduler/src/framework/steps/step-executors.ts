// The table of step executors: each kind of step with the one function that carries it out. A step that is carried out twice
// does nothing twice.

import type { Kinds } from "../../workload/kinds/kinds.ts";
import { advanced } from "../../workload/plans/workload-plan.ts";
import {
  type PlacementRequestOptions,
  requestOfCleanup,
  requestOfNode,
  requestOfProcess,
} from "../placement/placement-requests.ts";
import type { Killer } from "../tasks/killer.ts";
import { type LaunchRetirementParts, retireLaunch, retireSupersededLaunch } from "./launch-retirement.ts";
import type { StepTable, UnitInHand } from "./step-table.ts";
import { removeWorkload, type WorkloadRemovalParts } from "./workload-removal.ts";

export interface StepExecutorParts extends LaunchRetirementParts, WorkloadRemovalParts {
  readonly kinds: Kinds;
  readonly killer: Pick<Killer, "kill">;
  readonly options: PlacementRequestOptions;
}

export function stepExecutors(parts: StepExecutorParts): StepTable {
  const { clock, ledger, logs, killer, kinds, options } = parts;
  const outlineOf = ({ cluster, record }: UnitInHand) => kinds.outline(cluster, record.unit);
  /** A launch that cannot be stored must not be made. */
  const launchable = (unit: UnitInHand) =>
    ledger.problem(unit.record.workload, unit.record.unit) === "" ? outlineOf(unit) : undefined;
  return {
    "launch-node": {
      acts: (unit) => {
        const outline = launchable(unit);
        return outline && requestOfNode(unit.cluster, unit.record, outline, options, clock.now());
      },
    },
    "relaunch-process": {
      acts: (unit, { process }) => {
        const outline = launchable(unit);
        return outline && requestOfProcess(unit.cluster, unit.record, outline, process, options, clock.now());
      },
    },
    "clean-up-node": {
      acts: (unit, { hostname }) => {
        const outline = outlineOf(unit);
        return outline && requestOfCleanup(unit.cluster, unit.record, outline, hostname, options);
      },
    },
    "kill-task": {
      acts: async ({ record }, step) => {
        await killer.kill({ ...step, instance: record.instance });
        return undefined;
      },
    },
    wait: { acts: () => undefined },
    "retire-launch": retireLaunch(parts),
    "retire-superseded": retireSupersededLaunch(parts),
    "evict-launch": {
      // Stored before the kill, so that the reason is known when the launch has ended, also to another scheduler.
      changes: ({ record }, { explanation }) => ({
        record:
          record.launch === undefined ? record : { ...record, launch: { ...record.launch, evicted: explanation } },
        stored: () => logs.line("info", record.workload, explanation, { node: record.unit }),
      }),
    },
    "abandon-leftover": {
      changes: ({ record }, { hostname, explanation }) => {
        // Logged before it is stored: after a crash it is logged twice rather than never.
        logs.line("warning", record.workload, explanation, { node: record.unit, host: hostname });
        return { record: { ...record, leftovers: record.leftovers.filter((left) => left.hostname !== hostname) } };
      },
    },
    "begin-plan": async (workload, { plan }) => {
      await ledger.commit({ workload: { ...workload, plan } });
      return "changed";
    },
    "advance-plan": async (workload, step) => {
      if (workload.plan === undefined) return "unchanged";
      await ledger.commit({ workload: { ...workload, plan: advanced(workload.plan, step) } });
      return "changed";
    },
    "end-plan": async ({ plan: _, ...workload }, { explanation }) => {
      await ledger.commit({ workload });
      logs.line("info", workload.spec.name, explanation);
      return "changed";
    },
    "remove-workload": removeWorkload(parts),
  };
}
