// One session with ZooKeeper over node-zookeeper-client, and what is needed around that library: promises, deadlines,
// giving up on a server that is connected but silent, and never queueing a request before the authentication. Nobody else
// imports the library. A session that has ended stays so; whoever needs another one makes it.
import { messageOf } from "@cke/foundation";
import zookeeper, { type ACL, type Client, type Stat } from "node-zookeeper-client";
import { failureOf, ZooKeeperRefused } from "./failure.ts";
import { breakConnection, mendLibrary } from "./library-faults.ts";

declare module "node-zookeeper-client" {
  /** Lists that the library's class carries and its types leave out. */
  namespace ACL {
    const OPEN_ACL_UNSAFE: ACL[];
    const CREATOR_ALL_ACL: ACL[];
  }
}

export interface ZooKeeperSessionOptions {
  /** `host:port`. */
  readonly servers: readonly string[];
  readonly sessionMs: number;
  /** Milliseconds for one call, and for the connection that it may need before. */
  readonly timeoutMs: number;
  readonly auth?: { readonly user: string; readonly password: string };
  /** Called whenever a connection is lost or refused, perhaps twice; the session may live on and find another server. */
  readonly disconnected?: () => void;
}

/** Who may do what with a node. */
export type ZooKeeperAccess = "everybody" | "creator";

export interface ZooKeeperNode {
  readonly data: Buffer;
  readonly version: number;
}

export type ZooKeeperOperation =
  | { readonly op: "check"; readonly path: string }
  | { readonly op: "create"; readonly path: string; readonly data: Buffer; readonly access: ZooKeeperAccess }
  /** `version`: of the node as it is now; not 0, which the library takes for "any". */
  | { readonly op: "set"; readonly path: string; readonly data: Buffer; readonly version?: number }
  | { readonly op: "remove"; readonly path: string };

/** All operations were carried out, or none: `failed` is the index of the one that could not be. */
export type ZooKeeperOutcome =
  /** Versions of the nodes that were set, in their order. */
  { readonly versions: readonly number[]; readonly failed?: undefined } | { readonly failed: number };

type Callback<T> = (error: object | null | undefined, result: T) => void;

const { CreateMode, Exception, State } = zookeeper;
const farewellMs = 1_000;

export class ZooKeeperSession {
  readonly #options: ZooKeeperSessionOptions;
  readonly #client: Client;
  #ended = false;
  /** Why there is no connection, as far as a socket said so. */
  #failure = "";
  /** Calls that wait for the connection. */
  readonly #waiting = new Set<() => void>();

