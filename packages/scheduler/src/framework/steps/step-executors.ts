// The table of step executors: each kind of step with the one function that carries it out. A step that is carried out twice
// does nothing twice.

import type { Kinds } from "../../workload/kinds/kinds.ts";
import { advanced } from "../../workload/plans/workload-plan.ts";
import { plansOf, withPlan } from "../../workload/plans/workload-steps.ts";
import { withGranted } from "../../workload/records/launches.ts";
import { givingUp } from "../../workload/records/removal-state.ts";
import {
  type PlacementRequestOptions,
  requestOfCleanup,
  requestOfProcess,
  requestOfResources,
  requestOfUnit,
} from "../placement/placement-requests.ts";
import type { Killer } from "../tasks/killer.ts";
import type { BeginAnew } from "./begin-anew.ts";
import { type LaunchRetirementParts, retireLaunch, retireSupersededLaunch } from "./launch-retirement.ts";
import type { StepTable, UnitInHand } from "./step-table.ts";
import { moveUnit } from "./unit-move.ts";
import { relocateUnit, type UnitRelocationParts } from "./unit-relocation.ts";
import { forgetUnit, releaseUnit, type UnitRemovalParts } from "./unit-removal.ts";
import { replaceUnit, type UnitReplacementParts } from "./unit-replacement.ts";
import { removeWorkload, type WorkloadRemovalParts } from "./workload-removal.ts";

export interface StepExecutorParts
  extends LaunchRetirementParts,
    WorkloadRemovalParts,
    UnitRemovalParts,
    UnitRelocationParts,
    UnitReplacementParts {
  readonly kinds: Kinds;
  readonly killer: Pick<Killer, "kill">;
  readonly beginAnew: BeginAnew;
  readonly options: PlacementRequestOptions;
}

export function stepExecutors(parts: StepExecutorParts): StepTable {
  const { clock, ledger, logs, killer, kinds, beginAnew, options } = parts;
  const outlineOf = ({ workload, record }: UnitInHand) => kinds.outline(workload, record.unit);
  /** A launch that cannot be stored must not be made. */
  const launchable = (unit: UnitInHand) =>
    ledger.problem(unit.record.workload, unit.record.unit) === "" ? outlineOf(unit) : undefined;
  return {
    "launch-unit": {
      acts: (unit) => {
        const outline = launchable(unit);
        return (
          outline &&
          requestOfUnit(unit.workload, unit.record, outline, kinds.of(unit.workload).rules, options, clock.now())
        );
      },
    },
    "relaunch-process": {
      acts: (unit, { process }) => {
        const outline = launchable(unit);
        return outline && requestOfProcess(unit.workload, unit.record, outline, process, options, clock.now());
      },
    },
    "hold-resources": {
      acts: (unit, { process, amount }) =>
        launchable(unit) && requestOfResources(unit.workload, unit.record, process, amount, options, clock.now()),
    },
    "grant-resources": {
      changes: ({ record }, { process, amount, explanation }) => ({
        record: withGranted(record, process, amount),
        stored: () => logs.line("info", record.workload, explanation, { unit: record.unit, process }),
      }),
    },
    "clean-up-unit": {
      acts: (unit, { hostname, alsoAt, keepsData }) => {
        const outline = outlineOf(unit);
        const hosts = [hostname, ...alsoAt];
        return outline && requestOfCleanup(unit.workload, unit.record, outline, hosts, options, keepsData);
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
        stored: () => logs.line("info", record.workload, explanation, { unit: record.unit }),
      }),
    },
    "relocate-unit": relocateUnit(parts),
    "abandon-orphaned": {
      changes: ({ record }, { hostname, explanation }) => {
        // Logged before it is stored: after a crash it is logged twice rather than never.
        logs.line("warning", record.workload, explanation, { unit: record.unit, host: hostname });
        return { record: givingUp(record, (left) => left.hostname === hostname) };
      },
    },
    "begin-plan": async (workload, { plan }) => {
      await ledger.commit({ workload: { ...workload, plan } });
      return "changed";
    },
    "advance-plan": async (workload, step) => {
      const plan = plansOf(workload).find(({ id }) => id === step.plan);
      if (plan === undefined) return "unchanged";
      const next = withPlan(workload, plan.id, advanced(plan, step, clock.now()));
      await ledger.commit({ workload: kinds.of(next).afterPlanStep?.(next) ?? next });
      // What a stop does to each unit is in the log already.
      if (plan.id !== "") logs.line("info", workload.spec.name, step.explanation);
      return "changed";
    },
    "end-plan": async (workload, { plan, explanation }) => {
      await ledger.commit({ workload: withPlan(workload, plan, undefined) });
      logs.line("info", workload.spec.name, explanation);
      return "changed";
    },
    "release-unit": releaseUnit(parts),
    "forget-unit": forgetUnit(parts),
    "replace-unit": replaceUnit(parts),
    "begin-anew": beginAnew.begin,
    "move-unit": moveUnit(parts),
    "remove-workload": removeWorkload(parts),
  };
}
