// What a running VM is to be now, and how far it is from that by its executor's reports: what was sent does not count before it is
// reported. Pure.
import type { VmState } from "@cke/protocol";
import { isTerminal, type LaunchRecord, type UnitRecord, unitTaskOf } from "../../workload/records/records.ts";
import type { VmSpec } from "../body/vm-spec.ts";
import { definitionHash, type GuestAmount, vmDefinition } from "../rendering/vm-definition.ts";
import { bodyFieldOf } from "./body-field-names.ts";
import { vmReportOf } from "./vm-report.ts";

/** What the guest may have of what Mesos accounts for the running task; the specification's own when nothing has changed since. */
export function heldAmount(spec: VmSpec, { launch }: Pick<UnitRecord, "launch">): GuestAmount {
  const holds = launch === undefined ? undefined : unitTaskOf(launch)?.holds;
  if (holds === undefined) return spec;
  return { cpus: holds.cpu, mem: Math.max(0, holds.mem - spec.memory.overheadMib) };
}

/** What is told to the executor: never more than Mesos accounts for. The rest waits for the next start. */
export function wantedState(spec: VmSpec, record: Pick<UnitRecord, "launch">): VmState {
  const held = heldAmount(spec, record);
  const amount = { cpus: Math.min(spec.cpus, held.cpus), mem: Math.min(spec.mem, held.mem) };
  const definition = vmDefinition(spec, amount);
  return { version: definitionHash(definition, spec.paused), definition, paused: spec.paused };
}

export type VmFollowing =
  /** Nothing of it runs: the next start is as is wanted. */
  | { readonly kind: "none" }
  /** Its guest is as it was launched, and that is what is wanted. */
  | { readonly kind: "launched"; readonly atNextStart: readonly string[] }
  | {
      readonly kind: "told";
      /** True when the executor has reported that it follows. */
      readonly follows: boolean;
      readonly wanted: VmState;
      /** Fields that follow with the next start. */
      readonly atNextStart: readonly string[];
      /** Why it does not follow yet, in words; "" for none. */
      readonly problem: string;
      readonly agentId: string;
      readonly executorId: string;
    };

export function vmFollowing(spec: VmSpec, record: UnitRecord): VmFollowing {
  const { launch } = record;
  const task = launch === undefined ? undefined : unitTaskOf(launch);
  if (launch === undefined || launch.cleanup || task === undefined || isTerminal(task)) return { kind: "none" };
  const report = vmReportOf(record);
  const version = report?.stateVersion ?? "";
  const asLaunched = launch.configHash === definitionHash(vmDefinition(spec)) && !spec.paused;
  // What it holds is noted with the first change: of an executor that was told one, only its report says what it follows.
  const policy = policyFields(spec, launch);
  if (version === "" && asLaunched && task.holds === undefined) return { kind: "launched", atNextStart: policy };
  const wanted = wantedState(spec, record);
  const { agentId, executorId } = launch;
  // What its executor says of another wish is old. An executor of an earlier version does not say of which one.
  const tried = report?.triedVersion ?? "";
  const said = tried === "" || tried === wanted.version ? report : undefined;
  const later = [...grown(spec, record), ...(said?.atNextStart ?? []).map(bodyFieldOf), ...policy];
  const atNextStart = [...new Set(later)];
  return {
    kind: "told",
    follows: version === wanted.version,
    wanted,
    atNextStart,
    problem: said?.problem ?? "",
    agentId,
    executorId,
  };
}

/** What the guest is to have more than Mesos accounts for now. */
function grown(spec: VmSpec, record: UnitRecord): readonly string[] {
  const held = heldAmount(spec, record);
  return [...(spec.cpus > held.cpus ? ["cpus"] : []), ...(spec.mem > held.mem ? ["mem"] : [])];
}

/** What Mesos has of its task for good: the kill policy. */
function policyFields(spec: VmSpec, { killGraceMs }: LaunchRecord): readonly string[] {
  return killGraceMs === undefined || killGraceMs === spec.shutdownGraceSeconds * 1_000 ? [] : ["shutdownGrace"];
}

/** Fields that follow with the next start. */
export const laterFields = (following: VmFollowing): readonly string[] =>
  following.kind === "none" ? [] : following.atNextStart;

/** What of the changes that were asked for is not done yet, and why; "" when it is as is wanted. */
export function followingWords(following: VmFollowing): string {
  const fields = laterFields(following);
  const later = fields.length === 0 ? "" : `${fields.join(", ")}: with the next start (POST …/stop, then …/start)`;
  if (following.kind !== "told" || following.follows) return later;
  const { problem } = following;
  const now =
    problem === ""
      ? "a change that was asked for is under way"
      : `a part of the change cannot be made now, which is tried again until another PATCH takes it back: ${problem}`;
  return later === "" ? now : `${now}; ${later}`;
}
