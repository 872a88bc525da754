// A scheduler that dies at a commit or call, before or after its effect, is started again and dies again, perhaps while
// it starts. Sometimes an executor crashes too.

import type { CrashPoint } from "../fault-model/scheduler-crash-point.ts";
import { crashExecutor } from "../faults/agent-faults.ts";
import { FaultContext } from "../faults/fault-context.ts";
import type { World } from "../world/world.ts";

const mostDeaths = 8;
/** Chance that a restarted scheduler dies again. */
const relapse = 0.8;
/** Chance per second that an executor crashes. */
const executorCrash = 0.03;

export class CrashLoop {
  readonly #world: World;
  readonly #context: FaultContext;
  /** False: a restarted scheduler does not die again, and executors do not crash. */
  readonly #again: boolean;

  constructor(world: World, { again }: { readonly again: boolean }) {
    this.#world = world;
    this.#again = again;
    this.#context = new FaultContext(world);
  }

  get deaths(): number {
    const { faults } = this.#world;
    return faults.of("scheduler_crashed_at_commit") + faults.of("scheduler_crashed_at_call");
  }

  /** The leader dies within its next twenty commits or calls. */
  arm(): void {
    const at: CrashPoint = this.#world.random() < 0.5 ? "commit" : "call";
    this.#world.crashPoint.arm(at, 1 + Math.floor(this.#world.random() * 40));
  }

  /** Lets a second pass. */
  async second(): Promise<void> {
    const world = this.#world;
    if (world.leader === undefined) {
      if (this.#again && this.deaths < mostDeaths && world.random() < relapse) this.arm();
      world.startScheduler();
    }
    if (this.#again && world.random() < executorCrash) crashExecutor(this.#context);
    await world.pass(1_000);
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    for (let second = 0; second < 1_800; second += 1) {
      if (condition()) return;
      await this.second();
    }
    throw new Error(`never: ${what}`);
  }

  /** Repeats a request until it has its effect, because a scheduler that dies meanwhile never answers. */
  async insist(what: string, work: Parameters<World["request"]>[1], done: () => boolean): Promise<void> {
    await this.until(() => {
      if (!done()) this.#world.request(what, work);
      return done();
    }, what);
  }
}
