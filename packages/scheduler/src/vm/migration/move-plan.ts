// The plan that moves a VM to another host, stage by stage. What decides is stored: the guest ends, its disks are copied, then one commit
// makes the other host the VM's (the framework's "move"), and only then it is launched there. Before that commit it can only be launched
// where it was, after it only where it is to be. Pure.
import type { ExcludedHosts, UnitPrerequisite } from "../../workload/kinds/workload-kind.ts";
import { withPlans } from "../../workload/plans/new-plan.ts";
import { newWorkloadPlan } from "../../workload/plans/workload-plan.ts";
import { launchesOf } from "../../workload/records/launches.ts";
import {
  atRestOption,
  destinationOption,
  entryKey,
  entryOf,
  isOpen,
  type PlanStage,
  sourceOption,
  type WorkloadPlan,
} from "../../workload/records/plan-record.ts";
import type { UnitRecord } from "../../workload/records/records.ts";
import { goesOnAtRest } from "../../workload/records/removal-state.ts";
import type { VmRecord } from "../body/vm-record.ts";
import { vmUnit } from "../body/vm-spec.ts";
import { vmRules } from "../steps/vm-rules.ts";
import {
  destinationUnit,
  type MoveWish,
  moveUnits,
  sourceUnit,
  tiedByDisks,
  tiedToHost,
  withMoveUnits,
} from "./move-units.ts";

export const moveGoal = "migrate";
export const abandonGoal = "abandon the migration";

/** Actions of the kind: move-actions.ts. */
export const moveActions = ["ready", "room", "turn", "live", "copy", "given", "ended", "return"] as const;

/** Option of a move (true): it waits when the guest cannot move while it runs, and is not shut down for it. */
export const liveOnlyOption = "liveOnly";

/** Its end is stored, so that the next stage begins when the guest has its turn, and its time counts from then on. */
const turnStage: PlanStage = {
  name: "wait for its turn to move while it runs",
  action: "turn",
  units: [vmUnit],
  keeps: true,
};
/** Without this stage, or when the guest cannot move so, the later ones shut it down and copy its disks. */
const liveStage: PlanStage = { name: "move it while it runs", action: "live", units: [vmUnit], keeps: true };
const liveEntry = { action: "live", unit: vmUnit } as const;

/** Of a VM that does not run: its disks on the old host are the only other ones, and no start shows that those on the new one are there. */
const endedStage: PlanStage = { name: "hear of its end", action: "ended", units: [destinationUnit] };

const stages = (live: boolean, atRest: boolean): readonly PlanStage[] => [
  { name: "get a place and ways to both hosts", action: "ready", units: [destinationUnit, sourceUnit], keeps: true },
  { name: "look for room for its disks", action: "room", units: [destinationUnit], keeps: true },
  ...(live ? [turnStage, liveStage] : []),
  { name: "end it on its old host", action: "stop", units: [vmUnit] },
  { name: "copy its disks", action: "copy", units: [destinationUnit], keeps: true },
  { name: "give its disks away", action: "given", units: [sourceUnit], keeps: true },
  { name: "change its host", action: "move", units: [vmUnit] },
  { name: "end the receiving executor", action: "stop", units: [destinationUnit] },
  ...(atRest ? [endedStage] : []),
  { name: "forget the receiving executor", action: "forget", units: [destinationUnit] },
  { name: "start the guest", action: "start", units: [vmUnit] },
  { name: "remove its data from the old host", action: "remove", units: [sourceUnit] },
  { name: "forget the giving executor", action: "forget", units: [sourceUnit] },
];

interface Asked {
  /** Unique among all plans. */
  readonly id: string;
  readonly sinceMs: number;
  readonly by: string;
}

interface MoveManner {
  /** The VM is stopped, and stays so. */
  readonly atRest: boolean;
  /** It may move while it runs. */
  readonly live: boolean;
  /** It is not to move in another way. */
  readonly liveOnly: boolean;
}

function movePlan({ id, sinceMs, by }: Asked, { atRest, live, liveOnly }: MoveManner): WorkloadPlan {
  const rest = atRest ? { [atRestOption]: true } : {};
  const only = liveOnly ? { [liveOnlyOption]: true } : {};
  const options = { [destinationOption]: destinationUnit, [sourceOption]: sourceUnit, ...rest, ...only };
  return newWorkloadPlan(moveGoal, stages(live, atRest), { sinceMs, by }, { id, options });
}

