// A lock between processes of one host, on a file. The lock is held by a child (flock of util-linux, whose file description has the
// lock) that ends with its stdin: the kernel closes that when this process dies, in whatever way, so that a lock never outlives
// its owner and needs no clean-up.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { rm, stat } from "node:fs/promises";
import type { Readable, Writable } from "node:stream";
import { CkeError } from "@cke/foundation";
import { isMissing } from "./file-errors.ts";

export interface LockWish {
  readonly signal: AbortSignal;
  /** Called once when another process has the lock. */
  readonly onWait?: () => void;
}

type Holder = ChildProcessByStdio<Writable, Readable, null>;

export class HostLock {
  readonly #path: string;
  readonly #holder: Holder;
  readonly #lost = new AbortController();
  #released = false;

  private constructor(holder: Holder, path: string) {
    this.#path = path;
    this.#holder = holder;
    const lose = () => {
      if (!this.#released)
        this.#lost.abort(new CkeError("lock_lost", `the lock on ${path} was lost: its holder was killed`));
    };
    // It may have been killed since it had the lock.
    if (hasEnded(holder)) lose();
    else holder.once("exit", lose);
  }

  /** Waits for the lock, however long; `signal` ends that. The file is made; it never has a content. Throws CkeError. */
  static async acquire(path: string, { signal, onWait }: LockWish): Promise<HostLock> {
    const free = await HostLock.tryAcquire(path, signal);
    if (free !== undefined) return free;
    onWait?.();
    for (;;) {
      const holder = await hold(path, [], signal);
      if (holder === undefined)
        throw new CkeError("lock_failed", `${path} cannot be locked: is its directory writable?`);
      if (await isOf(holder, path)) return new HostLock(holder, path);
      await end(holder);
    }
  }

  /** undefined when another process has it. */
  static async tryAcquire(path: string, signal: AbortSignal): Promise<HostLock | undefined> {
    for (;;) {
      const holder = await hold(path, ["--nonblock"], signal);
      if (holder === undefined) return undefined;
      if (await isOf(holder, path)) return new HostLock(holder, path);
      await end(holder);
    }
  }

  /** Aborted if the lock is lost before it is released: what it guards must end then. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Resolves when another process can have it. `remove`: the file goes too; who waits for it makes a new one. */
  async release({ remove = false }: { readonly remove?: boolean } = {}): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    if (remove && !this.#lost.signal.aborted) await rm(this.#path, { force: true });
    await end(this.#holder);
  }
}

const hasEnded = ({ exitCode, signalCode }: Holder) => exitCode !== null || signalCode !== null;

async function end(holder: Holder): Promise<void> {
  if (hasEnded(holder)) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  holder.once("exit", () => resolve());
  holder.kill("SIGKILL");
  await promise;
}

/** False when the file that is locked has been removed since it was opened: the lock is of no use then. */
async function isOf(holder: Holder, path: string): Promise<boolean> {
  try {
    // flock opens it as the first descriptor after the standard ones.
    const [held, named] = await Promise.all([stat(`/proc/${holder.pid}/fd/3`), stat(path)]);
    return held.ino === named.ino && held.dev === named.dev;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** The child once it has the lock: it echoes what it is sent. undefined when it does not get it. */
async function hold(path: string, flags: readonly string[], signal: AbortSignal): Promise<Holder | undefined> {
  signal.throwIfAborted();
  const args = ["--exclusive", "--no-fork", ...flags, path, "cat"];
  const holder = spawn("flock", args, { stdio: ["pipe", "pipe", "ignore"] });
  const { promise, resolve, reject } = Promise.withResolvers<Holder | undefined>();
  const giveUp = () => reject(signal.reason);
  holder.once("error", (cause) => {
    const words = `flock cannot be run (${cause.message}); install util-linux`;
    reject(new CkeError("lock_failed", words, { cause }));
  });
  holder.once("exit", () => resolve(undefined));
  holder.stdin.on("error", () => {}); // the child has ended
  holder.stdout.once("data", () => resolve(holder));
  signal.addEventListener("abort", giveUp, { once: true });
  holder.stdin.write("held\n");
  try {
    return await promise;
  } catch (error) {
    if (holder.pid !== undefined) await end(holder);
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
