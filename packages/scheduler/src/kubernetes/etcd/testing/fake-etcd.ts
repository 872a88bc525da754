// A model of a cluster's etcd for tests: its members, who has a vote, and what its JSON gateway answers. Unlike the real one
// it removes what it should not, and says so (`harm`): only then a test can find a scheduler that asks for it.
import type { EtcdTransport, GatewayAnswer } from "../etcd-gateway.ts";
import { votesNeeded } from "../membership.ts";

interface Member {
  readonly id: string;
  readonly peerUrl: string;
  name: string;
  learner: boolean;
  /** The data directory that is this member's. Another one at its address is none. */
  data: string;
  applied: number;
}

export interface FakeEtcdWorld {
  /** True while the etcd with this data directory runs. */
  readonly runs: (data: string) => boolean;
  /** The data directory of the etcd that the scheduler reaches at this master; undefined when it reaches none. */
  readonly reached: (node: string) => string | undefined;
}

/** Entries of the log. Each change of members is one more. */
const entries = 100;
/** A learner gets so many with every look at it. */
const caughtUpPerLook = 40;

const refusal = (message: string): GatewayAnswer => ({
  status: 400,
  body: JSON.stringify({ error: message, message }),
});
const answer = (body: object): GatewayAnswer => ({ status: 200, body: JSON.stringify(body) });

export class FakeEtcd implements EtcdTransport {
  readonly #world: FakeEtcdWorld;
  readonly #members: Member[] = [];
  readonly #removed = new Set<string>();
  #ids = 0;
  /** Id of the member that was made the leader; another one leads while it does not run. */
  #chosen = "";
  /** What a scheduler asked for and must not ask for. */
  readonly harm: string[] = [];
  /** Every change of members, in order. */
  readonly changes: string[] = [];

  constructor(world: FakeEtcdWorld) {
    this.#world = world;
  }

  /** "m1 m2? m3~": of all members the names, `?` for one that has not started, `~` for a learner. */
  get list(): string {
    return this.#members
      .map(
        ({ name, peerUrl, learner }) => `${name === "" ? peerUrl : name}${learner ? "~" : ""}${name === "" ? "?" : ""}`,
      )
      .join(" ");
  }

  /** The data directories of members; without those that have not begun. */
  get data(): readonly string[] {
    return this.#members.flatMap(({ data }) => (data === "" ? [] : [data]));
  }

  get hasMajority(): boolean {
    const voters = this.#members.filter(({ learner }) => !learner);
    return voters.filter(({ data }) => this.#world.runs(data)).length >= votesNeeded(voters.length);
  }

  /**
   * An etcd begins with an empty data directory. `founders`: the peer URLs that it was given; "existing": it was told to
   * join. Returns why it ends again; "" when it runs.
   */
  begins(data: string, name: string, peerUrl: string, founders: readonly string[], state: "new" | "existing"): string {
    if (state === "new" && this.#members.length === 0 && this.#removed.size === 0) {
      for (const url of founders) this.#add(url, false);
    }
    const own = this.#members.find((member) => member.peerUrl === peerUrl && member.data === "");
    if (own === undefined) {
      if (state === "new") this.harm.push(`${name} founds a cluster where there is one`);
      return "it is no member of the cluster";
    }
    const present = this.#members.map((member) => member.peerUrl).sort();
    if (state === "existing" && founders.toSorted().join() !== present.join())
      return `the members are ${present.join()}, and it was given ${founders.join()}`;
    Object.assign(own, { data, name, applied: own.learner ? 0 : entries });
    return "";
  }

  async post(node: string, path: string, text: string): Promise<GatewayAnswer> {
    const data = this.#world.reached(node);
    const self = this.#members.find((member) => member.data === data);
    if (data === undefined || self === undefined) throw new Error("connection refused");
    const body: {
      readonly ID?: string;
      readonly peerURLs?: readonly string[];
      readonly isLearner?: boolean;
      readonly linearizable?: boolean;
      readonly targetID?: string;
    } = JSON.parse(text);
    if (path === "/v3/maintenance/status") return this.#status(self);
    if (path === "/v3/cluster/member/list" && body.linearizable !== true) return this.#listed();
    if (self.learner) return refusal("etcdserver: rpc not supported for learner");
    if (!this.hasMajority) throw new Error("etcdserver: request timed out");
    const member = this.#members.find(({ id }) => id === body.ID);
    switch (path) {
      case "/v3/cluster/member/list":
        return this.#listed();
      case "/v3/cluster/member/add":
        return this.#learner(body.peerURLs?.[0] ?? "", body.isLearner === true);
      case "/v3/cluster/member/promote":
        return this.#promote(member);
      case "/v3/cluster/member/remove":
        return this.#remove(member);
      case "/v3/maintenance/transfer-leadership":
        return this.#moveLeader(self, body.targetID ?? "");
      default:
        return refusal("unknown service");
    }
  }

  #add(peerUrl: string, learner: boolean): void {
    this.#ids += 1;
    this.#members.push({ id: String(this.#ids), peerUrl, name: "", learner, data: "", applied: 0 });
  }

