// The scheduler's order to remove a unit with its data. It comes as a framework message before the KILL, and again with each repeated
// KILL, because messages may be lost. A unit that is killed without the order keeps its data: Mesos and operators kill tasks too.
import type { Clock, Logger } from "@cke/foundation";
import type { RemoveUnit } from "@cke/protocol";

export class RemovalOrder {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #given = false;
  /** The unit's instance; undefined before it is launched. */
  #instance: string | undefined;
  /** Instances that were ordered to be removed before the unit was launched. */
  readonly #early = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True since the order was given. It is never taken back. */
  get given(): boolean {
    return this.#given;
  }

  /** The node of this instance is launched. An order that came for it before counts. */
  concerns(instance: string): void {
    this.#instance = instance;
    if (this.#early.has(instance)) this.give();
  }

  /** An order for one instance, or with "" for the one that this executor has. False when it is for another instance: data stays. */
  giveFor(instance: string): boolean {
    if (instance === "") this.give();
    else if (this.#instance === undefined) this.#early.add(instance);
    else if (instance !== this.#instance) return false;
    else this.give();
    return true;
  }

  /** Takes the message. An order for another executor or instance is only logged. */
  receive({ executorId, instance }: RemoveUnit, ownId: string, logger: Logger): void {
    if (executorId !== ownId) {
      logger.warning("the order to remove the unit of another executor is ignored", { executorId });
      return;
    }
    const before = this.#given;
    if (!this.giveFor(instance))
      logger.warning("the order to remove another instance of the unit is ignored: its data stays", { instance });
    else if (!before) logger.info("the removal of the unit with its data is ordered");
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
