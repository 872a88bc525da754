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

export interface AbsenceParts {
  readonly host: Pick<VmHost, "readNote" | "writeNote">;
  readonly place: VmPlace;
  readonly record: MachineRecord;
  readonly listener: VmListener;
  readonly start: Pick<GuestStart, "start">;
  readonly wanted: () => WantedState;
  /** A guest was started with this state. */
  readonly onStarted: (state: WantedState) => void;
  /** Undefined before the guest was found or started. */
  readonly watch: () => Pick<GuestWatch, "hold" | "release"> | undefined;
  readonly signal: AbortSignal;
}

export class Absence {
  readonly #parts: AbsenceParts;
  readonly #back = Promise.withResolvers<void>();
  /** The guest has left while this executor ran it. */
  #departed = false;

  constructor(parts: AbsenceParts) {
    this.#parts = parts;
  }

  /** False when the guest is this host's. Else it resolves to true as soon as it is known to go on here. Throws the signal's reason. */
  async wait(): Promise<boolean> {
    const { host, place, listener, signal } = this.#parts;
    const note = await readDeparture(host, place);
    if (note === undefined || note.kind === "stays") return false;
    const gone = note.kind === "gone";
    listener.running(gone, gone ? goneWords : leavingWords, gone ? "" : "guest_away");
    const { promise, reject } = Promise.withResolvers<never>();
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    try {
      signal.throwIfAborted();
      await Promise.race([this.#back.promise, promise]);
      return true;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Another host has the guest: nothing of it is watched or started here any more. */
  departed(): void {
    const { watch, record, listener } = this.#parts;
    if (!this.#departed) watch()?.hold();
    this.#departed = true;
    record.over();
    listener.running(true, goneWords, "");
  }

  /**
   * The guest is this host's again, as is noted already: one that was away when this executor began goes on, one that has departed is
   * started from its disks. Nothing to do is no error. Throws VmFailure.
   */
  async over(): Promise<void> {
    this.#back.resolve();
    if (!this.#departed) return;
    const { start, wanted, onStarted, watch, listener, signal } = this.#parts;
    const state = wanted();
    await start.start(state, true, signal);
    this.#departed = false;
    onStarted(state);
    watch()?.release();
    listener.began("started, because its new host is lost");
  }
}
