// Whether a VM may begin anew with the content of its images, and what that means for what is on its host. Pure.
import {
  isOutOfReach,
  isTerminal,
  type LaunchRecord,
  type UnitRecord,
  unitTaskOf,
} from "../../workload/records/records.ts";
import { silentHostMs } from "../../workload/steps/orphaned-resources.ts";
import { elsewhereMs } from "../../workload/steps/replacement.ts";
import type { VmSpec } from "../body/vm-spec.ts";

export type VmReplacement =
  /** Another instance of it begins. */
  | { readonly kind: "anew"; readonly words: string }
  /** Its disks are shared, and an operator says that it does not run any more where its executor died. */
  | { readonly kind: "released"; readonly words: string }
  /** `why`: to follow its name. */
  | { readonly kind: "refused"; readonly why: string };

const refused = (why: string): VmReplacement => ({ kind: "refused", why });
const byForce = "POST …/replace?force=true";

/** Disks that a second guest would write to as well. */
function writtenByAll({ disks }: Pick<VmSpec, "disks">): readonly string[] {
  return disks.filter(({ shared, readOnly, role }) => shared && !readOnly && role !== "cdrom").map(({ name }) => name);
}

function beginWords(spec: VmSpec, hostname: string): string {
  const { host } = spec.units[0];
  const where =
    host === "*"
      ? `on another agent than ${hostname} where one has room within ${elsewhereMs / 1000} s, else on any`
      : `on ${host}, to which it is bound (host)`;
  const when = spec.expect === "RUN" ? "" : "; it begins when it is started (POST …/start)";
  return `its disks begin anew with the content of their images, ${where}${when}`;
}

/** Why a guest that may still run keeps another one from beginning; undefined when it does not. */
function sharedProblem(spec: VmSpec, hostname: string): VmReplacement | undefined {
  const shared = writtenByAll(spec);
  if (shared.length === 0) return undefined;
  const what = shared.length === 1 ? `its disk ${shared[0]} is` : `its disks ${shared.join(", ")} are`;
  return refused(
    `may still run on ${hostname}, and ${what} on shared storage: two guests would write to the same disk. Bring the agent back, or mark it gone in Mesos (MARK_AGENT_GONE) when that host certainly does not run any more`,
  );
}

function launched(spec: VmSpec, launch: LaunchRecord, force: boolean): VmReplacement {
  const task = unitTaskOf(launch);
  const { hostname } = launch;
  if (task === undefined || isTerminal(task))
    return refused(`has a launch on ${hostname} that is ending: ask again in a moment`);
  if (!isOutOfReach(task))
    return refused(`runs on ${hostname}, or is being started or stopped there: stop it first (POST …/stop)`);
  if (!force)
    return refused(
      `may still run on ${hostname}, whose agent is out of reach, and its disks are there: bring the agent back, or mark it gone in Mesos (MARK_AGENT_GONE). ${byForce} begins anew all the same; what is on ${hostname} is removed when its agent returns with the executor, else with the VM`,
    );
  return (
    sharedProblem(spec, hostname) ?? {
      kind: "anew",
      words: `${beginWords(spec, hostname)}; what is on ${hostname} is removed when its agent returns with the executor, else with the VM`,
    }
  );
}

/** `force`: also where its data may still exist. */
export function vmReplacement(spec: VmSpec, record: UnitRecord, force: boolean): VmReplacement {
  const { launch, home, dataLost, mayRunOn } = record;
  if (!spec.units[0].stateful) {
    if (launch !== undefined || mayRunOn === undefined)
      return refused("has its disks on shared storage: it is launched elsewhere by itself, with these disks");
    if (!force)
      return refused(
        `may still run on ${mayRunOn}, where its executor ended without a word: it is launched there again when that host has room. When it certainly does not run there any more, ${byForce} lets it begin elsewhere`,
      );
    return { kind: "released", words: `it is taken as ended on ${mayRunOn}, and is launched anywhere with its disks` };
  }
  const copied = spec.origin?.disks ?? [];
  if (copied.length > 0)
    return refused(
      `is a clone, and its disks (${copied.map(({ name }) => name).join(", ")}) have no image with which they could begin anew: restore them from a backup, or delete it and make another clone`,
    );
  if (launch !== undefined) return launched(spec, launch, force);
  if (dataLost !== undefined) return { kind: "anew", words: beginWords(spec, dataLost.hostname) };
  if (home === "") return refused("has no disks yet that could be lost: it is launched wherever its body allows");
  if (!force)
    return refused(
      `has its disks on ${home}, which may still have them: it is launched there when that host has room. ${byForce} begins anew all the same; the disks on ${home} are removed with the VM`,
    );
  const words = `${beginWords(spec, home)}; the disks on ${home} are removed first where that host offers room within ${silentHostMs / 1000} s, else with the VM, or by the command in its log`;
  return (mayRunOn === undefined ? undefined : sharedProblem(spec, mayRunOn)) ?? { kind: "anew", words };
}
