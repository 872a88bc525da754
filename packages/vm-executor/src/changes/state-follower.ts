// Lets a guest that runs follow what the scheduler wants of it, one change after the other. What fails for a while is tried again and
// holds up nothing else; what the guest refuses waits for its next start.
import { Backoff, CkeError, type Clock, type Logger, messageOf } from "@cke/foundation";
import { LibvirtConnectionError } from "@cke/libvirt";
import type { VmDefinition } from "@cke/protocol";
import type { RunningGuest } from "../domain/running-guest.ts";
import { type Account, withinAccount } from "../limits/accounted-resources.ts";
import { definitionChanges, type LiveStep } from "./definition-changes.ts";
import { deviceHeld, type LiveChangeParts, makeChange, RefusedChange } from "./live-changes.ts";
import { waitsFor } from "./step-order.ts";

/** A guest that is starved, or still boots, may take minutes for a device: with the pauses between the attempts these are some twelve. */
const mostAsked = 12;

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
  /** Another host has the guest, or may have it: it does not go on here. */
  readonly away: () => Promise<boolean>;
  readonly changed: (guest: RunningGuest) => void;
  /** Version, `atNextStart` or `problem` have changed. */
  readonly onNews: () => void;
  /** A line for the VM's log. */
  readonly tell: (words: string) => void;
  /** What Mesos accounts for the VM: nothing that is followed is more. */
  readonly account: Account;
  readonly signal: AbortSignal;
}

/** How far the guest is from what is wanted of it, as it is reported. */
export interface FollowedState {
  /** Of the state that the guest follows; "" for that of the launch. */
  readonly version: string;
  /** Of the state that the rest is about. */
  readonly tried: string;
  readonly atNextStart: readonly string[];
  /** Why parts of it are not followed yet, in words. */
  readonly problem: string;
}

interface FailedStep {
  readonly step: LiveStep;
  /** "" of one that waits for another one. */
  readonly words: string;
}

export class StateFollower {
  readonly #options: StateFollowerOptions;
  #wanted: WantedState;
  /** Fields of it that Mesos has not accounted for. */
  #held: readonly string[] = [];
  /** Fields that the guest has refused to change while it runs, for the present wish. */
  readonly #refused = new Set<string>();
  /** How often the guest was asked for a device of that field in vain, for the present wish. */
  readonly #asked = new Map<string, number>();
  #pausedVersion = "";
  #running: Promise<void> | undefined;
  #again = false;
  /** Ends what waits for the present wish, when another one comes. */
  #wake = new AbortController();
  #followed: FollowedState = { version: "", tried: "", atNextStart: [], problem: "" };

  constructor(options: StateFollowerOptions, wanted: WantedState) {
    this.#options = options;
    this.#wanted = this.#within(wanted);
  }

  get wanted(): WantedState {
    return this.#wanted;
  }

  get followed(): FollowedState {
    return this.#followed;
  }

