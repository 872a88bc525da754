// A guest that another host has, or may have: this executor starts none, and waits for word of where it runs.
import { readDeparture } from "../host/move-notes.ts";
import type { VmHost } from "../host/vm-host.ts";
import type { VmPlace } from "../ports/vm-place.ts";
import type { VmListener } from "./vm-parts.ts";

export const goneWords = "its guest runs on its new host; this executor ends with the move";
const leavingWords =
  "its guest was being handed to another host when this executor began: its move finds out where it runs, and nothing is started meanwhile";

export class Absence {
  readonly #host: Pick<VmHost, "readNote" | "writeNote">;
  readonly #place: VmPlace;
  readonly #back = Promise.withResolvers<void>();

  constructor(host: Pick<VmHost, "readNote" | "writeNote">, place: VmPlace) {
    this.#host = host;
    this.#place = place;
  }

  /** False when the guest is this host's. Else it resolves to true as soon as it is known to go on here. Throws the signal's reason. */
  async wait(listener: Pick<VmListener, "running">, signal: AbortSignal): Promise<boolean> {
    const note = await readDeparture(this.#host, this.#place);
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

  /** The guest goes on here. */
  over(): void {
    this.#back.resolve();
  }
}
