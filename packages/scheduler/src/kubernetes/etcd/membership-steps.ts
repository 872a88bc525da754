// Decides the next change of etcd's members, one at a time. Pure. A change that was made is not decided again: what
// etcd lists is the only memory, so that a scheduler that died in the middle goes on, whoever made the last change.
//
// A master joins as a learner, which has no vote, so that a new member that never starts costs no majority. It gets its
// vote when it has the log. A member is removed only while those that are left have a majority that answers.
import {
  type EtcdMaster,
  type EtcdMember,
  isHealthy,
  type Membership,
  memberOf,
  statusOf,
  votesNeeded,
} from "./membership.ts";

export type JoinStep =
  /** etcd gets it as a learner. Its own etcd must not start before. */
  | { readonly kind: "add" }
  /** A learner that is in the way: it never started and belongs to no master, or to one whose join was given up. It has no vote. */
  | { readonly kind: "remove"; readonly id: string; readonly reason: string }
  /** etcd has it as a learner, which has not answered yet: its node may be launched. */
  | { readonly kind: "start"; readonly reason: string }
  | { readonly kind: "promote"; readonly id: string }
  /** Nothing to do now. */
  | { readonly kind: "wait"; readonly reason: string }
  /** It has a vote and follows the leader. */
  | { readonly kind: "done" };

export type LeaveStep =
  /** It leads etcd: the member `target` is to lead before it goes, so that nobody waits for an election. */
  | { readonly kind: "hand-over"; readonly id: string; readonly target: string }
  | { readonly kind: "remove"; readonly id: string }
  | { readonly kind: "wait"; readonly reason: string }
  /** etcd does not have it. */
  | { readonly kind: "done" };

/** etcd promotes a learner that has at least this part of the leader's log. It decides itself; this is for the words. */
const caughtUpPart = 0.9;

const votersOf = ({ members }: Membership) => members.filter(({ learner }) => !learner);

/** "m1 and m2", as an operator knows them. */
function namesOf(members: readonly EtcdMember[], masters: readonly EtcdMaster[]): string {
  return members.map((member) => nameOf(member, masters)).join(" and ");
}

function nameOf({ name, peerUrls }: EtcdMember, masters: readonly EtcdMaster[]): string {
  const master = masters.find(({ peerUrl }) => peerUrls.includes(peerUrl));
  return master?.node ?? (name === "" ? (peerUrls[0] ?? "a member") : name);
}

/** Why the list of members is no ground for a change; "" when it is. */
export const unconfirmedWords = ({ unconfirmed = "" }: Membership) =>
  unconfirmed === "" ? "" : `etcd does not confirm now who its members are: ${unconfirmed}`;

/** Why etcd can decide nothing now; "" when it can. */
export function majorityProblem(membership: Membership, masters: readonly EtcdMaster[]): string {
  const voters = votersOf(membership);
  const needed = votesNeeded(voters.length);
  if (voters.filter((member) => isHealthy(membership, member)).length >= needed) return unconfirmedWords(membership);
  const silent = voters.filter((member) => statusOf(membership, member) === undefined);
  const answering = voters.length - silent.length;
  if (answering >= needed) return "etcd has no leader now: its members elect one";
  return `etcd has no majority: ${answering} of ${voters.length} members answer and ${needed} are needed; bring ${namesOf(silent, masters)} back`;
}

/** Why the member must stay; "" when the others have a majority without it. */
export function removalProblem(membership: Membership, member: EtcdMember, masters: readonly EtcdMaster[]): string {
  if (member.learner) return unconfirmedWords(membership);
  const rest = votersOf(membership).filter(({ id }) => id !== member.id);
  if (rest.length === 0) return "it is the last member of etcd: the data of the cluster would go with it";
  const now = majorityProblem(membership, masters);
  if (now !== "") return now;
  const silent = rest.filter((other) => !isHealthy(membership, other));
  const needed = votesNeeded(rest.length);
  const healthy = rest.length - silent.length;
  if (healthy >= needed) return "";
  return `without it ${needed} of ${rest.length} etcd members are needed and ${healthy} answer: ${namesOf(silent, masters)} must be back, be replaced, or go first`;
}

/**
 * What comes next for a master that is to be a member. `masters`: all that are desired, with this one. `givenUp`: the nodes of those
 * that no plan lets join any more; etcd takes no other learner while it has theirs.
 */
export function joinStep(
  membership: Membership,
  masters: readonly EtcdMaster[],
  joining: EtcdMaster,
  givenUp: ReadonlySet<string> = new Set(),
): JoinStep {
  const member = memberOf(membership, joining);
  if (member !== undefined && !member.learner) {
    const doubt = unconfirmedWords(membership);
    if (isHealthy(membership, member)) return doubt === "" ? { kind: "done" } : { kind: "wait", reason: doubt };
    return {
      kind: "wait",
      reason: `etcd has given it a vote, and it does not answer${problemOf(membership, joining)}`,
    };
  }
  const problem = majorityProblem(membership, masters);
  if (problem !== "") return { kind: "wait", reason: problem };
  return member === undefined ? addStep(membership, masters, givenUp) : learnerStep(membership, joining, member);
}

