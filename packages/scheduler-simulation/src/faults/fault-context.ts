// What all faults use: the world, random numbers, the journal, and repairs. A repair comes after a while, or when all
// faults end.
import type { SimulatedAgent } from "@cke/mesos-local/simulation";
import type { FaultKind } from "../fault-model/fault-kinds.ts";
import type { World } from "../world/world.ts";

/** A fault: something fails now. It does nothing when there is nothing that could fail. */
export type Fault = () => void;

const persistEveryMs = 5_000;

export class FaultContext {
  readonly world: World;
  readonly #repairs: (() => void)[] = [];
  #over = false;

  constructor(world: World) {
    this.world = world;
  }

  /** True after `end`: no fault begins any more. */
  get over(): boolean {
    return this.#over;
  }

  note(kind: FaultKind, detail = ""): void {
    this.world.faults.add(kind);
    this.world.journal.note(`FAULT ${kind}${detail === "" ? "" : ` ${detail}`}`);
  }

  pick<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.world.random() * list.length)];
  }

  between(least: number, most: number): number {
    return least + this.world.random() * (most - least);
  }

  /** Repairs after `ms`, or earlier when all faults end. */
  later(ms: number, repair: () => void): void {
    let done = false;
    const once = () => {
      if (!done) repair();
      done = true;
    };
    this.#repairs.push(once);
    this.world.clock.after(ms, once);
  }

  /** Repeats the action until it succeeds. */
  persist(action: () => boolean): void {
    if (!action()) this.world.clock.after(persistEveryMs, () => this.persist(action));
  }

  /** Ends all faults and runs all repairs that wait. */
  end(): void {
    this.#over = true;
    for (const repair of this.#repairs.splice(0)) repair();
  }

  /** A random agent that runs and can be reached. */
  agent(): SimulatedAgent | undefined {
    return this.pick([...this.world.mesos.agents.values()].filter(({ up, link }) => up && !link.partitioned));
  }
}
