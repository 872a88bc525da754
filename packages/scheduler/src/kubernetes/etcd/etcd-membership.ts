// Changes the members of a cluster's etcd, one step with each call. A call that is repeated, by whatever scheduler, goes
// on where etcd stands. Nothing is remembered here.
import { messageOf } from "@cke/foundation";
import { EtcdGateway, EtcdRefusedError, type EtcdTransport } from "./etcd-gateway.ts";
import {
  type EtcdAnswer,
  type EtcdMaster,
  type EtcdMember,
  isHealthy,
  knowsLinearizableList,
  type Membership,
} from "./membership.ts";
import { joinStep, leaveStep } from "./membership-steps.ts";

/** How far a change is. */
export type MembershipProgress =
  | { readonly kind: "done" }
  /** etcd waits for the member's node, which may be launched now. `members`: what its etcd must be started with. */
  | { readonly kind: "start"; readonly reason: string; readonly members: readonly EtcdMember[] }
  | { readonly kind: "going"; readonly reason: string };

/** No master answers, or none that knows the members. */
export class EtcdSilentError extends Error {}

export class EtcdMembership {
  readonly #gateway: EtcdGateway;

  /** `transport`: leads to the masters of one cluster. */
  constructor(transport: EtcdTransport) {
    this.#gateway = new EtcdGateway(transport);
  }

  /** Asks all masters at once. Throws EtcdSilentError when none of them answers. */
  async observe(masters: readonly EtcdMaster[]): Promise<Membership> {
    const answers = new Map(
      await Promise.all(
        masters.map(async ({ node }): Promise<[string, EtcdAnswer]> => [node, await this.#answerOf(node)]),
      ),
    );
    return { ...(await this.#membersBy(answers)), answers };
  }

  /**
   * Takes the next step of a master that is to be a member. `masters`: all that are desired, with this one. `givenUp`: the nodes of
   * those that no plan lets join any more. Throws when no master answers.
   */
  async join(
    masters: readonly EtcdMaster[],
    joining: EtcdMaster,
    givenUp: ReadonlySet<string> = new Set(),
  ): Promise<MembershipProgress> {
    const membership = await this.observe(masters);
    const step = joinStep(membership, masters, joining, givenUp);
    switch (step.kind) {
      case "done":
        return { kind: "done" };
      case "wait":
        return { kind: "going", reason: step.reason };
      case "start":
        return { kind: "start", reason: step.reason, members: membership.members };
      case "add":
        return await this.#change(membership, masters, "it is added to etcd as a learner", (via) =>
          this.#gateway.addLearner(via, joining.peerUrl),
        );
      case "remove":
        return await this.#change(membership, masters, `another learner is removed from etcd: ${step.reason}`, (via) =>
          this.#gateway.remove(via, step.id),
        );
      case "promote":
        return await this.#change(membership, masters, "its etcd gets a vote", (via) =>
          this.#gateway.promote(via, step.id),
        );
    }
  }

  /** Takes the next step of a member that is to go. `masters`: all that may answer. `later`: nodes that go after it. Throws when none answers. */
  async leave(
    masters: readonly EtcdMaster[],
    leaves: (member: EtcdMember) => boolean,
    later: ReadonlySet<string> = new Set(),
  ): Promise<MembershipProgress> {
    const membership = await this.observe(masters);
    const step = leaveStep(membership, masters, leaves, later);
    if (step.kind === "done") return { kind: "done" };
    if (step.kind === "wait") return { kind: "going", reason: step.reason };
    const leaving = membership.members.find(({ id }) => id === step.id);
    const kept = step.kind === "hand-over" ? await this.#handOver(membership, step) : "";
    if (step.kind === "hand-over" && kept === "")
      return { kind: "going", reason: "another member of etcd leads from now on, then it is removed from etcd" };
    const others = { ...membership, members: membership.members.filter((member) => member !== leaving) };
    return await this.#change(others, masters, `it is removed from etcd${kept}`, (via) =>
      this.#gateway.remove(via, step.id),
    );
  }

