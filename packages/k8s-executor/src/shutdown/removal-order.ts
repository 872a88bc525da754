// The scheduler's order to remove a node with its data. It comes as a message before the KILL, and again with each repeated
// KILL; a message may be lost. What is killed without it keeps its data: Mesos and its operators kill tasks, too.
import type { Clock, Logger } from "@cke/foundation";
import type { RemoveUnit } from "@cke/protocol";

export class RemovalOrder {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #given = false;
  /** The node's life; undefined before it is launched. */
  #life: string | undefined;
  /** Lives that orders came for before that. */
  readonly #early = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Once given it stands: it is only given to incarnations that nobody wants any more. */
  get given(): boolean {
    return this.#given;
  }

  /** The node that it would be for is launched; what was ordered for this life before stands. */
  concerns(life: string): void {
    this.#life = life;
    if (this.#early.has(life)) this.give();
  }

  /** For one life of the node, "" for whichever this executor has; false when it is not this one: it keeps its data. */
  giveFor(life: string): boolean {
    if (life === "") this.give();
    else if (this.#life === undefined) this.#early.add(life);
    else if (life !== this.#life) return false;
    else this.give();
    return true;
  }

  /** The message; what it does not concern is only told. */
  receive({ executorId, instance }: RemoveUnit, ownId: string, logger: Logger): void {
    if (executorId !== ownId) {
      logger.warning("the order to remove the node of another executor is ignored", { executorId });
      return;
    }
    const before = this.#given;
    if (!this.giveFor(instance))
      logger.warning("the order to remove another life of the node is ignored: its data stays", { instance });
    else if (!before) logger.info("the removal of the node with its data is ordered");
  }

  give(): void {
    this.#given = true;
    for (const resolve of [...this.#waiting]) resolve();
  }

  /** Resolves to true as soon as it is given, to false when it was not within this time. */
  async within(milliseconds: number): Promise<boolean> {
    if (this.#given || milliseconds <= 0) return this.#given;
    await new Promise<void>((resolve) => {
      const done = () => {
        cancel();
        this.#waiting.delete(done);
        resolve();
      };
      const cancel = this.#clock.after(milliseconds, done);
      this.#waiting.add(done);
    });
    return this.#given;
  }
}
