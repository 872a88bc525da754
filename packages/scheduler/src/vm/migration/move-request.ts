// What `POST …/migrate` asks for, and why a VM cannot be moved. Pure.
import { z } from "zod";
import { Findings } from "../../workload/body/findings.ts";
import { attributesBody } from "../../workload/body/placement-fields.ts";
import { SpecInvalidError } from "../../workload/body/spec-invalid-error.ts";
import type { UnitRecord } from "../../workload/records/records.ts";
import { isReady } from "../../workload/tasks/statuses.ts";
import type { VmSpec } from "../body/vm-spec.ts";
import type { MoveWish } from "./move-units.ts";

const hostName = z
  .string()
  .trim()
  .regex(/^(\*|[A-Za-z0-9]([A-Za-z0-9.:_-]{0,251}[A-Za-z0-9])?)$/, "a host name or address of an agent, or *");
export const moveBody = z.strictObject({
  host: hostName.default("*").describe("host name or address of the agent; * is any other one"),
  attributes: attributesBody.default([]).describe("what the agent must be like, beside what the VM asks for"),
  live: z
    .boolean()
    .optional()
    .describe(
      "true: while its guest runs, or not at all; false: shut down; without it: while it runs, where it can. With -vm_live_migration=false it is always shut down",
    ),
  by: z.string().max(128).optional(),
});

/** Throws SpecInvalidError (400). */
export function readMove(input: unknown): MoveWish {
  const found = new Findings();
  const wish = found.parse(moveBody, input ?? {}, "");
  if (wish === undefined) throw new SpecInvalidError(found.problems.map(({ path, message }) => ({ path, message })));
  return { host: wish.host, attributes: wish.attributes, live: wish.live };
}

/** Why the VM cannot be moved, to follow its name; undefined when it can. */
export function moveProblem(spec: VmSpec, record: UnitRecord, wish: MoveWish): string | undefined {
  const never = lastingProblem(spec, wish);
  if (never !== undefined) return never;
  const rests = spec.expect !== "RUN" || record.finishedAtMs !== undefined;
  if (rests && wish.live === true) return "does not run, and only a guest that runs moves live";
  const problem = rests ? restProblem(spec, record) : runProblem(record);
  if (problem !== undefined) return problem;
  const on = record.launch?.hostname ?? record.home;
  if (wish.host === "*" || wish.host.toLowerCase() !== on.toLowerCase()) return undefined;
  return rests ? `has its disks on ${on} already` : `runs on ${on} already`;
}

function runProblem(record: UnitRecord): string | undefined {
  if (record.launch !== undefined && isReady(record)) return undefined;
  return "does not run now, so that it is not known that its disks are whole: its state says why";
}

/** Of one that has stopped, or has finished: only its disks go. */
function restProblem({ units: [{ stateful }] }: VmSpec, record: UnitRecord): string | undefined {
  const { launch, superseded, home, mayRunOn, dataLost } = record;
  if (launch !== undefined || superseded.length > 0) return "is stopping: wait until it has stopped";
  if (mayRunOn !== undefined)
    return `may still run on ${mayRunOn}, whose executor ended without a word: another one is launched there first; GET …/state shows how far it is`;
  if (dataLost !== undefined || home === "") return "has no disks on any host: it begins where there is room";
  return stateful
    ? undefined
    : "has all of its disks on shared storage: it starts where there is room, and nothing is moved";
}

/** Why a VM like this is never moved. */
export function lastingProblem({ disks, devices, units: [{ host }] }: VmSpec, wish: MoveWish): string | undefined {
  const tied = disks.filter(({ path, shared, role }) => path !== "" && !shared && role !== "cdrom");
  if (tied.length > 0) {
    const names = tied.map(({ name }) => name).join(", ");
    return `has disks with paths on its host (${names}), which CKE does not copy: put them on shared storage and say shared`;
  }
  if (devices.tpm) return "has a TPM, whose secrets are on its host and are not copied";
  if (wish.host === "*" && host !== "*") return `may run on host ${host} only: name the host where it is to be (host)`;
  return undefined;
}