  /** From now on it is to be so. The same version again changes nothing. */
  want(state: WantedState): void {
    if (state.version === this.#wanted.version && state.version !== "") return;
    this.#wanted = this.#within(state);
    this.#refused.clear();
    this.#asked.clear();
    // What failed of the wish before holds up nothing of this one.
    this.#wake.abort();
    this.follow();
  }

  /** A guest was started with this state: all of it is followed. What was wanted since then follows now. */
  started(state: WantedState): void {
    this.#refused.clear();
    this.#pausedVersion = state.version;
    this.#news({ version: state.version, tried: state.version, atNextStart: this.#held, problem: "" });
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
      this.#wake = new AbortController();
      const wanted = this.#wanted;
      const problem = await this.#once(wanted).catch((error: unknown) => {
        if (wanted === this.#wanted && !signal.aborted)
          this.#news({ ...this.#followed, tried: wanted.version, problem: messageOf(error) });
        return messageOf(error);
      });
      if (problem === "" || wanted !== this.#wanted) {
        backoff.reset();
        continue;
      }
      if (signal.aborted) return;
      logger.warning("the VM does not follow a change yet", { detail: problem });
      this.#again = true;
      await clock.sleep(backoff.next(), AbortSignal.any([signal, this.#wake.signal])).catch(() => {});
    }
  }

  /** Makes what can be made now. Resolves to why the rest cannot, in words. Throws when the daemon cannot be asked. */
  async #once(wanted: WantedState): Promise<string> {
    const made = new Set<string>();
    const failed = new Map<string, FailedStep>();
    for (;;) {
      const guest = this.#options.guest();
      const parts = this.#options.parts();
      // The next start takes what is wanted then.
      if (guest === undefined || parts === undefined || wanted !== this.#wanted) return "";
      const { steps, atNextStart } = definitionChanges(guest.metadata.definition, wanted.definition);
      // Limits are written once: while the guest refuses its memory, they are due each time.
      const open = steps.filter(
        ({ kind, field }) => !this.#refused.has(field) && !failed.has(field) && !(kind === "limits" && made.has(field)),
      );
      if (open.length === 0) {
        const refused = steps.flatMap(({ field }) => (this.#refused.has(field) ? [field] : []));
        const later = [...new Set([...atNextStart, ...this.#held, ...refused])];
        return await this.#end(wanted, guest, parts, later, failed);
      }
      for (const step of open) {
        // A change that is due again right after it was made is none that the guest follows.
        if (made.has(step.field)) this.#refuse(step.field, `${step.field}: the change had no effect`);
        else if (!(await this.#make(step, wanted, parts, failed))) return "";
      }
      for (const { field } of open) made.add(field);
    }
  }

  /** False when the guest is gone meanwhile, or something else is wanted. */
  async #make(
    step: LiveStep,
    wanted: WantedState,
    parts: LiveChangeParts,
    failed: Map<string, FailedStep>,
  ): Promise<boolean> {
    const guest = this.#options.guest();
    if (guest === undefined || wanted !== this.#wanted) return false;
    const failedSteps = [...failed.values()].map((one) => one.step);
    if (waitsFor(step, failedSteps)) {
      failed.set(step.field, { step, words: "" });
      return true;
    }
    try {
      this.#options.changed(await makeChange(step, guest, { ...wanted, superseded: this.#wake.signal }, parts));
    } catch (error) {
      if (error instanceof LibvirtConnectionError || this.#options.signal.aborted) throw error;
      if (error instanceof RefusedChange || this.#isKept(step.field, error)) this.#refuse(step.field, messageOf(error));
      else failed.set(step.field, { step, words: withField(step.field, messageOf(error)) });
    }
    return true;
  }

  /** True for a device that the guest has not given back, however often it was asked. */
  #isKept(field: string, error: unknown): boolean {
    if (!(error instanceof CkeError && error.code === deviceHeld)) return false;
    const asked = (this.#asked.get(field) ?? 0) + 1;
    this.#asked.set(field, asked);
    return asked >= mostAsked;
  }

  /** All was tried: the guest stands still or goes on, as is wanted, and the rest is told. */
  async #end(
    wanted: WantedState,
    guest: RunningGuest,
    parts: LiveChangeParts,
    atNextStart: readonly string[],
    failed: ReadonlyMap<string, FailedStep>,
  ): Promise<string> {
    await this.#pause(wanted, guest, parts);
    const problem = [...failed.values()].flatMap(({ words }) => (words === "" ? [] : [words])).join("; ");
    const version = problem === "" ? wanted.version : this.#followed.version;
    this.#news({ version, tried: wanted.version, atNextStart, problem });
    return problem;
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
    if (version === "" || version === this.#pausedVersion || (await this.#options.away())) return;
    const { state, reason } = await hypervisor.domains.state(domain, { signal });
    if (paused && state === "running") await hypervisor.domains.suspend(domain, { signal });
    if (!paused && state === "paused" && (reason === "user" || reason === "unknown"))
      await hypervisor.domains.resume(domain, { signal });
    this.#pausedVersion = version;
  }

  #news(next: FollowedState): void {
    const before = this.#followed;
    this.#followed = next;
    if (JSON.stringify(next) !== JSON.stringify(before)) this.#options.onNews();
  }
}

/** Words that name a field of their own keep it: a limit may wait for the memory. */
const withField = (field: string, words: string) =>
  words.startsWith(field) || /^[a-z]+\.[a-z_]+: /.test(words) ? words : `${field}: ${words}`;
