// How a move is given up: what must be asked first, by what is stored of it. Only executors know whether a guest that moves while it runs has
// gone. When its new host is gone for good, nobody can be asked any more, and the old host has the guest or its disks. Pure.
import { isOpen, type WorkloadPlan } from "../../workload/records/plan-record.ts";
import { isOutOfReach, type UnitRecord, unitTaskOf } from "../../workload/records/records.ts";
import { vmUnit } from "../body/vm-spec.ts";
import { hasMoved, liveProgress } from "./move-plan.ts";
import { destinationUnit } from "./move-units.ts";

/** `guest` of the VM. `source`, `destination`: undefined when they have left the VM already. */
export interface MovedRecords {
  readonly guest: Pick<UnitRecord, "launch" | "dataLost">;
  readonly source: Pick<UnitRecord, "home" | "launch" | "dataLost"> | undefined;
  readonly destination: Pick<UnitRecord, "home" | "launch" | "dataLost"> | undefined;
  /** All of its disks are on shared storage: no host that is lost takes them with it. */
  readonly shared: boolean;
}

export type GiveUp =
  /** The guest was not asked to go: nothing is to be asked. */
  | { readonly kind: "free" }
  /** The executor that runs the guest says whether it has gone, and sends it no more. */
  | { readonly kind: "ask" }
  /** No executor sends the guest any more: those that move disks say whether it has gone. */
  | { readonly kind: "look" }
  /** The new host is gone for good. `both`: the old one too, with all of its disks. */
  | { readonly kind: "returns"; readonly lost: string; readonly both: boolean }
  /** `why`: to follow the VM's name. `mayReturn`: not so when its new host turns out to be gone for good. */
  | { readonly kind: "refused"; readonly why: string; readonly mayReturn: boolean };

export const goesOn = (why: string): string => `${why}: the move goes on; to go back, move it again`;

/** Sentence that names the way out for a host that stays away; "" when no host is known. */
export const markWords = (newHost: string, oldHost: string): string =>
  newHost === ""
    ? ""
    : `. Should ${newHost} never come back, switch the machine off, mark its agent gone in Mesos (MARK_AGENT_GONE) and give the move up then: the VM goes on${oldHost === "" ? "" : ` at ${oldHost}`} with its disks there`;

const hostOf = (record: Pick<UnitRecord, "home" | "launch"> | undefined) =>
  record?.launch?.hostname ?? record?.home ?? "";

/** For a plan that moves the VM. */
export function giveUp(plan: WorkloadPlan, { guest, source, destination }: MovedRecords): GiveUp {
  const lost = lostHost(plan, { guest, source, destination });
  if (lost !== undefined) return { kind: "returns", lost, both: areBothLost(plan, { guest, source }) };
  if (hasMoved(plan)) {
    const mayReturn = source !== undefined && hasNotStarted(plan);
    return { kind: "refused", why: goesOn("belongs to its new host already"), mayReturn };
  }
  const live = liveProgress(plan);
  if (live === "never" || live === "open") return { kind: "free" };
  return { kind: live === "going" && guest.launch !== undefined ? "ask" : "look" };
}

/**
 * The new host, when it is gone for good and the old one still has the guest, or the disks as they were when the guest left; undefined
 * else. A move that has not begun to hand anything over is given up as ever.
 */
export function lostHost(
  plan: WorkloadPlan,
  { guest, source, destination }: Omit<MovedRecords, "shared">,
): string | undefined {
  if (!hasMoved(plan)) return liveProgress(plan) === "never" ? undefined : destination?.dataLost?.hostname;
  if (guest.launch !== undefined || source === undefined || !hasNotStarted(plan)) return undefined;
  // When both hosts were lost before the VM belonged to the new one, what the guest has lost was on the old one.
  return destination?.dataLost?.hostname ?? guest.dataLost?.hostname;
}

/** No host has its disks any more: it begins anew when an operator asks for that. */
const areBothLost = (plan: WorkloadPlan, { guest, source }: Pick<MovedRecords, "guest" | "source">) =>
  hasMoved(plan) && guest.dataLost !== undefined && source?.dataLost !== undefined && source.home === "";

/** On its new host. */
const hasNotStarted = (plan: WorkloadPlan) => isOpen(plan, { action: "start", unit: vmUnit });

const startsElsewhere =
  "(marked gone in Mesos): give the move up (DELETE …/migrate), and it starts elsewhere with its shared disks";

/** Why the move does not go on, and what to do: to follow "it is being moved: ". Undefined while both hosts may come back. */
export function lostWords(plan: WorkloadPlan, records: MovedRecords): string | undefined {
  const lost = lostHost(plan, records) ?? (hasMoved(plan) ? undefined : records.destination?.dataLost?.hostname);
  if (lost === undefined) return undefined;
  const both = `its new host ${lost} and its old host ${records.source?.dataLost?.hostname} are gone for good`;
  if (areBothLost(plan, records))
    return records.shared
      ? `${both} ${startsElsewhere}`
      : `${both} with its disks (their agents were marked gone): give the move up (DELETE …/migrate), and let it begin anew then (POST …/replace)`;
  const old = hostOf(records.source);
  const where = old === "" ? "its old host" : old;
  return `its new host ${lost} is gone for good (its agent was marked gone): give the move up (DELETE …/migrate), and the VM goes on at ${where} with its disks there`;
}

/** The same of the old host: its disks cannot be copied any more. */
export function sourceLostWords({ guest, source, shared }: Omit<MovedRecords, "destination">): string | undefined {
  const lost = guest.dataLost ?? source?.dataLost;
  if (lost === undefined) return undefined;
  if (shared) return `its old host ${lost.hostname} is gone for good ${startsElsewhere}`;
  return `its old host ${lost.hostname} is gone for good with its disks (its agent was marked gone): give the move up (DELETE …/migrate); its state says then how it begins anew`;
}

/**
 * What keeps the plan from going on for good, when that is known without its new host: of a guest that moves while it runs, that one is asked
 * first whether the guest has come. Without its old host nothing is missing once the disks are copied.
 */
export function standingWords(plan: WorkloadPlan, records: MovedRecords): string | undefined {
  const lost = lostWords(plan, records);
  if (lost !== undefined || !isOpen(plan, { action: "copy", unit: destinationUnit })) return lost;
  const live = liveProgress(plan);
  return live === "never" || live === "open" ? sourceLostWords(records) : undefined;
}

const isAway = (record: Pick<UnitRecord, "launch"> | undefined): boolean => {
  const task = record?.launch === undefined ? undefined : unitTaskOf(record.launch);
  return task !== undefined && isOutOfReach(task);
};

/** What a move waits for whose guest was not asked to go, when a host of it is out of reach: to follow "it is being moved: ". */
export function awayWords(
  plan: WorkloadPlan,
  { guest, source, destination, shared }: MovedRecords,
): string | undefined {
  const live = liveProgress(plan);
  if (live === "going" || live === "over" || !isOpen(plan, { action: "copy", unit: destinationUnit })) return undefined;
  if (isAway(guest) || isAway(source)) {
    const words = `its old host ${guest.launch?.hostname ?? hostOf(source)} is out of reach: the move goes on when its agent is back`;
    return shared
      ? `${words}; give the move up (DELETE …/migrate) to have it launched elsewhere with its shared disks`
      : words;
  }
  return isAway(destination)
    ? `its new host ${hostOf(destination)} is out of reach: the move goes on when its agent is back; give it up (DELETE …/migrate) to leave the VM where it is, or to move it elsewhere`
    : undefined;
}
