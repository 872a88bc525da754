// What follows from each look at a guest: a report, an attempt to go on, a start by the VM's policy, or its end.
import { Backoff, CkeError, type Logger, messageOf } from "@cke/foundation";
import type { WantedState } from "../changes/state-follower.ts";
import { hasLeft } from "../host/move-notes.ts";
import type { VmPlace } from "../ports/vm-place.ts";
import { afterEnd, type EndCause, type GuestHistory, type GuestSight, guestState } from "../state/guest-state.ts";
import type { GuestStart } from "./guest-start.ts";
import type { GuestWatch } from "./guest-watch.ts";
import type { MachineRecord } from "./machine-record.ts";
import { asFailure } from "./start-failure.ts";
import { VmFailure } from "./vm-failure.ts";
import type { VmListener, VmParts } from "./vm-parts.ts";

export interface GuestSupervisorOptions {
  readonly parts: Pick<VmParts, "clock" | "host" | "tell"> & { readonly logger: Logger };
  readonly place: VmPlace;
  readonly record: MachineRecord;
  readonly start: GuestStart;
  readonly wanted: () => WantedState;
  /** Undefined before the guest was found or started. */
  readonly watch: () => Pick<GuestWatch, "forget" | "isHeld"> | undefined;
  /** A guest was started with this state. */
  readonly onStarted: (state: WantedState) => void;
  readonly listener: VmListener;
  /** Ends everything that watches the VM. */
  readonly end: AbortController;
}

/** A guest that has run so long has got over what ended it before. */
const steadyMs = 300_000;
const measureMs = 60_000;
const resumeMs = 10_000;

export class GuestSupervisor {
  readonly #options: GuestSupervisorOptions;
  readonly #pauses = new Backoff({ baseMs: 2_000, maxMs: 300_000 });
  #restarts = 0;
  #resumedAt = Number.NEGATIVE_INFINITY;
  #measuredAt = Number.NEGATIVE_INFINITY;

  constructor(options: GuestSupervisorOptions) {
    this.#options = options;
  }

  /** The next look measures too. */
  measureSoon(): void {
    this.#measuredAt = Number.NEGATIVE_INFINITY;
  }

  async onSight(sight: GuestSight, history: GuestHistory): Promise<void> {
    const { record, parts, listener, wanted, start, end } = this.#options;
    const before = record.facts.sight;
    const moved = sight.state !== before?.state || sight.reason !== before.reason;
    record.change({ sight });
    const { pid } = record;
    const outOfMemory = sight.reason === "crashed" && pid !== undefined && (await parts.host.ranOutOfMemory(pid));
    const state = guestState(sight, { ...history, outOfMemory });
    switch (state.kind) {
      case "ended":
        return await this.#ended(state.cause, state.words);
      case "trouble":
        listener.running(false, state.words, state.cause);
        if (state.cause !== "watchdog") await this.#tryToResume();
        return;
      case "paused":
        listener.running(wanted().paused, state.words, "");
        break;
      case "runs":
        if (await this.#staysBehind(sight)) return;
        listener.running(true, "", "");
    }
    if (!moved && parts.clock.monotonic() - this.#measuredAt < measureMs) return;
    this.#measuredAt = parts.clock.monotonic();
    // Apart from the looks: an agent that hangs must not keep the end of its guest from being seen.
    void start.measure(end.signal).then(
      () => end.signal.aborted || listener.changed(),
      (error: unknown) => parts.logger.debug("the guest was not measured", { detail: messageOf(error) }),
    );
  }

  /** A move has paused the guest, and nothing is left of that move: it goes on. True while it does not. */
  async #staysBehind({ state, reason }: GuestSight): Promise<boolean> {
    const { record, parts, place, watch, listener } = this.#options;
    if (state !== "paused" || reason !== "migration" || record.opened === undefined) return false;
    if (await hasLeft(parts.host, place)) return false;
    try {
      await record.opened.domain.goOn(() => watch()?.isHeld !== true);
      return false;
    } catch (error) {
      const words = `the guest stands still since a move that has ended: ${messageOf(error)}; it is tried again`;
      listener.running(false, words, "guest_paused");
      return true;
    }
  }

  /** A guest that was paused by an I/O error repeats what failed when it goes on. */
  async #tryToResume(): Promise<void> {
    const { record, parts, place, end } = this.#options;
    const now = parts.clock.monotonic();
    if (record.guest === undefined || record.opened === undefined || now - this.#resumedAt < resumeMs) return;
    this.#resumedAt = now;
    try {
      if (await hasLeft(parts.host, place)) return;
      await record.opened.hypervisor.domains.resume(record.guest.domain, { signal: end.signal });
    } catch (error) {
      parts.logger.debug("the guest does not go on yet", { detail: messageOf(error) });
    }
  }

  async #ended(cause: EndCause, words: string): Promise<void> {
    const { record, parts, listener, wanted, start, watch, onStarted, end } = this.#options;
    const { signal } = end;
    record.over();
    watch()?.forget();
    const next = afterEnd(cause, wanted().definition.restart?.policy ?? "", record.shutdownAsked);
    if (next !== "restart") {
      end.abort(new CkeError("guest_ended", words));
      listener.over(next === "finished" ? undefined : new VmFailure(cause, words), words);
      return;
    }
    const { clock, tell } = parts;
    if (clock.now() - record.facts.startedAtMs > steadyMs) this.#pauses.reset();
    this.#restarts += 1;
    const waitMs = this.#pauses.next();
    const again = `${words}; it starts again in ${Math.ceil(waitMs / 1_000)} s (restart ${this.#restarts})`;
    tell("warning", again);
    listener.running(false, again, cause);
    const state = wanted();
    try {
      await clock.sleep(waitMs, signal);
      await start.start(state, true, signal);
    } catch (error) {
      if (signal.aborted) return;
      const failure = asFailure(error);
      end.abort(failure);
      listener.over(failure, `${words}, and could not be started again: ${failure.message}`);
      return;
    }
    onStarted(state);
    listener.began(`restarted, because ${words}`);
  }
}