/** The VM with a plan that moves it. `record`: of its guest. Throws PlanRefusedError. */
export function begunMove(vm: VmRecord, record: UnitRecord, wish: MoveWish, asked: Asked): VmRecord {
  const from = record.launch?.hostname ?? record.home;
  const atRest = vm.spec.expect !== "RUN";
  const live = !atRest && wish.live !== false;
  const plan = movePlan(asked, { atRest, live, liveOnly: live && wish.live === true });
  // What was given up before is asked for again.
  const given = { ...vm.spec, staysForMs: undefined };
  const spec = withMoveUnits(given, from, wish);
  return { ...withPlans({ ...vm, spec }, [plan], vmRules.words), kind: vm.kind, spec };
}

/** Option of a plan that gives a move up: the id of the plan whose move of the guest does not count any more. */
export const givenUpOption = "givenUp";

/**
 * Ends what `plan` has begun when its new host is gone for good: the guest goes on at its old host, or is started there from its disks, also
 * when it belonged to the new host already. `bothLost`: the old host is gone too, and has nothing to go on with.
 */
export function returnPlan(
  { id, sinceMs, by }: Asked,
  plan: Pick<WorkloadPlan, "id" | "done" | "options">,
  bothLost: boolean,
): WorkloadPlan {
  const back: PlanStage = { name: "change its host back", action: "move", units: [vmUnit] };
  const end: readonly PlanStage[] = [
    { name: "end the giving executor", action: "stop", units: [sourceUnit] },
    ...(hasMoved(plan) && !bothLost ? [back] : []),
    { name: "forget the giving executor", action: "forget", units: [sourceUnit] },
    { name: "let it go on at its old host", action: "return", units: [vmUnit] },
    { name: "remove what was copied", action: "remove", units: [destinationUnit] },
    { name: "forget the receiving executor", action: "forget", units: [destinationUnit] },
  ];
  const rest = goesOnAtRest(plan) ? { [atRestOption]: true } : {};
  const options = { ...rest, [destinationOption]: sourceUnit, [givenUpOption]: plan.id };
  return newWorkloadPlan(abandonGoal, end, { sinceMs, by }, { id, options });
}

/** Ends what `plan` has begun. The guest is launched again where it was, if it is to run. */
export function abandonPlan({ id, sinceMs, by }: Asked, plan: Pick<WorkloadPlan, "options">): WorkloadPlan {
  const end: readonly PlanStage[] = [
    { name: "end the giving executor", action: "stop", units: [sourceUnit] },
    { name: "forget the giving executor", action: "forget", units: [sourceUnit] },
    { name: "remove what was copied", action: "remove", units: [destinationUnit] },
    { name: "forget the receiving executor", action: "forget", units: [destinationUnit] },
  ];
  const rest = goesOnAtRest(plan) ? { [atRestOption]: true } : {};
  return newWorkloadPlan(abandonGoal, end, { sinceMs, by }, { id, options: rest });
}

type Plans = Pick<VmRecord, "plans">;

/** The plan that moves the VM, or gives a move up; undefined when there is none. */
export function movePlanOf({ plans = [] }: Plans): WorkloadPlan | undefined {
  return plans.find(({ goal }) => goal === moveGoal || goal === abandonGoal);
}

/** True once the VM belongs to the other host. */
export const hasMoved = ({ done }: Pick<WorkloadPlan, "done">): boolean =>
  done.includes(entryKey({ action: "move", unit: vmUnit }));

/** How far it is with moving the guest while it runs: "never" for a plan that does not try. */
export function liveProgress(plan: WorkloadPlan): "never" | "open" | "going" | "over" {
  if (entryOf(plan, liveEntry.action, liveEntry.unit) === undefined) return "never";
  if (!isOpen(plan, liveEntry)) return "over";
  return plan.begun.includes(entryKey(liveEntry)) ? "going" : "open";
}

/** True while a guest has its turn, as far as is stored. A plan of an earlier version has one from the beginning of its move. */
export function hasTurn(plan: WorkloadPlan): boolean {
  const live = liveProgress(plan);
  const turn = { action: "turn", unit: vmUnit };
  return (
    live === "going" || (live === "open" && entryOf(plan, turn.action, turn.unit) !== undefined && !isOpen(plan, turn))
  );
}

