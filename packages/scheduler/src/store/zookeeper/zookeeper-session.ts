// One session with ZooKeeper over node-zookeeper-client, and what is needed around that library: deadlines, giving up on
// a server that is connected but silent, and never queueing a request before the authentication (see
// docs/decisions/etcd-and-zookeeper-clients.md).
import { messageOf } from "@cke/foundation";
import { breakZooKeeperConnection, tameZooKeeperClient } from "@cke/mesos/zookeeper-client";
import zookeeper, { type Client } from "node-zookeeper-client";
import { StoreError } from "../store.ts";

export interface ZooKeeperSessionOptions {
  /** `host:port`. */
  readonly servers: readonly string[];
  readonly sessionMs: number;
  /** Milliseconds for one call, and for the connection that it may need before. */
  readonly timeoutMs: number;
  readonly auth?: { readonly user: string; readonly password: string };
}

/** An answer of ZooKeeper that is an error, by its code. */
export class ZooKeeperFailure extends Error {
  readonly code: number;

  constructor(code: number, words: string) {
    super(words);
    this.code = code;
  }
}

type Callback<T> = (error: Error | zookeeper.Exception | null, result: T) => void;

const { Exception, State } = zookeeper;
const passing: ReadonlySet<number> = new Set([Exception.CONNECTION_LOSS, Exception.OPERATION_TIMEOUT]);

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
    tameZooKeeperClient(this.#client, (error) => {
      this.#failure = messageOf(error);
    });
    if (options.auth !== undefined) {
      this.#client.addAuthInfo("digest", Buffer.from(`${options.auth.user}:${options.auth.password}`));
    }
    this.#client.on("state", (state) => {
      if (state === State.EXPIRED || state === State.AUTH_FAILED) this.#end();
    });
    this.#client.on("connected", () => {
      this.#failure = "";
      this.#tell();
    });
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

  /**
   * Runs one call. Rejects with a ZooKeeperFailure for an error in the answer, with `store_unavailable` when there is no
   * answer in time (the call may have been carried out), with `store_refused` for missing rights.
   */
  async call<T>(work: (client: Client, callback: Callback<T>) => void): Promise<T> {
    let late = this.#late();
    try {
      await this.#connected(late.promise);
      // A connection takes an answer as well: with one time for both a slow server could never be reached.
      late.cancel();
      late = this.#late();
      if (this.#ended) throw new ZooKeeperFailure(Exception.SESSION_EXPIRED, "the session has ended");
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
      throw this.#translate(error);
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
      breakZooKeeperConnection(this.#client);
      reject(new Error(`no answer within ${timeoutMs} ms${this.#failure === "" ? "" : ` (${this.#failure})`}`));
    }, timeoutMs);
    return { promise, cancel: () => clearTimeout(timer) };
  }

  /** Ends the session, and with it everything ephemeral that it made, as far as a server can be told. */
  close(): void {
    if (this.#ended) return;
    this.#end();
    this.#client.close();
    // A server that does not answer would keep the connection, and the process, for ever.
    setTimeout(() => breakZooKeeperConnection(this.#client), 1_000).unref();
  }

  #end(): void {
    this.#ended = true;
    this.#tell();
  }

  #tell(): void {
    for (const tell of this.#waiting) tell();
  }

  /** Resolves when connected or ended; rejects with `givenUp`. */
  async #connected(givenUp: Promise<unknown>): Promise<void> {
    if (this.#ended || this.#client.getState() === State.SYNC_CONNECTED) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    try {
      await Promise.race([promise, givenUp]);
    } finally {
      this.#waiting.delete(resolve);
    }
  }

  #translate(error: unknown): Error {
    if (error instanceof ZooKeeperFailure || error instanceof StoreError) return error;
    const code = codeOf(error);
    const words = `${this.where}: ${messageOf(error)}`;
    if (code === Exception.NO_AUTH || code === Exception.AUTH_FAILED || code === Exception.INVALID_ACL) {
      return foreign(words, error);
    }
    if (code === undefined || passing.has(code)) {
      return new StoreError("store_unavailable", `${this.where} does not answer: ${messageOf(error)}`, {
        cause: error,
      });
    }
    return new ZooKeeperFailure(code, words);
  }
}

/** What is said to who may not. */
export function foreign(words: string, cause: unknown): StoreError {
  const message = `${words}: the path belongs to another user; look at -storage_user and -storage_password_file`;
  return new StoreError("store_refused", message, { cause });
}

function codeOf(error: unknown): number | undefined {
  const code: unknown = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "number" ? code : undefined;
}
