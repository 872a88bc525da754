// One session with ZooKeeper over node-zookeeper-client. It adds to that library: promises, a deadline for every call,
// leaving a server that is connected but silent, and no request before the authentication. No other package imports the
// library. An ended session stays ended; a caller that needs another one makes it.
import { messageOf } from "@cke/foundation";
import zookeeper, { type ACL, type Client, type Stat } from "node-zookeeper-client";
import { failureOf, ZooKeeperRefused } from "./failure.ts";
import { breakConnection, mendLibrary } from "./library-faults.ts";

declare module "node-zookeeper-client" {
  /** The library's class has these lists, but its types leave them out. */
  namespace ACL {
    const OPEN_ACL_UNSAFE: ACL[];
    const CREATOR_ALL_ACL: ACL[];
  }
}

export interface ZooKeeperSessionOptions {
  /** `host:port`. */
  readonly servers: readonly string[];
  readonly sessionMs: number;
  /** Milliseconds for one call, and as many for the connection before it. */
  readonly timeoutMs: number;
  readonly auth?: { readonly user: string; readonly password: string };
  /** Called whenever a connection is lost or refused, perhaps twice. The session may go on at another server. */
  readonly disconnected?: () => void;
}

/** Who may read and change a node. */
export type ZooKeeperAccess = "everybody" | "creator";

export interface ZooKeeperNode {
  readonly data: Buffer;
  readonly version: number;
}

export type ZooKeeperOperation =
  | { readonly op: "check"; readonly path: string }
  | { readonly op: "create"; readonly path: string; readonly data: Buffer; readonly access: ZooKeeperAccess }
  /** `version`: the expected version of the node. It cannot be 0, which the library takes for "any". */
  | { readonly op: "set"; readonly path: string; readonly data: Buffer; readonly version?: number }
  | { readonly op: "remove"; readonly path: string };

/** All operations were carried out, or none. `failed` is the index of the operation that was refused. */
export type ZooKeeperOutcome =
  /** New versions of the nodes that were set, in their order. */
  { readonly versions: readonly number[]; readonly failed?: undefined } | { readonly failed: number };

type Callback<T> = (error: object | null | undefined, result: T) => void;

const { CreateMode, Exception, State } = zookeeper;
const farewellMs = 1_000;

export class ZooKeeperSession {
  readonly #options: ZooKeeperSessionOptions;
  readonly #client: Client;
  #ended = false;
  /** Why there is no connection, as far as a socket reported it. */
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

  /** True when the session has expired or was closed. No call can succeed any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Milliseconds after which the server ends a silent session; known once connected. */
  get timeoutMs(): number {
    return this.#client.getSessionTimeout();
  }

  /** Resolves when there is a connection. Rejects like every call. */
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

  /** The data and the version of a node; undefined when there is none. */
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

  /** Makes a persistent node. */
  async create(path: string, access: ZooKeeperAccess): Promise<void> {
    await this.#call<string>((client, done) => client.create(path, accessList(access), CreateMode.PERSISTENT, done));
  }

  /** Makes an ephemeral sequential node and returns its whole path: ZooKeeper adds a number to `path`. */
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

  /** Carries out all operations or none. */
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
        // A refused multi has results; without results the call itself failed.
        const outcome = Array.isArray(results) ? outcomeOf(results, error) : undefined;
        if (outcome === undefined) done(error ?? new Error("an answer without results"), { failed: 0 });
        else done(null, outcome);
      });
    });
  }

  /** Ends the session. ZooKeeper then removes its ephemeral nodes, if the server still answers. */
  close(): void {
    if (this.#ended) return;
    this.#end();
    this.#client.close();
    // A server that does not answer would keep the connection, and with it the process, for ever.
    setTimeout(() => breakConnection(this.#client), farewellMs).unref();
  }

  /** Runs one call. Every failure is one of failure.ts. */
  async #call<T>(work: (client: Client, done: Callback<T>) => void): Promise<T> {
    let late = this.#late();
    try {
      await this.#connection(late.promise);
      // The connection may need as long as a call. With one deadline for both, a slow server could never be reached.
      late.cancel();
      late = this.#late();
      if (this.#ended) throw Object.assign(new Error("the session has ended"), { code: Exception.SESSION_EXPIRED });
      const answer = new Promise<T>((resolve, reject) => {
        work(this.#client, (error, result) => {
          // The library's errors inherit from Error, but its constructor did not make them.
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

  /** Breaks the connection and rejects after `timeoutMs`. */
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
 * The outcome of a multi from its results. When it was refused, results before the refused operation say OK, and those
 * after it say "inconsistency". Undefined when the user has no right: that concerns the path, not one operation.
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