/**
 * What is stored with a step of the plan. From the moment in which both executors have their places, before its guest is asked to go or to
 * end, a VM is launched on no other host than these two. One that was shut down for it has ended everywhere when it belongs to its new host.
 */
export function afterMoveStep(vm: VmRecord): VmRecord {
  const plan = movePlanOf(vm);
  if (plan?.goal !== moveGoal || !isPlaced(plan)) return vm;
  const isFree = hasMoved(plan) && liveProgress(plan) === "never";
  return { ...vm, spec: isFree ? tiedByDisks(vm.spec) : tiedToHost(vm.spec) };
}

const isPlaced = (plan: WorkloadPlan) => !moveUnits.some((unit) => isOpen(plan, { action: "ready", unit }));

/** What its guest and its executors wait for, beside a host. */
export function movePrerequisite(
  vm: Plans & Pick<VmRecord, "spec">,
  units: readonly UnitRecord[],
  mayLaunch: (unit: UnitRecord) => boolean,
): UnitPrerequisite | undefined {
  const plan = movePlanOf(vm);
  if (plan?.goal !== moveGoal) return undefined;
  if (!hasMoved(plan)) return isPlaced(plan) ? undefined : placePrerequisite(vm, units, mayLaunch);
  if (!vm.spec.units.some(({ name }) => name === destinationUnit)) return undefined;
  const words = "waits for the end of the executor that took its disks";
  return (unit) => (unit === vmUnit ? { kind: "plan", words } : undefined);
}

/**
 * The guest is not launched beside the executor that removes what the VM has on a host: that ends every guest of the VM there. It is the one
 * of the host that a move does not count on any more: of the new host until the VM belongs to it, and of the old one then.
 */
export function moveExclusion(
  vm: Plans,
  units: readonly UnitRecord[],
): ((unit: string) => ExcludedHosts | undefined) | undefined {
  const plan = movePlanOf(vm);
  if (plan === undefined) return undefined;
  const remover = plan.goal === moveGoal && hasMoved(plan) ? sourceUnit : destinationUnit;
  const record = units.find(({ unit }) => unit === remover);
  const hostnames = record === undefined ? [] : hostsOf(record);
  const words = "has the executor that removes what the VM's move has left there";
  return (unit) => (unit === vmUnit && hostnames.length > 0 ? { hostnames, words } : undefined);
}

/** Where an executor of the unit is, may be, or is launched to remove what an earlier one has left. */
const hostsOf = (record: UnitRecord): readonly string[] => [
  ...new Set([...launchesOf(record), ...record.orphaned].map(({ hostname }) => hostname)),
];

/**
 * A VM whose disks are all shared may be launched on any host before its move has its places, for its host may be lost. Then the new host is
 * asked for no more, and one that has been asked for already is not the guest's: the executor there would take its directory for its own.
 */
function placePrerequisite(
  { spec: { units: specs } }: Pick<VmRecord, "spec">,
  units: readonly UnitRecord[],
  mayLaunch: (unit: UnitRecord) => boolean,
): UnitPrerequisite | undefined {
  const [guest] = specs;
  if (guest.stateful) return undefined;
  const from = specs.find(({ name }) => name === sourceUnit)?.host ?? "";
  const of = (name: string) => units.find(({ unit }) => unit === name);
  const [place, record] = [of(destinationUnit)?.launch?.hostname, of(vmUnit)];
  // Both are never launched from the same offers. One that has ended by itself there is launched again only when a start is asked for.
  const runsThere = record?.launch?.hostname === from && !mayLaunch(record);
  const isThere = runsThere || (record?.finishedAtMs !== undefined && record.home === from);
  const remedy = "give its move up (DELETE …/migrate)";
  return (unit) => {
    if (unit === vmUnit && place !== undefined)
      return {
        kind: "plan",
        words: `waits until its move has its places on ${from} and ${place}: to launch it elsewhere, ${remedy}`,
      };
    if (unit === destinationUnit && !isThere)
      return { kind: "plan", words: `waits until its guest runs on ${from} again; if it runs elsewhere, ${remedy}` };
    return undefined;
  };
}
