// Entries, journal and head in ZooKeeper. Every step is one multi that checks the leadership's own node and the version
// of the head.
import { messageOf } from "@cke/foundation";
import zookeeper, { type ACL } from "node-zookeeper-client";
import { z } from "zod";
import type { Backend, Step, StepOutcome } from "../shared/backend.ts";
import { StoreError } from "../store.ts";
import { keyOf, pathOf, type ZooKeeperPaths } from "./zookeeper-paths.ts";
import { foreign, ZooKeeperFailure, type ZooKeeperSession } from "./zookeeper-session.ts";

/** ZooKeeper takes packets of 1 MiB less one byte. */
const zooKeeperLimits = { changes: 500, bytes: 930_000 } as const;

/** Reads under way at once: the library handles all answers of one chunk by recursion. */
const readsAtOnce = 100;

const { Exception } = zookeeper;
const resultsSchema = z.array(
  z.object({ err: z.number().optional(), stat: z.object({ version: z.number() }).optional() }),
);

export interface ZooKeeperBackendOptions {
  readonly session: ZooKeeperSession;
  readonly paths: ZooKeeperPaths;
  readonly acl: ACL[];
  /** Path of the leadership's own ephemeral node. */
  readonly seat: string;
  /** Reads the head without this session, which may have ended. */
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
          const names = await session.call<string[]>((client, callback) => client.getChildren(section, callback));
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

  async apply(step: Step): Promise<StepOutcome> {
    const { seat, session } = this.#options;
    try {
      if (this.#head?.text !== step.head) await this.#readHead();
      if (this.#head?.text !== step.head) {
        const present = await readNode(session, seat);
        return { kind: present === undefined ? "fenced" : "moved", head: this.#head?.text };
      }
      const failed = await this.#send(step);
      if (failed === undefined) return { kind: "applied" };
      if (failed === "seat") return { kind: "fenced", head: await this.#readHead() };
      if (failed === "head") return { kind: "moved", head: await this.#readHead() };
      return { kind: "moved", head: undefined };
    } catch (error) {
      if (!(error instanceof ZooKeeperFailure) || error.code !== Exception.SESSION_EXPIRED) throw this.#words(error);
      return { kind: "fenced", head: await this.#options.outsideHead() };
    }
  }

  async #readHead(): Promise<string | undefined> {
    const { session, paths } = this.#options;
    this.#head = await readNode(session, paths.head);
    return this.#head?.text;
  }

  /** Sends a step; what kept it from being applied, if anything did. */
  async #send({ next, changes }: Step): Promise<"seat" | "head" | "entry" | undefined> {
    const { session, paths, acl, seat } = this.#options;
    const data = Buffer.from(next);
    let results: unknown;
    const error = await session.call<Error | zookeeper.Exception | null>((client, callback) => {
      const transaction = client.transaction().check(seat);
      // Made and set at once: the library cannot check for version 0, so there must never be a head of that version.
      if (this.#head === undefined) transaction.create(paths.head, data, acl).setData(paths.head, data);
      else transaction.setData(paths.head, data, this.#head.version);
      for (const { key, text, exists } of changes) {
        const path = pathOf(paths, key);
        if (text === undefined) transaction.remove(path);
        else if (exists) transaction.setData(path, Buffer.from(text));
        else transaction.create(path, Buffer.from(text), acl);
      }
      transaction.commit((failure, answers: unknown) => {
        results = answers;
        // A failed multi has results; without them the call itself failed.
        if (failure && !Array.isArray(answers)) callback(failure, null);
        else callback(null, failure);
      });
    });
    const answers = resultsSchema.parse(results);
    if (error === null || error === undefined) {
      const version = answers.find(({ stat }) => stat !== undefined)?.stat?.version;
      this.#head = version === undefined ? undefined : { text: next, version };
      return undefined;
    }
    const index = answers.findIndex(
      ({ err }) => err !== undefined && err !== Exception.OK && err !== Exception.RUNTIME_INCONSISTENCY,
    );
    if (answers[index]?.err === Exception.NO_AUTH) throw foreign(`${session.where}: ${messageOf(error)}`, error);
    return index === 0 ? "seat" : index === 1 ? "head" : "entry";
  }

  /** A read; what fails is told as the failure of a store. */
  async #told<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      throw this.#words(error);
    }
  }

  #words(error: unknown): unknown {
    if (!(error instanceof ZooKeeperFailure)) return error;
    // The term is over; it sees that by its own clock.
    if (error.code === Exception.SESSION_EXPIRED)
      return new StoreError("store_unavailable", error.message, { cause: error });
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
  try {
    return await session.call<{ readonly text: string; readonly version: number }>((client, callback) =>
      client.getData(path, (error, data, stat) => {
        if (error) callback(error, { text: "", version: 0 });
        else callback(null, { text: data === undefined ? "" : data.toString(), version: stat.version });
      }),
    );
  } catch (error) {
    if (error instanceof ZooKeeperFailure && error.code === Exception.NO_NODE) return undefined;
    throw error;
  }
}