function addStep(membership: Membership, masters: readonly EtcdMaster[], givenUp: ReadonlySet<string>): JoinStep {
  const other = membership.members.find(({ learner }) => learner);
  if (other !== undefined) {
    const wanted = masters.find(({ peerUrl }) => other.peerUrls.includes(peerUrl));
    const name = nameOf(other, masters);
    if (wanted !== undefined && givenUp.has(wanted.node))
      return { kind: "remove", id: other.id, reason: `the join of ${name} was given up` };
    if (wanted !== undefined || other.name !== "")
      return { kind: "wait", reason: `etcd takes one new member at a time, and ${name} has no vote yet` };
    return { kind: "remove", id: other.id, reason: `${name} belongs to no master and never started` };
  }
  const silent = votersOf(membership).filter((member) => !isHealthy(membership, member));
  if (silent.length === 0) return { kind: "add" };
  const names = namesOf(silent, masters);
  return {
    kind: "wait",
    reason: `etcd takes no new member while ${names} does not answer: bring it back or replace it`,
  };
}

function learnerStep(membership: Membership, joining: EtcdMaster, member: EtcdMember): JoinStep {
  const own = statusOf(membership, member);
  if (own === undefined)
    return { kind: "start", reason: `its etcd has not answered yet${problemOf(membership, joining)}` };
  const newest = Math.max(...membership.members.map((other) => statusOf(membership, other)?.raftIndex ?? 0));
  if (own.leader !== "0" && own.appliedIndex >= newest * caughtUpPart) return { kind: "promote", id: member.id };
  return { kind: "wait", reason: `its etcd catches up: entry ${own.appliedIndex} of ${newest}` };
}

function problemOf({ answers }: Membership, { node }: EtcdMaster): string {
  const answer = answers.get(node);
  return answer !== undefined && "problem" in answer ? `: ${answer.problem}` : "";
}

/** What comes next for a member that is to go. `masters`: those that are known, for the words. `later`: nodes that go after it. */
export function leaveStep(
  membership: Membership,
  masters: readonly EtcdMaster[],
  leaves: (member: EtcdMember) => boolean,
  later: ReadonlySet<string> = new Set(),
): LeaveStep {
  const member = membership.members.find(leaves);
  const doubt = unconfirmedWords(membership);
  if (member === undefined) return doubt === "" ? { kind: "done" } : { kind: "wait", reason: doubt };
  const reason = removalProblem(membership, member, masters);
  if (reason !== "") return { kind: "wait", reason };
  const goes = ({ peerUrls }: EtcdMember) =>
    masters.some(({ node, peerUrl }) => later.has(node) && peerUrls.includes(peerUrl));
  const heir = heirOf(membership, member, goes);
  return heir === undefined ? { kind: "remove", id: member.id } : { kind: "hand-over", id: member.id, target: heir.id };
}

/**
 * The member that is to lead in the place of this one: of those that stay, or else of all, the one that has most of its log. Undefined
 * when this one does not lead, or does not answer.
 */
function heirOf(
  membership: Membership,
  member: EtcdMember,
  goes: (other: EtcdMember) => boolean,
): EtcdMember | undefined {
  if (statusOf(membership, member)?.leader !== member.id) return undefined;
  const index = (other: EtcdMember) => statusOf(membership, other)?.raftIndex ?? 0;
  const rest = votersOf(membership).filter((other) => other.id !== member.id && isHealthy(membership, other));
  return rest.toSorted((left, right) => Number(goes(left)) - Number(goes(right)) || index(right) - index(left))[0];
}

/** The order in which masters leave: those first that do not answer, because they cost no majority. */
export function leavingOrder(membership: Membership, leaving: readonly EtcdMaster[]): readonly EtcdMaster[] {
  const healthy = (master: EtcdMaster) => {
    const member = memberOf(membership, master);
    return member !== undefined && isHealthy(membership, member);
  };
  return [...leaving].sort((left, right) => Number(healthy(left)) - Number(healthy(right)));
}

/** Why these masters cannot all go, one after the other; "" when they can. */
export function leavingProblem(
  membership: Membership,
  masters: readonly EtcdMaster[],
  leaving: readonly EtcdMaster[],
): string {
  let left = membership;
  for (const master of leavingOrder(membership, leaving)) {
    const member = memberOf(left, master);
    if (member === undefined) continue;
    const reason = removalProblem(left, member, masters);
    if (reason !== "") return `${master.node}: ${reason}`;
    left = { ...left, members: left.members.filter(({ id }) => id !== member.id) };
  }
  return unconfirmedWords(membership);
}
