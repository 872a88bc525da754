// One scheduler among several: it follows, campaigns, leads for a term, and follows again. Everything that a leader
// needs is made anew for every term and dropped after it, so nothing of one term can act in another.
import { setMaxListeners } from "node:events";
import { CkeError, type Clock, type Logger, messageOf } from "@cke/foundation";
import type { Election, SchedulerAddress, Term } from "../store/election.ts";
import type { LeaderServices } from "./leader-services.ts";
import { LeaderWatch } from "./leader-watch.ts";
import type { Memory, Standing } from "./standing.ts";

/** What runs while this scheduler leads. */
export interface LeadersWork extends LeaderServices {
  /** Rejects when the work cannot go on. The caller must handle it. */
  readonly failed: Promise<never>;
  /** Stops the work: no call to Mesos follows, and every task goes on running. */
  stop(): Promise<void>;
}

export interface LeadershipOptions {
  readonly election: Election;
  readonly self: SchedulerAddress;
  /** Makes and starts what a leader needs over `term.store`; returns when the store is read. */
  readonly lead: (term: Term) => Promise<LeadersWork>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when the leadership is over, so that the streams that this leader served end. */
  readonly onStepDown?: () => void;
  /** Called when another leader than before is seen, or when this scheduler leads. */
  readonly onChange?: () => void;
  /** Longest time in which a former leader's work must end. After it the process must end. Default 10 s. */
  readonly stopMs?: number;
  /** Mesos may know of a new leader before the store says so. Longest wait for the store to say it. Default 2 s. */
  readonly settleMs?: number;
}

const retryMs = 1_000;

export class Leadership {
  readonly #options: LeadershipOptions;
  readonly #watch: LeaderWatch;
  readonly #stop = new AbortController();
  readonly #failed = Promise.withResolvers<never>();
  readonly #settled = Promise.withResolvers<void>();
  #leading: { readonly term: Term; readonly work: LeadersWork | undefined } | undefined;
  #memory: Memory | undefined;
  #running: Promise<void> | undefined;

