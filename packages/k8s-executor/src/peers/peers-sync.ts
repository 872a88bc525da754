// Keeps a running node's hosts file and routes at the peers that are wanted: the first come with its launch, later ones by
// message. A failure is reported and tried again; it ends neither the launch nor the node, whose processes may run without it.
import { Backoff, type Clock, messageOf } from "@cke/foundation";
import type { Peers } from "./peers.ts";

export interface PeersSyncOptions {
  readonly clock: Clock;
  /** Writes them into the node; rejects with what is wrong, in an operator's words. */
  readonly write: (peers: Peers) => Promise<void>;
  /** `applied` or `problem` has changed. */
  readonly onChange: () => void;
  /** False while the node does not answer: then nothing is checked. */
  readonly answers?: () => boolean;
}

/** What somebody else takes away in the node, a route by hand for example, is back after this time. */
const checkMs = 60_000;

export class PeersSync {
  readonly #options: PeersSyncOptions;
  readonly #attempted = Promise.withResolvers<void>();
  readonly #backoff = new Backoff({ baseMs: 500, maxMs: 30_000 });
  #wanted: Peers | undefined;
  /** What the node has; undefined when that is not known. */
  #written: Peers | undefined;
  #problem = "";
  /** How often the node has lost what was written: a write that began before a loss does not count. */
  #losses = 0;
  #news = new AbortController();

  constructor(options: PeersSyncOptions, first: Peers | undefined) {
    this.#options = options;
    this.#wanted = first;
  }

  /** Version of what the node has; "" for none. */
  get applied(): string {
    return this.#written?.version ?? "";
  }

  /** Why the node does not have what is wanted, in words; "" when it has. */
  get problem(): string {
    return this.#problem;
  }

  /** These are wanted from now on. */
  want(peers: Peers): void {
    if (peers.version === this.#wanted?.version) return;
    this.#wanted = peers;
    this.#look();
  }

  /** The container may have lost its hosts file's lines and its routes: they are written again. */
  again(): void {
    this.#losses += 1;
    this.#written = undefined;
    this.#look();
  }

  /** Works until `signal` is aborted. Resolves when what came with the launch was tried once, whatever came of it. */
  async begin(signal: AbortSignal): Promise<void> {
    void this.#run(signal);
    await Promise.race([this.#attempted.promise, aborted(signal)]);
  }

  /** Never rejects. */
  async #run(signal: AbortSignal): Promise<void> {
    const { clock, answers = () => true } = this.#options;
    let due = true;
    while (!signal.aborted) {
      const news = this.#news.signal;
      const wanted = this.#wanted;
      due ||= wanted !== this.#written;
      const done: boolean = wanted === undefined || !due || (await this.#write(wanted));
      this.#attempted.resolve();
      await clock.sleep(done ? checkMs : this.#backoff.next(), AbortSignal.any([signal, news])).catch(() => {});
      // It changes nothing where all is as it was left.
      due = !done || answers();
    }
  }

  async #write(wanted: Peers): Promise<boolean> {
    const before = { applied: this.applied, problem: this.#problem };
    const losses = this.#losses;
    try {
      await this.#options.write(wanted);
      if (losses === this.#losses) this.#written = wanted;
      this.#problem = "";
      this.#backoff.reset();
    } catch (error) {
      this.#problem = messageOf(error);
    }
    if (before.applied !== this.applied || before.problem !== this.#problem) this.#options.onChange();
    return this.#problem === "";
  }

  #look(): void {
    const news = this.#news;
    this.#news = new AbortController();
    this.#backoff.reset();
    news.abort();
  }
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