  #status(self: Member): GatewayAnswer {
    if (self.learner) self.applied = Math.min(entries, self.applied + caughtUpPerLook);
    return answer({
      header: { member_id: self.id },
      version: "3.6.16",
      ...(this.hasMajority ? { leader: this.#leader?.id } : {}),
      raftIndex: String(self.applied),
      raftAppliedIndex: String(self.applied),
      ...(self.learner ? { isLearner: true } : {}),
    });
  }

  get #leader(): Member | undefined {
    const able = this.#members.filter(({ learner, data }) => !learner && this.#world.runs(data));
    return able.find(({ id }) => id === this.#chosen) ?? able[0];
  }

  #moveLeader(self: Member, target: string): GatewayAnswer {
    if (self !== this.#leader) return refusal("etcdserver: not leader");
    const heir = this.#members.find(({ id }) => id === target);
    if (heir === undefined || heir.learner) return refusal("etcdserver: bad leader transferee");
    if (!this.#world.runs(heir.data)) throw new Error("etcdserver: request timed out, leader transfer took too long");
    this.#chosen = target;
    return answer({});
  }

  #listed(): GatewayAnswer {
    const members = this.#members.map(({ id, name, peerUrl, learner }) => ({
      ID: id,
      ...(name === "" ? {} : { name }),
      peerURLs: [peerUrl],
      ...(learner ? { isLearner: true } : {}),
    }));
    return answer({ members });
  }

  #learner(peerUrl: string, learner: boolean): GatewayAnswer {
    if (this.#members.some((member) => member.peerUrl === peerUrl))
      return refusal("etcdserver: Peer URLs already exists");
    if (this.#members.some((member) => member.learner))
      return refusal("etcdserver: too many learner members in cluster");
    if (!learner) this.harm.push(`${peerUrl} is added with a vote`);
    this.changes.push(`add ${peerUrl}`);
    this.#add(peerUrl, learner);
    return answer({});
  }

  #promote(member: Member | undefined): GatewayAnswer {
    if (member?.learner !== true) return refusal("etcdserver: can only promote a learner member");
    if (member.applied < entries)
      return refusal("etcdserver: can only promote a learner member which is in sync with leader");
    if (!this.#world.runs(member.data)) this.harm.push(`${member.name} gets a vote and does not run`);
    this.changes.push(`promote ${member.name}`);
    member.learner = false;
    return answer({});
  }

  #remove(member: Member | undefined): GatewayAnswer {
    if (member === undefined) return refusal("etcdserver: member not found");
    const name = member.name === "" ? member.peerUrl : member.name;
    this.changes.push(`remove ${name}${this.#members.length > 1 && member === this.#leader ? ", which leads" : ""}`);
    this.#members.splice(this.#members.indexOf(member), 1);
    this.#removed.add(member.id);
    if (!this.hasMajority) this.harm.push(`without ${member.name} there is no majority`);
    return answer({});
  }
}