  constructor(options: LeadershipOptions) {
    this.#options = options;
    const onChange = () => {
      if (this.#leading === undefined) this.#settled.resolve();
      options.onChange?.();
    };
    this.#watch = new LeaderWatch({ ...options, onChange }, () => this.#leading !== undefined);
    setMaxListeners(0, this.#stop.signal); // every term adds a listener
    this.#failed.promise.catch(() => undefined); // the caller of `failed` handles it; this keeps Node from reporting it as unhandled
  }

  /** Begins to campaign; returns at once. */
  start(): void {
    if (this.#running !== undefined) return;
    this.#watch.start();
    this.#running = this.#run().catch((error: unknown) => {
      this.#watch.stop();
      this.#failed.reject(error);
    });
  }

  /** Rejects when this scheduler can never work again. The message is for an operator. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Resolves as soon as the leader is known: this scheduler, with its store read, or another one. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  standing(): Standing {
    const leading = this.#leading;
    // Ask the term itself: it may be lost although `#serve` has not handled the loss yet.
    if (leading?.term.holds() === true) {
      if (leading.work === undefined) return { kind: "starting" };
      return { kind: "leader", ...leading.work };
    }
    this.#watch.look();
    const { leader, lastLeader } = this.#watch;
    if (leader !== undefined) this.#memory = undefined;
    const lost = leading?.work === undefined ? undefined : memoryOf(leading.work, this.#options.clock.now());
    return { kind: "follower", leader, lastLeader, memory: leader === undefined ? (this.#memory ?? lost) : undefined };
  }

  /** Ends the leader's work and resigns, so that another scheduler takes over at once. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error("this scheduler is stopping"));
    await this.#running;
    this.#watch.stop();
  }

  async #run(): Promise<void> {
    const { election, self } = this.#options;
    while (!this.#stop.signal.aborted) {
      let term: Term;
      try {
        term = await election.campaign(self, this.#stop.signal);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        throw error;
      }
      await this.#serve(term);
    }
  }

  /** Runs one term to its end. Throws when the process must end. */
  async #serve(term: Term): Promise<void> {
    const { logger, self, clock, onStepDown } = this.#options;
    this.#leading = { term, work: undefined };
    this.#watch.led(self);
    logger.info("this scheduler leads now", { id: self.id, url: self.url });
    let fatal: unknown;
    try {
      const work = await this.#begin(term);
      if (work !== undefined) {
        this.#leading = { term, work };
        this.#memory = undefined;
        this.#settled.resolve();
        await Promise.race([aborted(term.lost), aborted(this.#stop.signal), work.failed]);
      }
    } catch (error) {
      fatal = await this.#judge(term, error);
    }
    const { work } = this.#leading;
    logger.warning("this scheduler leads no longer", { id: self.id, reason: this.#reasonOf(term, fatal) });
    onStepDown?.();
    if (work !== undefined) {
      if (!this.#stop.signal.aborted) this.#memory = memoryOf(work, clock.now());
      fatal = (await this.#within(work.stop(), "its work did not end")) ?? fatal;
    }
    if (term.holds()) {
      const late = await this.#within(term.resign(), "the store did not take its resignation");
      if (late !== undefined)
        logger.warning("the next leader waits for the lease to run out", { error: messageOf(late) });
    }
    this.#leading = undefined;
    this.#watch.look();
    if (fatal !== undefined) throw fatal;
  }

  /** Starts the leader's work; undefined when the term ended before. */
  async #begin(term: Term): Promise<LeadersWork | undefined> {
    while (term.holds() && !this.#stop.signal.aborted) {
      try {
        return await this.#options.lead(term);
      } catch (error) {
        if (!(error instanceof CkeError) || !error.retryable) throw error;
        if (!term.holds()) return undefined;
        this.#options.logger.warning("the store cannot be read yet; trying again", { error: messageOf(error) });
        await this.#options.clock.sleep(retryMs, either(term.lost, this.#stop.signal)).catch(() => undefined);
      }
    }
    return undefined;
  }

  /** The error that must end the process; undefined when the failure only means that the term is over. */
  async #judge(term: Term, error: unknown): Promise<unknown> {
    if (!(error instanceof CkeError)) return error;
    if (error.code === "not_leader" || !term.holds()) return undefined;
    if (error.code !== "mesos_failed_over") return error;
    // Mesos may know of a new leader a moment before the store says that the term is lost.
    await this.#options.clock.sleep(this.#options.settleMs ?? 2_000, term.lost).catch(() => undefined);
    if (!term.holds()) return undefined;
    return new CkeError(
      "framework_taken_over",
      "another scheduler has subscribed with this framework's id although this one leads: is there one with the same " +
        "store content that is not one of ours (a restored backup, a copied file, another etcd)? This scheduler steps " +
        "down and does not fight for it; end the other one, then start this one again",
      { cause: error },
    );
  }

  #reasonOf(term: Term, fatal: unknown): string {
    if (fatal !== undefined) return messageOf(fatal);
    if (term.lost.aborted) return messageOf(term.lost.reason);
    return this.#stop.signal.aborted ? "it is stopping" : "the store says that the leadership is lost";
  }

  /** Waits for `work`, but not longer than `stopMs`. Returns its error, or an error that it is late. */
  async #within(work: Promise<void>, failure: string): Promise<unknown> {
    const { clock, stopMs = 10_000 } = this.#options;
    const late = Promise.withResolvers<unknown>();
    const words = `this scheduler leads no longer, but ${failure} in ${stopMs / 1000} s: it ends itself`;
    const cancel = clock.after(stopMs, () => late.resolve(new CkeError("step_down_failed", words)));
    try {
      return await Promise.race([
        work.then(
          () => undefined,
          (error: unknown) => error,
        ),
        late.promise,
      ]);
    } finally {
      cancel();
    }
  }
}

const memoryOf = ({ service, vms }: LeaderServices, sinceMs: number): Memory => ({ service, vms, sinceMs });
const either = (...signals: readonly AbortSignal[]) => AbortSignal.any([...signals]);

/** Resolves when the signal is aborted. */
function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
