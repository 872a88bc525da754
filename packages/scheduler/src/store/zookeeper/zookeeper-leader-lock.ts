// The leader's lock in ZooKeeper: candidates are ephemeral sequential nodes, and the one with the lowest number leads.
// ZooKeeper never gives the same path again, so every commit of a term checks that the node exists.
import { randomUUID } from "node:crypto";
import { type Clock, type Logger, messageOf } from "@cke/foundation";
import { type ZooKeeperAccess, ZooKeeperRefused, ZooKeeperSession, type ZooKeeperSessionOptions } from "@cke/zookeeper";
import { z } from "zod";
import type { SchedulerAddress } from "../election.ts";
import type { HeldLock, LeaderLock } from "../shared/backend.ts";
import { StoreError } from "../store.ts";
import { readNode, ZooKeeperBackend } from "./zookeeper-backend.ts";
import { asStore, storeErrorOf } from "./zookeeper-errors.ts";
import type { ZooKeeperPaths } from "./zookeeper-paths.ts";

export interface ZooKeeperLeaderLockOptions {
  readonly session: ZooKeeperSessionOptions;
  readonly paths: ZooKeeperPaths;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Candidate {
  readonly session: ZooKeeperSession;
  /** First part of the node's name. It finds the node when the answer to its creation was lost. */
  readonly mark: string;
}

const leaderSchema = z.object({ id: z.string(), url: z.string() });

export class ZooKeeperLeaderLock implements LeaderLock {
  readonly #options: ZooKeeperLeaderLockOptions;
  readonly #access: ZooKeeperAccess;
  #watching: ZooKeeperSession | undefined;
  #candidate: Candidate | undefined;
  #prepared = false;
  #warned = false;
  #closed = false;

  constructor(options: ZooKeeperLeaderLockOptions) {
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

  async take(self: SchedulerAddress): Promise<HeldLock | undefined> {
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
      const lockNode = `${paths.leader}/${name}`;
      const renew = () => this.#renew(session, lockNode, data);
      const renewed = await renew();
      if (renewed === "lost" || renewed <= sentAt) return undefined;
      this.#candidate = undefined;
      this.#warnOfShortSession(session);
      const outsideHead = () => this.head();
      return {
        backend: new ZooKeeperBackend({ session, paths, access: this.#access, lockNode, outsideHead }),
        validUntil: renewed,
        renew,
        release: async () => {
          if (session.ended) return;
          await asStore(session.remove(lockNode)).finally(() => session.close());
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
   * Renews by a write, because a server that is cut off from the others still answers reads for a while. The servers
   * report sessions to their leader every half tick, and a session lasts two ticks or more. So three quarters of its
   * time are safe.
   */
  async #renew(session: ZooKeeperSession, lockNode: string, data: Buffer): Promise<number | "lost"> {
    const sentAt = this.#options.clock.monotonic();
    try {
      await session.set(lockNode, data);
    } catch (error) {
      if (error instanceof ZooKeeperRefused) return "lost"; // the node or the session is gone
      throw storeErrorOf(error);
    }
    return sentAt + 0.75 * session.timeoutMs;
  }

  /** ZooKeeper grants 20 of its ticks at most, unless its `maxSessionTimeout` says otherwise. */
  #warnOfShortSession({ timeoutMs }: ZooKeeperSession): void {
    const { logger, session } = this.#options;
    if (this.#warned || timeoutMs >= session.sessionMs) return;
    this.#warned = true;
    logger.warning(
      `ZooKeeper grants a session of ${timeoutMs / 1_000} s instead of the ${session.sessionMs / 1_000} s of -leader_ttl: set maxSessionTimeout in its configuration, or ask for less`,
    );
  }

  /** Removes the leader's node if this process made it in an earlier session. */
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

  /** Makes the nodes from the chroot on down. Nodes above the chroot are shared with others and hold no data. */
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

  /**
   * Turns every error into a StoreError. An ended session is replaced at the next call; other refusals are tried again.
   */
  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ZooKeeperRefused)) throw storeErrorOf(error);
      // A node that `#prepare` made was removed.
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
