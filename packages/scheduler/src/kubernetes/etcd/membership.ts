// What etcd says about its members, and what each of them says about itself. Plain values.

export interface EtcdMember {
  /** A number of 64 bits, in decimal digits. A member that was removed and added again has another one. */
  readonly id: string;
  /** "" while the member has never started. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  /** It gets all entries and has no vote. */
  readonly learner: boolean;
}

/** What a member says about itself. */
export interface EtcdStatus {
  readonly memberId: string;
  /** `3.6.16` */
  readonly version: string;
  /** Id of the member that it follows; "0" for none. */
  readonly leader: string;
  /** Index of the last entry of its log, and of the last one that it has applied. */
  readonly raftIndex: number;
  readonly appliedIndex: number;
  readonly learner: boolean;
  /** Alarms and other troubles, as etcd names them. */
  readonly errors: readonly string[];
}

/** A master of the cluster as etcd knows it. */
export interface EtcdMaster {
  /** Name of the node. */
  readonly node: string;
  /** `--name` of its etcd. */
  readonly member: string;
  /** `https://10.0.0.1:2380` */
  readonly peerUrl: string;
}

/** A master's answer, or why there is none. */
export type EtcdAnswer = { readonly status: EtcdStatus } | { readonly problem: string };

/** All that is known of a cluster's etcd at one moment. */
export interface Membership {
  readonly members: readonly EtcdMember[];
  /** By name of the node. Every master that was asked is in it. */
  readonly answers: ReadonlyMap<string, EtcdAnswer>;
  /** Why it is not known whether `members` is what etcd has now: nothing may be changed by it. Absent: it is. */
  readonly unconfirmed?: string | undefined;
}

/** etcd lists its members as the majority has them since this version (`MemberListRequest.linearizable`). */
const linearizableSince = [3, 5] as const;

/** True for a member that can be asked for the list as the majority has it. */
export function knowsLinearizableList({ version }: Pick<EtcdStatus, "version">): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > linearizableSince[0] || (major === linearizableSince[0] && minor >= linearizableSince[1]);
}

/** The member at the address of this master; undefined when etcd has none there. */
export function memberOf({ members }: Membership, { peerUrl }: EtcdMaster): EtcdMember | undefined {
  return members.find(({ peerUrls }) => peerUrls.includes(peerUrl));
}

/** The last word of a member about itself; undefined when it gave none. */
export function statusOf({ answers }: Membership, { id }: EtcdMember): EtcdStatus | undefined {
  for (const answer of answers.values()) if ("status" in answer && answer.status.memberId === id) return answer.status;
  return undefined;
}

/** True for a member that answers and follows a leader. */
export function isHealthy(membership: Membership, member: EtcdMember): boolean {
  const status = statusOf(membership, member);
  return status !== undefined && status.leader !== "0";
}

/** Number of votes that a decision needs. */
export const votesNeeded = (voters: number) => Math.floor(voters / 2) + 1;
