// The lock of a VM's directory: one executor at a time prepares its disks and starts its guest. It is flock's, so that the kernel gives it
// to one of those who want it, and takes it from who has ended. QEMU's own locks of the images stand behind it.
import { open, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { CkeError, type Clock } from "@cke/foundation";
import { isMissing } from "../storage/file-errors.ts";
import { HostLock } from "../storage/host-lock.ts";
import { mayTake, Owner } from "./owner.ts";

export const ownerLockFile = "owner.lock";
const waitMs = 500;

export interface OwnerLockOptions {
  /** Of the VM; it exists. */
  readonly directory: string;
  readonly executorId: string;
  readonly clock: Clock;
}

export class OwnerLock {
  readonly #path: string;
  readonly #end = new AbortController();
  #lock: HostLock;
  #held = true;

  private constructor(path: string, lock: HostLock) {
    this.#path = path;
    this.#lock = lock;
    this.#keep(lock);
  }

  /** Waits for `patienceMs` for another executor to end, with `onWait` told which; then throws CkeError `vm_busy`. */
  static async take(
    { directory, executorId, clock }: OwnerLockOptions,
    patienceMs: number,
    onWait: (words: string) => void,
    signal: AbortSignal,
  ): Promise<OwnerLock> {
    const path = join(directory, ownerLockFile);
    const self = await thisProcess(executorId);
    const deadline = clock.monotonic() + patienceMs;
    for (;;) {
      const lock = await HostLock.tryAcquire(path, signal);
      const owner = await readOwner(path);
      if (lock !== undefined) {
        if (mayTake(owner, { self, startTimeNow: owner && (await startTime(owner.pid)) })) {
          await writeOwner(path, self);
          return new OwnerLock(path, lock);
        }
        await lock.release();
      }
      const who = owner === undefined ? "another executor" : `executor ${owner.executorId} (process ${owner.pid})`;
      const words = `${who} still has this VM on this host`;
      if (clock.monotonic() >= deadline)
        throw new CkeError("vm_busy", `${words}: end that process if it hangs`, { retryable: true });
      onWait(words);
      await clock.sleep(waitMs, signal);
    }
  }

  /** False while the lock is lost because its holder was killed: it is taken again as soon as it is free. */
  get held(): boolean {
    return this.#held;
  }

  async release(): Promise<void> {
    this.#end.abort();
    await this.#lock.release({ remove: this.#held });
  }

  /** The file stays with the owner in it: as long as this process runs, the next executor waits for its end. */
  abandon(): void {
    this.#end.abort();
    void this.#lock.release();
  }

  #keep(lock: HostLock): void {
    const again = () => {
      if (this.#end.signal.aborted) return;
      this.#held = false;
      HostLock.acquire(this.#path, { signal: this.#end.signal }).then(
        async (next) => {
          this.#lock = next;
          if (this.#end.signal.aborted) return await next.release();
          this.#held = true;
          this.#keep(next);
        },
        // It was released meanwhile, or cannot be had: nothing is started without it.
        () => {},
      );
    };
    lock.lost.addEventListener("abort", again, { once: true });
  }
}

/** In place: who waits for the lock has this very file. */
async function writeOwner(path: string, owner: Owner): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.truncate();
    await file.writeFile(JSON.stringify(owner));
  } finally {
    await file.close();
  }
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return Owner.parse(JSON.parse((await readFile(path, "utf8")).slice(0, 10_000)));
  } catch {
    // It is not there, or was never written whole.
    return undefined;
  }
}

async function thisProcess(executorId: string): Promise<Owner> {
  return {
    executorId: executorId.slice(0, 1_000),
    pid: process.pid,
    startTime: (await startTime(process.pid)) ?? "",
    bootId: (await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "")).trim(),
    pidNamespace: await readlink("/proc/self/ns/pid").catch(() => ""),
  };
}

async function startTime(pid: number): Promise<string | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    // The name of the program, in parentheses, may hold anything.
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19];
  } catch (error) {
    // ESRCH: it has ended between the opening and the reading.
    if (isMissing(error) || (error instanceof Error && "code" in error && error.code === "ESRCH")) return undefined;
    throw error;
  }
}
