// Work for which the guest of a VM is ended, and after which a guest runs again, whatever became of the work.
import { CkeError, type Clock } from "@cke/foundation";
import type { VmNic } from "@cke/protocol";
import type { Networks } from "../ports/networks.ts";
import type { PortWork, VmPlace } from "../ports/vm-place.ts";

export interface StoppedGuestParts {
  readonly networks: Pick<Networks, "check" | "prepare" | "releaseNic">;
  readonly clock: Clock;
  readonly place: VmPlace;
  readonly work: () => PortWork;
  /** Of the guest that runs. */
  readonly nics: () => readonly VmNic[];
  /** Nothing else acts on the guest, or looks at it, while the work lasts. */
  readonly held: (work: () => Promise<void>) => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Takes over the guest when one runs, and starts it else. */
  readonly goOn: () => Promise<void>;
  /** Aborted when the VM is let go: no guest is started any more. */
  readonly signal: AbortSignal;
}

export interface MemoryRevert {
  /** As they were at the snapshot. */
  readonly nics: readonly VmNic[];
  /** What is done while the guest runs still. */
  readonly ready: () => Promise<void>;
  /** Starts the guest in the state of the snapshot. */
  readonly revert: () => Promise<void>;
}

/** The state of a large guest is read from its disk. */
const settlesMs = 300_000;

export class StoppedGuest {
  readonly #parts: StoppedGuestParts;
  /** Never rejects. */
  #going: Promise<void> | undefined;

  constructor(parts: StoppedGuestParts) {
    this.#parts = parts;
  }

  /** Ends the guest, does the work, and starts the guest again, also when the work failed. Throws CkeError `vm_busy` while other such work lasts. */
  async whileStopped(work: () => Promise<void>): Promise<void> {
    await this.#alone(async () => {}, work);
  }

  /**
   * Ends the guest and takes over the one that `revert` starts. What can refuse while the guest runs is asked then, so that a refusal costs
   * nothing. When `revert` fails, a guest that runs all the same is taken over; else it is started from its disks. Throws CkeError `vm_busy`
   * while other such work lasts.
   */
  async whileReverted({ nics, ready, revert }: MemoryRevert): Promise<void> {
    const { networks, place, work, signal } = this.#parts;
    const before = async () => {
      await this.#tryNics(nics);
      signal.throwIfAborted();
      await ready();
    };
    await this.#alone(before, async () => {
      // Taps are where libvirt opens them only before a start.
      await networks.prepare(nics, place, work());
      signal.throwIfAborted();
      await revert();
    });
  }

  /**
   * Resolves when such work starts no guest any more; of a daemon that does not answer, after five minutes: whoever ends the guest then ends
   * its emulator, and the revert with it.
   */
  async settled(): Promise<void> {
    if (this.#going === undefined) return;
    const late = Promise.withResolvers<void>();
    const cancel = this.#parts.clock.after(settlesMs, late.resolve, { background: true });
    await Promise.race([this.#going, late.promise]);
    cancel();
  }

  async #alone(before: () => Promise<void>, work: () => Promise<void>): Promise<void> {
    if (this.#going !== undefined)
      throw new CkeError("vm_busy", "the VM goes back to a snapshot already: ask again when that is done", {
        retryable: true,
      });
    const going = this.#parts.held(async () => await this.#stopped(before, work));
    this.#going = going.catch(() => {});
    try {
      await going;
    } finally {
      this.#going = undefined;
    }
  }

  async #stopped(before: () => Promise<void>, work: () => Promise<void>): Promise<void> {
    const { stop, goOn, signal } = this.#parts;
    signal.throwIfAborted();
    await before();
    signal.throwIfAborted();
    try {
      await stop();
      await work();
    } catch (error) {
      await goOn();
      throw error;
    }
    await goOn();
  }

  /** Those of the snapshot. One that the guest has open is only looked at, and prepared when the guest has ended. */
  async #tryNics(nics: readonly VmNic[]): Promise<void> {
    const { networks, place, work } = this.#parts;
    const open = new Set(this.#parts.nics().map(({ name }) => name));
    const lacking = nics.filter(({ name }) => !open.has(name));
    await networks.check(
      nics.filter(({ name }) => open.has(name)),
      place,
      work(),
    );
    try {
      await networks.prepare(lacking, place, work());
    } catch (error) {
      for (const { name } of lacking) for (const left of await networks.releaseNic(name, place)) work().warn(left);
      throw error;
    }
  }
}
