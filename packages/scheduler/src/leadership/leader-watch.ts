// Watches which scheduler leads. It reports every change, and aborts the requests that wait for a leader that leads no
// longer.
import type { Clock, Logger } from "@cke/foundation";
import type { Election, SchedulerAddress } from "../store/election.ts";
import type { OtherLeader } from "./standing.ts";

const lookMs = 500;

export class LeaderWatch {
  readonly #election: Pick<Election, "leader">;
  readonly #self: SchedulerAddress;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #leading: () => boolean;
  readonly #onChange: () => void;
  #last: { readonly other: OtherLeader; readonly abort: AbortController } | undefined;
  #seen: string | undefined;
  #current = false;
  #cancel = () => {};

  constructor(
    options: {
      readonly election: Pick<Election, "leader">;
      readonly self: SchedulerAddress;
      readonly clock: Clock;
      readonly logger: Logger;
      readonly onChange: () => void;
    },
    leading: () => boolean,
  ) {
    this.#election = options.election;
    this.#self = options.self;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#leading = leading;
    this.#onChange = options.onChange;
  }

  start(): void {
    this.look();
    this.#cancel = this.#clock.after(lookMs, () => this.start(), { background: true });
  }

  stop(): void {
    this.#cancel();
  }

  /** The other scheduler that leads now. */
  get leader(): OtherLeader | undefined {
    return this.#current ? this.#last?.other : undefined;
  }

  get lastLeader(): OtherLeader | undefined {
    return this.#last?.other;
  }

  /** Call it when this scheduler has won a campaign. */
  led(self: SchedulerAddress): void {
    this.#current = false;
    this.#forget();
    this.#see(self.id);
  }

  look(): void {
    if (this.#leading()) return;
    const leader = this.#election.leader();
    if (leader === undefined || leader.id === this.#self.id) {
      if (this.#current) this.#logger.warning("no scheduler is seen leading", { last: this.#last?.other.address.url });
      this.#current = false;
      return;
    }
    this.#current = true;
    if (leader.id === this.#last?.other.address.id && leader.url === this.#last.other.address.url) return;
    this.#forget();
    this.#see(leader.id);
    const abort = new AbortController();
    this.#last = { abort, other: { address: leader, gone: abort.signal } };
    this.#logger.info("following the leader", { leader: leader.id, url: leader.url });
  }

  #see(id: string): void {
    if (this.#seen === id) return;
    this.#seen = id;
    this.#onChange();
  }

  #forget(): void {
    this.#last?.abort.abort(new Error("another scheduler leads now"));
    this.#last = undefined;
  }
}
