// Entries, journal and head in ZooKeeper. Every transaction is one multi. It checks that the leader's ephemeral node exists
// and that the head has the expected version, so that only the present leader can apply it, and only in order.
import { type ZooKeeperAccess, type ZooKeeperOperation, ZooKeeperRefused, type ZooKeeperSession } from "@cke/zookeeper";
import type { Backend, Transaction, TransactionOutcome } from "../shared/backend.ts";
import { StoreError } from "../store.ts";
import { storeErrorOf } from "./zookeeper-errors.ts";
import { keyOf, pathOf, type ZooKeeperPaths } from "./zookeeper-paths.ts";

/** ZooKeeper takes packets of at most 1 MiB less one byte. */
const zooKeeperLimits = { changes: 500, bytes: 930_000 } as const;

/** Most reads at the same time, because the library handles all answers of one chunk of bytes by recursion. */
const readsAtOnce = 100;

export interface ZooKeeperBackendOptions {
  readonly session: ZooKeeperSession;
  readonly paths: ZooKeeperPaths;
  readonly access: ZooKeeperAccess;
  /** Path of the leader's ephemeral node. */
  readonly lockNode: string;
  /** Reads the head through another session, because this one may have ended. */
  readonly outsideHead: () => Promise<string | undefined>;
}

export class ZooKeeperBackend implements Backend {
  readonly limits = zooKeeperLimits;
  readonly #options: ZooKeeperBackendOptions;
  #head: { readonly text: string; readonly version: number } | undefined;

  constructor(options: ZooKeeperBackendOptions) {
    this.#options = options;
  }

  async head(): Promise<string | undefined> {
    return this.#told(() => this.#readHead());
  }

  async keys(): Promise<readonly string[]> {
    const { session, paths } = this.#options;
    const read = () =>
      Promise.all(
        paths.sections.map(async (section) => {
          const names = await session.children(section);
          return names.map((name) => keyOf(section, name));
        }),
      );
    return (await this.#told(read)).flat();
  }

  async read(key: string): Promise<string | undefined> {
    const { session, paths } = this.#options;
    return (await this.#told(() => readNode(session, pathOf(paths, key))))?.text;
  }

  async readAll(keys: readonly string[]): Promise<readonly { readonly key: string; readonly text: string }[]> {
    const all: { readonly key: string; readonly text: string }[] = [];
    for (let start = 0; start < keys.length; start += readsAtOnce) {
      const some = keys.slice(start, start + readsAtOnce);
      const texts = await Promise.all(some.map(async (key) => ({ key, text: await this.read(key) })));
      all.push(...texts.flatMap(({ key, text }) => (text === undefined ? [] : [{ key, text }])));
    }
    return all;
  }

  async apply(transaction: Transaction): Promise<TransactionOutcome> {
    const { lockNode, session } = this.#options;
    try {
      if (this.#head?.text !== transaction.head) await this.#readHead();
      if (this.#head?.text !== transaction.head) {
        const present = await readNode(session, lockNode);
        return { kind: present === undefined ? "fenced" : "moved", head: this.#head?.text };
      }
      const failed = await this.#send(transaction);
      if (failed === undefined) return { kind: "applied" };
      if (failed === "lock") return { kind: "fenced", head: await this.#readHead() };
      if (failed === "head") return { kind: "moved", head: await this.#readHead() };
      return { kind: "moved", head: undefined };
    } catch (error) {
      if (!(error instanceof ZooKeeperRefused) || error.reason !== "session_ended") throw this.#words(error);
      return { kind: "fenced", head: await this.#options.outsideHead() };
    }
  }

  async #readHead(): Promise<string | undefined> {
    const { session, paths } = this.#options;
    this.#head = await readNode(session, paths.head);
    return this.#head?.text;
  }

  /** Sends a transaction. Returns which part of it was refused; undefined when the transaction was applied. */
  async #send({ next, changes }: Transaction): Promise<"lock" | "head" | "entry" | undefined> {
    const { session, paths, access, lockNode } = this.#options;
    const data = Buffer.from(next);
    const head: readonly ZooKeeperOperation[] =
      this.#head === undefined
        ? // Created and set in one multi, so that the head's version is never 0: the library cannot check for version 0.
          [
            { op: "create", path: paths.head, data, access },
            { op: "set", path: paths.head, data },
          ]
        : [{ op: "set", path: paths.head, data, version: this.#head.version }];
    const entries = changes.map(({ key, text, exists }): ZooKeeperOperation => {
      const path = pathOf(paths, key);
      if (text === undefined) return { op: "remove", path };
      const entry = Buffer.from(text);
      return exists ? { op: "set", path, data: entry } : { op: "create", path, data: entry, access };
    });
    const outcome = await session.multi([{ op: "check", path: lockNode }, ...head, ...entries]);
    if (outcome.failed !== undefined) return outcome.failed === 0 ? "lock" : outcome.failed === 1 ? "head" : "entry";
    const [version] = outcome.versions;
    this.#head = version === undefined ? undefined : { text: next, version };
    return undefined;
  }

  /** Runs a read and turns its errors into StoreErrors. */
  async #told<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      throw this.#words(error);
    }
  }

  #words(error: unknown): unknown {
    if (!(error instanceof ZooKeeperRefused)) return storeErrorOf(error);
    // The term is over. Its lease ends by this process' own clock.
    if (error.reason === "session_ended") return new StoreError("store_unavailable", error.message, { cause: error });
    return new StoreError("store_corrupt", `${error.message}: somebody else changes ${this.#options.paths.root}`, {
      cause: error,
    });
  }
}

/** Text and version of a node; undefined when there is none. */
export async function readNode(
  session: ZooKeeperSession,
  path: string,
): Promise<{ readonly text: string; readonly version: number } | undefined> {
  const node = await session.get(path);
  return node === undefined ? undefined : { text: node.data.toString(), version: node.version };
}
