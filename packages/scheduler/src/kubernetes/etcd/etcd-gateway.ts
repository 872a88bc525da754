// etcd's JSON gateway: the calls about members, over a transport that is passed in. Every call goes to one member.
// Sources: etcd's api/etcdserverpb/rpc.proto (services Cluster and Maintenance) and its grpc-gateway bindings, v3.4 to
// v3.7. Numbers of 64 bits are texts there, and fields with the value 0 or false are left out.
import { boundedText, CkeError } from "@cke/foundation";
import { z } from "zod";
import type { EtcdMember, EtcdStatus } from "./membership.ts";

export interface GatewayAnswer {
  /** Of HTTP. */
  readonly status: number;
  readonly body: string;
}

/** Sends requests to the etcd of a master, with a client certificate. */
export interface EtcdTransport {
  /** POSTs JSON. Rejects when there is no answer in time: the call may have had its effect all the same. */
  post(node: string, path: string, body: string): Promise<GatewayAnswer>;
}

/** etcd answered and refused. */
export class EtcdRefusedError extends CkeError {
  constructor(words: string) {
    super("etcd_refused", words, { status: 409 });
  }
}

/** etcd gave an answer that this program does not understand. */
export class EtcdAnswerError extends CkeError {
  constructor(node: string, path: string, why: string) {
    super("etcd_answer", `the etcd of "${node}" answered ${path} with something unexpected: ${why}`, { status: 502 });
  }
}

const digits = z.union([z.string().regex(/^\d{1,20}$/), z.number().int().nonnegative()]).transform(String);
const texts = z.array(z.string().max(2_048)).max(100).default([]);
const index = digits.default("0").transform(Number);

const memberSchema = z
  .object({
    ID: digits,
    name: z.string().max(512).default(""),
    peerURLs: texts,
    isLearner: z.boolean().default(false),
  })
  .transform(
    ({ ID, name, peerURLs, isLearner }): EtcdMember => ({ id: ID, name, peerUrls: peerURLs, learner: isLearner }),
  );

const membersSchema = z.object({ members: z.array(memberSchema).max(100).default([]) });

const statusSchema = z
  .object({
    header: z.object({ member_id: digits }),
    version: z.string().max(64).default(""),
    leader: digits.default("0"),
    raftIndex: index,
    raftAppliedIndex: index,
    isLearner: z.boolean().default(false),
    errors: texts,
  })
  .transform(
    ({ header, version, leader, raftIndex, raftAppliedIndex, isLearner, errors }): EtcdStatus => ({
      memberId: header.member_id,
      version,
      leader,
      raftIndex,
      appliedIndex: raftAppliedIndex,
      learner: isLearner,
      errors,
    }),
  );

const refusalSchema = z.object({ message: z.string().optional(), error: z.string().optional() });

/** Longest answer that is read, in characters. Ten members take 5,000. */
const longestAnswer = 256 * 1024;
const longestWords = 512;

export class EtcdGateway {
  readonly #transport: EtcdTransport;

  constructor(transport: EtcdTransport) {
    this.#transport = transport;
  }

  /**
   * The members. `linearizable`: as the majority has them now, which needs a majority; members before 3.5 refuse that.
   * Otherwise as this one knows them: it may be behind the others.
   */
  async members(node: string, { linearizable = false } = {}): Promise<readonly EtcdMember[]> {
    const body = linearizable ? { linearizable } : {};
    return (await this.#call(node, "/v3/cluster/member/list", body, membersSchema)).members;
  }

  /** What the member says about itself. */
  async status(node: string): Promise<EtcdStatus> {
    return await this.#call(node, "/v3/maintenance/status", {}, statusSchema);
  }

  /** Adds a member that has no vote. Throws EtcdRefusedError, also for an address that a member has already. */
  async addLearner(node: string, peerUrl: string): Promise<void> {
    await this.#call(node, "/v3/cluster/member/add", { peerURLs: [peerUrl], isLearner: true }, z.unknown());
  }

  /** Gives the learner a vote. Throws EtcdRefusedError while it is behind. */
  async promote(node: string, id: string): Promise<void> {
    await this.#call(node, "/v3/cluster/member/promote", { ID: id }, z.unknown());
  }

  /** Removes the member for good: its data lets it never come back. */
  async remove(node: string, id: string): Promise<void> {
    await this.#call(node, "/v3/cluster/member/remove", { ID: id }, z.unknown());
  }

  /** Of the member that leads: another one with a vote leads from now on. Throws EtcdRefusedError, also when it does not lead. */
  async moveLeader(node: string, target: string): Promise<void> {
    await this.#call(node, "/v3/maintenance/transfer-leadership", { targetID: target }, z.unknown());
  }

  async #call<T>(node: string, path: string, body: object, schema: z.ZodType<T>): Promise<T> {
    const { status, body: text } = await this.#transport.post(node, path, JSON.stringify(body));
    if (text.length > longestAnswer) throw new EtcdAnswerError(node, path, `${text.length} characters`);
    const value = parsed(text);
    if (status !== 200) {
      const { data } = refusalSchema.safeParse(value);
      const words = data?.message ?? data?.error ?? `HTTP status ${status}`;
      throw new EtcdRefusedError(boundedText(words, { maxBytes: longestWords }));
    }
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const where = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
    throw new EtcdAnswerError(node, path, boundedText(where, { maxBytes: longestWords }));
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
