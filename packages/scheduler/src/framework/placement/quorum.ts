// The quorum of a workload's stateful units, which must be placed before anything else of the workload. Pure.

import { isTerminal, type UnitRecord, unitTaskOf } from "../../workload/records/records.ts";
import type { WorkloadSpec } from "../../workload/records/workload-spec.ts";
import type { Quorum } from "../offer-fit/placement-request.ts";

export const quorumSize = (members: number) => (members === 0 ? 0 : Math.floor(members / 2) + 1);

/** True for a stateful unit that runs, is being started, or is bound to the host that has its data. */
function isPlaced({ launch, home }: UnitRecord): boolean {
  const unitTask = launch === undefined ? undefined : unitTaskOf(launch);
  if (launch !== undefined && launch.evicted !== "") return false;
  return home !== "" || (unitTask !== undefined && launch?.cleanup !== true && !isTerminal(unitTask));
}

/** `word`: what the kind calls its stateful units. `waitReason`: why a unit does not wait for an offer; "" for one that does. */
export function quorumOf(
  { spec, word }: { readonly spec: WorkloadSpec; readonly word: string },
  records: readonly UnitRecord[],
  waitReason: (record: UnitRecord) => string,
): Quorum {
  // Those that come later are placed alone.
  const founders = spec.units.filter(({ stateful, late }) => stateful && late !== true);
  const names = new Set(founders.map(({ name }) => name));
  const known = records.filter(({ unit }) => names.has(unit));
  const absent = known.filter((record) => !isPlaced(record));
  return {
    word,
    stateful: names.size,
    size: quorumSize(names.size),
    placed: known.length - absent.length,
    waiting: absent.flatMap((record) => {
      const why = waitReason(record);
      return why === "" ? [] : [`${record.unit}: ${why}`];
    }),
  };
}

/** Number of stateful units that must still be placed before anything else; 0 for none. */
export const missingOf = (quorum: Quorum | undefined) =>
  quorum === undefined ? 0 : Math.max(0, quorum.size - quorum.placed);

/** What decides whether a request is part of the quorum or waits for it. */
export interface QuorumMember {
  readonly quorum?: Quorum | undefined;
  /** True for a stateful unit as a whole. */
  readonly spread: boolean;
  readonly home: string;
  readonly cleanup: boolean;
  readonly executor?: unknown;
}

/** True for a stateful unit that is placed together with others. */
export function isOfGang(request: QuorumMember): boolean {
  return missingOf(request.quorum) > 0 && request.spread && request.home === "" && !request.cleanup;
}

/** True for any other whole unit while too few stateful units are placed. */
export function waitsForQuorum(request: QuorumMember): boolean {
  return missingOf(request.quorum) > 0 && !request.spread && !request.cleanup && request.executor === undefined;
}

/**
 * "waits for its masters: 1 of 2 fit: m1 has mem 1000 of 2016 on host a". `fit`: number of those that
 * would fit; `why`: why the others do not.
 */
export function quorumMessage(quorum: Quorum, fit: number, why: readonly string[]): string {
  const reasons = [...why, ...quorum.waiting];
  const words = reasons.length === 0 ? "no offer for them yet" : reasons.join("; ");
  return `waits for its ${quorum.word}: ${quorum.placed + fit} of ${quorum.size} fit: ${words}`;
}
