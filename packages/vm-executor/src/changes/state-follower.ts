// Lets a guest that runs follow what the scheduler wants of it, one change after the other. What fails for a while is tried again;
// what the guest refuses waits for its next start.
import { Backoff, type Clock, type Logger, messageOf } from "@cke/foundation";
import type { VmDefinition } from "@cke/protocol";
import type { RunningGuest } from "../domain/running-guest.ts";
import { type Account, withinAccount } from "../limits/account.ts";
import { definitionChanges, type LiveStep } from "./definition-changes.ts";
import { type LiveChangeParts, makeChange, RefusedChange } from "./live-changes.ts";

export interface WantedState {
  /** "" of the launch itself. */
  readonly version: string;
  readonly definition: VmDefinition;
  readonly paused: boolean;
}

export interface StateFollowerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of the guest that runs; undefined while none does. */
  readonly parts: () => LiveChangeParts | undefined;
  readonly guest: () => RunningGuest | undefined;
  readonly changed: (guest: RunningGuest) => void;
  /** Version, `atNextStart` or `problem` have changed. */
  readonly onNews: () => void;
  /** A line for the VM's log. */
  readonly tell: (words: string) => void;
  /** What Mesos accounts for the VM: nothing that is followed is more. */
  readonly account: Account;
  readonly signal: AbortSignal;
}

export class StateFollower {
  readonly #options: StateFollowerOptions;
  #wanted: WantedState;
  /** Fields of it that Mesos has not accounted for. */
  #held: readonly string[] = [];
  /** Fields that the guest has refused to change while it runs, for the present wish. */
  readonly #refused = new Set<string>();
  #pausedVersion = "";
  #running: Promise<void> | undefined;
  #again = false;
  #version = "";
  #atNextStart: readonly string[] = [];
  #problem = "";

  constructor(options: StateFollowerOptions, wanted: WantedState) {
    this.#options = options;
    this.#wanted = this.#within(wanted);
  }

  get wanted(): WantedState {
    return this.#wanted;
  }

  /** Version of the state that the guest follows; "" for that of the launch. */
  get version(): string {
    return this.#version;
  }

  get atNextStart(): readonly string[] {
    return this.#atNextStart;
  }

  /** Why a later state is not followed yet, in words. */
  get problem(): string {
    return this.#problem;
  }

  /** From now on it is to be so. The same version again changes nothing. */
  want(state: WantedState): void {
    if (state.version === this.#wanted.version && state.version !== "") return;
    this.#wanted = this.#within(state);
    this.#refused.clear();
    this.follow();
  }

  /** A guest was started with this state: all of it is followed. What was wanted since then follows now. */
  started(state: WantedState): void {
    this.#refused.clear();
    this.#pausedVersion = state.version;
    this.#news(state.version, this.#held, "");
    if (state !== this.#wanted) this.follow();
  }

  /** Compares and changes, in the background. */
  follow(): void {
    this.#again = true;
    this.#running ??= this.#loop().finally(() => {
      this.#running = undefined;
      // What was wanted after the last look of the loop.
      if (this.#again && !this.#options.signal.aborted) this.follow();
    });
  }

  /** Resolves when nothing is being changed. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #loop(): Promise<void> {
    const { clock, logger, signal } = this.#options;
    const backoff = new Backoff({ baseMs: 1_000, maxMs: 60_000 });
    while (this.#again && !signal.aborted) {
      this.#again = false;
      try {
        await this.#once();
        backoff.reset();
      } catch (error) {
        if (signal.aborted) return;
        const words = messageOf(error);
        logger.warning("the VM does not follow a change yet", { detail: words });
        this.#news(this.#version, this.#atNextStart, words);
        this.#again = true;
        await clock.sleep(backoff.next(), signal).catch(() => {});
      }
    }
  }

  async #once(): Promise<void> {
    const wanted = this.#wanted;
    const made = new Set<string>();
    for (;;) {
      const guest = this.#options.guest();
      const parts = this.#options.parts();
      // The next start takes what is wanted then.
      if (guest === undefined || parts === undefined || wanted !== this.#wanted) return;
      const { steps, atNextStart } = definitionChanges(guest.metadata.definition, wanted.definition);
      const open = steps.filter(({ field }) => !this.#refused.has(field));
      if (open.length === 0) {
        await this.#pause(wanted, guest, parts);
        this.#news(
          wanted.version,
          [...new Set([...atNextStart, ...this.#held, ...steps.map(({ field }) => field)])],
          "",
        );
        return;
      }
      for (const step of open) {
        // A change that is due again right after it was made is none that the guest follows.
        if (made.has(step.field)) this.#refuse(step.field, `${step.field}: the change had no effect`);
        else if (!(await this.#make(step, wanted, parts))) return;
      }
      for (const { field } of open) made.add(field);
    }
  }

  /** False when the guest is gone meanwhile, or something else is wanted. */
  async #make(step: LiveStep, wanted: WantedState, parts: LiveChangeParts): Promise<boolean> {
    const guest = this.#options.guest();
    if (guest === undefined || wanted !== this.#wanted) return false;
    try {
      this.#options.changed(await makeChange(step, guest, wanted.definition, parts));
    } catch (error) {
      if (!(error instanceof RefusedChange)) throw error;
      this.#refuse(step.field, error.message);
    }
    return true;
  }

  #within(state: WantedState): WantedState {
    const { definition, held } = withinAccount(state.definition, this.#options.account);
    this.#held = held;
    return { ...state, definition };
  }

  #refuse(field: string, words: string): void {
    this.#options.tell(`${words}; it follows with the next start`);
    this.#refused.add(field);
  }

  /** Once for each state: what an operator does by hand afterwards stays. */
  async #pause(
    { version, paused }: WantedState,
    { domain }: RunningGuest,
    { hypervisor, work: { signal } }: LiveChangeParts,
  ) {
    if (version === "" || version === this.#pausedVersion) return;
    const { state, reason } = await hypervisor.domains.state(domain, { signal });
    if (paused && state === "running") await hypervisor.domains.suspend(domain, { signal });
    if (!paused && state === "paused" && (reason === "user" || reason === "unknown"))
      await hypervisor.domains.resume(domain, { signal });
    this.#pausedVersion = version;
  }

  #news(version: string, atNextStart: readonly string[], problem: string): void {
    const unchanged =
      version === this.#version && problem === this.#problem && atNextStart.join() === this.#atNextStart.join();
    this.#version = version;
    this.#atNextStart = atNextStart;
    this.#problem = problem;
    if (!unchanged) this.#options.onNews();
  }
}