  constructor(options: ZooKeeperSessionOptions) {
    this.#options = options;
    this.#client = zookeeper.createClient(options.servers.join(","), {
      sessionTimeout: options.sessionMs,
      spinDelay: 200,
      retries: 0,
    });
    mendLibrary(this.#client, (error) => {
      this.#failure = messageOf(error);
      options.disconnected?.();
    });
    if (options.auth !== undefined) {
      this.#client.addAuthInfo("digest", Buffer.from(`${options.auth.user}:${options.auth.password}`));
    }
    this.#client.on("state", (state) => {
      if (state === State.EXPIRED || state === State.AUTH_FAILED) this.#end();
    });
    this.#client.on("connected", () => {
      this.#failure = "";
      this.#wake();
    });
    this.#client.on("disconnected", () => options.disconnected?.());
    this.#client.connect();
  }

  get where(): string {
    return `ZooKeeper ${this.#options.servers.join(",")}`;
  }

  /** True when the session has expired or was closed: nothing can be done with it any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Milliseconds after which the server forgets a silent session; known once connected. */
  get timeoutMs(): number {
    return this.#client.getSessionTimeout();
  }

  /** Resolves when there is a connection. Rejects as every call does. */
  async connected(): Promise<void> {
    await this.#call<void>((_client, done) => done(null, undefined));
  }

  /** Names of the children. `changed` is called at most once, when they may have changed. */
  async children(path: string, changed?: () => void): Promise<readonly string[]> {
    return this.#call<readonly string[]>((client, done) =>
      changed === undefined ? client.getChildren(path, done) : client.getChildren(path, changed, done),
    );
  }

  /** `changed` is called at most once, when the node comes, goes or changes. */
  async exists(path: string, changed: () => void): Promise<boolean> {
    const stat = await this.#call<Stat | null | undefined>((client, done) => client.exists(path, changed, done));
    return stat !== null && stat !== undefined;
  }

  /** What a node holds; undefined when there is none. */
  async get(path: string): Promise<ZooKeeperNode | undefined> {
    try {
      return await this.#call<ZooKeeperNode>((client, done) =>
        client.getData(path, (error, data: Buffer | undefined, stat) => {
          if (error) done(error, { data: Buffer.alloc(0), version: 0 });
          else done(null, { data: data ?? Buffer.alloc(0), version: stat.version });
        }),
      );
    } catch (error) {
      if (error instanceof ZooKeeperRefused && error.reason === "no_node") return undefined;
      throw error;
    }
  }

  /** Makes a node that stays. */
  async create(path: string, access: ZooKeeperAccess): Promise<void> {
    await this.#call<string>((client, done) => client.create(path, accessList(access), CreateMode.PERSISTENT, done));
  }

  /** Makes a node that goes with the session, with the next number of its directory behind `path`; its whole path. */
  async createMember(path: string, data: Buffer, access: ZooKeeperAccess): Promise<string> {
    const mode = CreateMode.EPHEMERAL_SEQUENTIAL;
    return this.#call<string>((client, done) => client.create(path, data, accessList(access), mode, done));
  }

  async set(path: string, data: Buffer): Promise<void> {
    await this.#call<Stat>((client, done) => client.setData(path, data, done));
  }

  async remove(path: string): Promise<void> {
    await this.#call<void>((client, done) => client.remove(path, (error) => done(error, undefined)));
  }

  /** Carries all operations out, or none. */
  async multi(operations: readonly ZooKeeperOperation[]): Promise<ZooKeeperOutcome> {
    return this.#call<ZooKeeperOutcome>((client, done) => {
      const transaction = client.transaction();
      for (const operation of operations) {
        const { path } = operation;
        if (operation.op === "check") transaction.check(path);
        else if (operation.op === "remove") transaction.remove(path);
        else if (operation.op === "set") transaction.setData(path, operation.data, operation.version);
        else transaction.create(path, operation.data, accessList(operation.access));
      }
      transaction.commit((error, results: unknown) => {
        // A failed multi has results; without them the call itself failed.
        const outcome = Array.isArray(results) ? outcomeOf(results, error) : undefined;
        if (outcome === undefined) done(error ?? new Error("an answer without results"), { failed: 0 });
        else done(null, outcome);
      });
    });
  }

  /** Ends the session, and with it everything ephemeral that it made, as far as a server can be told. */
  close(): void {
    if (this.#ended) return;
    this.#end();
    this.#client.close();
    // A server that does not answer would keep the connection, and the process, for ever.
    setTimeout(() => breakConnection(this.#client), farewellMs).unref();
  }

  /** Runs one call; every failure is one of failure.ts. */
  async #call<T>(work: (client: Client, done: Callback<T>) => void): Promise<T> {
    let late = this.#late();
    try {
      await this.#connection(late.promise);
      // A connection takes an answer as well: with one time for both a slow server could never be reached.
      late.cancel();
      late = this.#late();
      if (this.#ended) throw Object.assign(new Error("the session has ended"), { code: Exception.SESSION_EXPIRED });
      const answer = new Promise<T>((resolve, reject) => {
        work(this.#client, (error, result) => {
          // The library's errors inherit from Error without being made by it.
          if (error !== null && error !== undefined) reject(error);
          else resolve(result);
        });
      });
      answer.catch(() => {});
      return await Promise.race([answer, late.promise]);
    } catch (error) {
      throw failureOf(codeOf(error), this.where, messageOf(error), error);
    } finally {
      late.cancel();
    }
  }

  /** Breaks the connection and rejects when `timeoutMs` have passed. */
  #late(): { readonly promise: Promise<never>; cancel(): void } {
    const { timeoutMs } = this.#options;
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {});
    const timer = setTimeout(() => {
      breakConnection(this.#client);
      reject(new Error(`no answer within ${timeoutMs} ms${this.#failure === "" ? "" : ` (${this.#failure})`}`));
    }, timeoutMs);
    return { promise, cancel: () => clearTimeout(timer) };
  }

  #end(): void {
    this.#ended = true;
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }

  /** Resolves when connected or ended; rejects with `late`. */
  async #connection(late: Promise<unknown>): Promise<void> {
    if (this.#ended || this.#client.getState() === State.SYNC_CONNECTED) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    try {
      await Promise.race([promise, late]);
    } finally {
      this.#waiting.delete(resolve);
    }
  }
}

const accessList = (access: ZooKeeperAccess): ACL[] =>
  access === "everybody" ? zookeeper.ACL.OPEN_ACL_UNSAFE : zookeeper.ACL.CREATOR_ALL_ACL;

function codeOf(error: unknown): number | undefined {
  const code: unknown = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "number" ? code : undefined;
}

/**
 * Of the results of a multi. In one that failed, those before the failing operation say OK and those after it
 * "inconsistency". Undefined for a right that is missing: it concerns the whole path, not one operation.
 */
function outcomeOf(results: readonly unknown[], error: object | null): ZooKeeperOutcome | undefined {
  if (error === null || error === undefined) return { versions: results.flatMap(versionOf) };
  const codes = results.map((result) => field(result, "err"));
  const failed = codes.findIndex(
    (code) => code !== undefined && code !== Exception.OK && code !== Exception.RUNTIME_INCONSISTENCY,
  );
  return codes[failed] === Exception.NO_AUTH ? undefined : { failed };
}

function versionOf(result: unknown): readonly number[] {
  const stat = field(result, "stat");
  const version = field(stat, "version");
  return typeof version === "number" ? [version] : [];
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}
