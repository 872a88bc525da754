// A guest that another host has, or may have: this executor starts none, and waits for word of where it runs.
import type { WantedState } from "../changes/state-follower.ts";
import { readDeparture } from "../host/move-notes.ts";
import type { VmHost } from "../host/vm-host.ts";
import type { VmPlace } from "../ports/vm-place.ts";
import type { GuestStart } from "./guest-start.ts";
import type { GuestWatch } from "./guest-watch.ts";
import type { MachineRecord } from "./machine-record.ts";
import type { VmListener } from "./vm-parts.ts";

const goneWords = "its guest runs on its new host; this executor ends with the move";
const leavingWords =
  "its guest was being handed to another host when this executor began: its move finds out where it runs, and nothing is started meanwhile";

type HeldWatch = Pick<GuestWatch, "hold" | "release">;

export interface AbsenceParts {
  readonly host: Pick<VmHost, "readNote" | "writeNote">;
  readonly place: VmPlace;
  readonly record: MachineRecord;
  readonly listener: VmListener;
  readonly start: Pick<GuestStart, "start">;
  /** Takes over a guest of this VM that runs here already. False when none does. */
  readonly adopt: () => Promise<boolean>;
  readonly wanted: () => WantedState;
  /** A guest was started with this state. */
  readonly onStarted: (state: WantedState) => void;
  /** Undefined before the guest was found or started. */
  readonly watch: () => HeldWatch | undefined;
  readonly signal: AbortSignal;
}

export class Absence {
  readonly #parts: AbsenceParts;
  readonly #back = Promise.withResolvers<void>();
  /** The launch has got past `wait`. Before that it alone starts the guest, or takes it over. */
  #launched = false;
  #isBack = false;
  /** The guest has left while this executor ran it. */
  #departed = false;
  #held: HeldWatch | undefined;
  /** Never rejects. */
  #work = Promise.resolve();

  constructor(parts: AbsenceParts) {
    this.#parts = parts;
  }

  /** It is known in this process that another host has the guest. */
  get hasDeparted(): boolean {
    return this.#departed;
  }

  /** False when the guest is this host's. Else it resolves to true as soon as it is known to go on here. Throws the signal's reason. */
  async wait(): Promise<boolean> {
    const { host, place, listener, signal } = this.#parts;
    const note = await readDeparture(host, place);
    if (note === undefined || note.kind === "stays") {
      this.#launched = true;
      // What the launch has seen may be of the time before.
      return this.#isBack;
    }
    const gone = note.kind === "gone";
    listener.running(gone, gone ? goneWords : leavingWords, gone ? "" : "guest_away");
    const { promise, reject } = Promise.withResolvers<never>();
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    try {
      signal.throwIfAborted();
      await Promise.race([this.#back.promise, promise]);
      this.#launched = true;
      return true;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Another host has the guest: nothing of it is watched or started here any more. */
  departed(): void {
    const { watch, record, listener } = this.#parts;
    if (!this.#departed) {
      this.#held = watch();
      this.#held?.hold();
    }
    this.#departed = true;
    record.over();
    listener.running(true, goneWords, "");
  }

  /**
   * The guest is this host's again, as is noted already: one that was away when this executor began goes on, one that has departed is
   * started from its disks, unless it runs already. One after the other. Nothing to do is no error. Throws VmFailure.
   */
  async over(): Promise<void> {
    const work = this.#work.then(async () => await this.#over());
    this.#work = work.catch(() => {});
    await work;
  }

  /** Resolves when nothing is started any more. */
  async settled(): Promise<void> {
    await this.#work;
  }

  async #over(): Promise<void> {
    const { start, adopt, wanted, onStarted, listener, signal } = this.#parts;
    signal.throwIfAborted();
    this.#isBack = true;
    this.#back.resolve();
    if (!this.#departed) return;
    if (!this.#launched) {
      this.#isHere();
      return;
    }
    if (await adopt()) {
      this.#isHere();
      listener.began("taken over again, because its new host is lost");
      return;
    }
    const state = wanted();
    await start.start(state, true, signal);
    onStarted(state);
    this.#isHere();
    listener.began("started, because its new host is lost");
  }

  #isHere(): void {
    this.#departed = false;
    this.#held?.release();
    this.#held = undefined;
  }
}
