// The leadership in ZooKeeper: candidates are ephemeral sequential nodes, the lowest one leads. Its path is never used
// again, so that its existence is the term's fence.
import { randomUUID } from "node:crypto";
import { type Clock, messageOf } from "@cke/foundation";
import { type ZooKeeperAccess, ZooKeeperRefused, ZooKeeperSession, type ZooKeeperSessionOptions } from "@cke/zookeeper";
import { z } from "zod";
import type { SchedulerAddress } from "../election.ts";
import type { Seat, SeatKeeper } from "../shared/backend.ts";
import { StoreError } from "../store.ts";
import { readNode, ZooKeeperBackend } from "./zookeeper-backend.ts";
import { asStore, storeErrorOf } from "./zookeeper-errors.ts";
import type { ZooKeeperPaths } from "./zookeeper-paths.ts";

export interface ZooKeeperSeatsOptions {
  readonly session: ZooKeeperSessionOptions;
  readonly paths: ZooKeeperPaths;
  readonly clock: Clock;
}

interface Candidate {
  readonly session: ZooKeeperSession;
  /** First part of the node's name, to find it again when the answer to its creation was lost. */
  readonly mark: string;
}

const leaderSchema = z.object({ id: z.string(), url: z.string() });

export class ZooKeeperSeats implements SeatKeeper {
  readonly #options: ZooKeeperSeatsOptions;
  readonly #access: ZooKeeperAccess;
  #watching: ZooKeeperSession | undefined;
  #candidate: Candidate | undefined;
  #prepared = false;
  #closed = false;

  constructor(options: ZooKeeperSeatsOptions) {
    this.#options = options;
    this.#access = options.session.auth === undefined ? "everybody" : "creator";
  }

  async observe(): Promise<SchedulerAddress | undefined> {
    return this.#guard(async () => {
      const session = this.#watch();
      const lowest = (await this.#candidates(session))[0];
      if (lowest === undefined) return undefined;
      const node = await readNode(session, `${this.#options.paths.leader}/${lowest}`);
      return node === undefined ? undefined : parseLeader(node.text);
    });
  }

  async head(): Promise<string | undefined> {
    return this.#guard(async () => (await readNode(this.#watch(), this.#options.paths.head))?.text);
  }

  async take(self: SchedulerAddress): Promise<Seat | undefined> {
    return this.#guard(async () => {
      const { clock, paths } = this.#options;
      if (this.#candidate?.session.ended) this.#candidate = undefined;
      const candidate = this.#candidate ?? { session: this.#session(), mark: randomUUID() };
      this.#candidate = candidate;
      const { session, mark } = candidate;
      await this.#prepare(session);
      const sentAt = clock.monotonic();
      const data = Buffer.from(JSON.stringify({ id: self.id, url: self.url }));
      if (!(await this.#candidates(session)).some((name) => name.startsWith(mark))) {
        await session.createMember(`${paths.leader}/${mark}-`, data, this.#access);
      }
      const name = (await this.#candidates(session))[0];
      if (name === undefined) return undefined;
      if (!name.startsWith(mark)) {
        await this.#clearOwn(session, `${paths.leader}/${name}`, self);
        return undefined;
      }
      const seat = `${paths.leader}/${name}`;
      const renew = () => this.#renew(session, seat, data);
      const renewed = await renew();
      if (renewed === "lost" || renewed <= sentAt) return undefined;
      this.#candidate = undefined;
      const outsideHead = () => this.head();
      return {
        backend: new ZooKeeperBackend({ session, paths, access: this.#access, seat, outsideHead }),
        validUntil: renewed,
        renew,
        release: async () => {
          if (session.ended) return;
          await asStore(session.remove(seat)).finally(() => session.close());
        },
      };
    });
  }

  async withdraw(): Promise<void> {
    this.#candidate?.session.close();
    this.#candidate = undefined;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watching?.close();
    await this.withdraw();
  }

  /**
   * By a write, because a server that is cut off from the others still answers reads for a while. The session's age is
   * told to ZooKeeper's leader every half tick, and a session is at least two ticks: so three quarters of it are safe.
   */
  async #renew(session: ZooKeeperSession, seat: string, data: Buffer): Promise<number | "lost"> {
    const sentAt = this.#options.clock.monotonic();
    try {
      await session.set(seat, data);
    } catch (error) {
      if (error instanceof ZooKeeperRefused) return "lost"; // the node or the session is gone
      throw storeErrorOf(error);
    }
    return sentAt + 0.75 * session.timeoutMs;
  }

  /** Removes a seat that this very process had, in a session that it has left. */
  async #clearOwn(session: ZooKeeperSession, path: string, self: SchedulerAddress): Promise<void> {
    const node = await readNode(session, path);
    if (node === undefined || parseLeader(node.text)?.id !== self.id) return;
    await session.remove(path);
  }

  #session(): ZooKeeperSession {
    if (this.#closed) throw new StoreError("store_closed", "the storage is closed");
    return new ZooKeeperSession(this.#options.session);
  }

  #watch(): ZooKeeperSession {
    if (this.#watching === undefined || this.#watching.ended) this.#watching = this.#session();
    return this.#watching;
  }

  /** Names of the candidates, the lowest first. */
  async #candidates(session: ZooKeeperSession): Promise<readonly string[]> {
    const { leader } = this.#options.paths;
    const names = await session.children(leader).catch((error: unknown) => {
      if (error instanceof ZooKeeperRefused && error.reason === "no_node") return [];
      throw error;
    });
    const sequence = (name: string) => Number(name.slice(name.lastIndexOf("-") + 1));
    return names.toSorted((one, other) => sequence(one) - sequence(other));
  }

  /** Makes the chroot and what is below it. What lies above the chroot is shared with others and holds nothing. */
  async #prepare(session: ZooKeeperSession): Promise<void> {
    if (this.#prepared) return;
    const { root, leader, sections } = this.#options.paths;
    const segments = root.split("/").slice(1);
    const above = segments.slice(0, -1).map((_, index) => `/${segments.slice(0, index + 1).join("/")}`);
    for (const path of above) await this.#make(session, path, "everybody");
    for (const path of [root, leader, ...sections]) await this.#make(session, path, this.#access);
    this.#prepared = true;
  }

  async #make(session: ZooKeeperSession, path: string, access: ZooKeeperAccess): Promise<void> {
    try {
      await session.create(path, access);
    } catch (error) {
      if (!(error instanceof ZooKeeperRefused) || error.reason !== "node_exists") throw error;
    }
  }

  /** Whatever else ZooKeeper answers: an ended session is replaced at the next call, the rest is looked at again. */
  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ZooKeeperRefused)) throw storeErrorOf(error);
      // Somebody has removed what was made.
      if (error.reason === "no_node") this.#prepared = false;
      throw new StoreError("store_unavailable", messageOf(error), { cause: error });
    }
  }
}

function parseLeader(text: string): SchedulerAddress | undefined {
  try {
    return leaderSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