  /** Why the member goes while it leads, which costs an election; "" when another one leads. */
  async #handOver(membership: Membership, { id, target }: { readonly id: string; readonly target: string }) {
    try {
      await this.#gateway.moveLeader(nodeOf(membership, id), target);
      return "";
    } catch (error) {
      return `, and its members elect a leader, for it did not hand over its lead: ${messageOf(error)}`;
    }
  }

  /** A refusal is no error: etcd refuses what would be dangerous now and takes it later. */
  async #change(
    membership: Membership,
    masters: readonly EtcdMaster[],
    words: string,
    change: (via: string) => Promise<void>,
  ): Promise<MembershipProgress> {
    try {
      await change(mediator(membership, masters));
      return { kind: "going", reason: words };
    } catch (error) {
      if (!(error instanceof EtcdRefusedError)) throw error;
      return { kind: "going", reason: `${words}, and etcd refuses that now: ${error.message}` };
    }
  }

  async #answerOf(node: string): Promise<EtcdAnswer> {
    try {
      return { status: await this.#gateway.status(node) };
    } catch (error) {
      return { problem: messageOf(error) };
    }
  }

  /**
   * The list as the majority has it. Members before 3.5 have no such list: then that of the leader, because others may be
   * behind. Where nobody confirms it, that of the most advanced member that answers, which is good for words only.
   */
  async #membersBy(answers: ReadonlyMap<string, EtcdAnswer>): Promise<Pick<Membership, "members" | "unconfirmed">> {
    const problems = [...answers].flatMap(([node, answer]) =>
      "problem" in answer ? [`${node}: ${answer.problem}`] : [],
    );
    const nodes = [...answers]
      .flatMap(([node, answer]) => ("status" in answer ? [{ node, ...answer.status }] : []))
      .sort((left, right) => rank(right) - rank(left) || right.appliedIndex - left.appliedIndex);
    const following = nodes.filter(({ leader }) => leader !== "0");
    const unconfirmed: string[] = [];
    for (const { node, learner, ...status } of following.filter((one) => knowsLinearizableList(one))) {
      if (learner) continue;
      try {
        return { members: await this.#gateway.members(node, { linearizable: true }) };
      } catch (error) {
        unconfirmed.push(`${node} (${status.version}): ${messageOf(error)}`);
      }
    }
    const isOlder = following.some((one) => !one.learner && !knowsLinearizableList(one));
    const why =
      unconfirmed.length > 0 ? unconfirmed.join("; ") : isOlder ? undefined : "none of its members follows a leader";
    for (const { node } of nodes) {
      try {
        return { members: await this.#gateway.members(node), ...(why === undefined ? {} : { unconfirmed: why }) };
      } catch (error) {
        problems.push(`${node}: ${messageOf(error)}`);
      }
    }
    throw new EtcdSilentError(`no etcd of the cluster answers: ${problems.join("; ")}`);
  }
}

const rank = ({ memberId, leader, learner }: { memberId: string; leader: string; learner: boolean }) =>
  learner ? 0 : memberId === leader ? 2 : 1;

/** The master whose etcd is asked for a change: a healthy one with a vote. */
function mediator(membership: Membership, masters: readonly EtcdMaster[]): string {
  const voter = membership.members.find((member) => !member.learner && isHealthy(membership, member));
  const node = nodeOf(membership, voter?.id);
  if (node === "")
    throw new EtcdSilentError(`no etcd of ${masters.map((one) => one.node).join(", ")} follows a leader`);
  return node;
}

/** The node whose etcd has answered with this id; "" when none has. */
function nodeOf({ answers }: Membership, id: string | undefined): string {
  for (const [node, answer] of answers) if ("status" in answer && answer.status.memberId === id) return node;
  return "";
}
