// Decides which faults a seeded run has, and when. Each seed takes some of the kinds and an intensity for each, so that
// runs differ in their kinds of faults too. After heal() no fault is left.

import type { FaultKind } from "../fault-model/fault-kinds.ts";
import type { World } from "../world/world.ts";
import { agentFaults, executorFaults } from "./agent-faults.ts";
import { connectionFaults } from "./connection-faults.ts";
import { type Fault, FaultContext } from "./fault-context.ts";
import { nodeFaults } from "./node-faults.ts";
import { operatorFaults } from "./operator-faults.ts";
import { schedulerFaults } from "./scheduler-faults.ts";

/** The highest chance of each fault of single calls, events and accesses. */
const chances: readonly (readonly [FaultKind, number])[] = [
  ["call_lost", 0.15],
  ["call_answer_lost", 0.15],
  ["call_delayed", 0.3],
  ["update_duplicated", 0.3],
  ["event_reordered", 0.2],
  ["record_torn", 0.02],
  ["store_unsure", 0.05],
  ["kubernetes_answer_lost", 0.3],
];

export class FaultPlan {
  readonly #world: World;
  readonly #context: FaultContext;
  readonly #faults: readonly Fault[];
  /** Mean time between faults of whole parts, such as an agent or the master. */
  readonly #meanMs: number;
  imageMissing = 0;

  constructor(world: World) {
    this.#world = world;
    this.#context = new FaultContext(world);
    const { random, faultIntensity } = world;
    this.#meanMs = 5_000 + random() * 60_000;
    const all = [connectionFaults, agentFaults, executorFaults, operatorFaults, nodeFaults, schedulerFaults];
    this.#faults = all.flatMap((faults) => faults(this.#context)).filter(() => random() < 0.5);
    for (const [kind, most] of chances) if (random() < 0.5) faultIntensity.chances.set(kind, random() * most);
    if (random() < 0.3) {
      this.imageMissing = random() * 0.5;
    }
  }

  start(): void {
    const next = () => {
      const wait = -Math.log(1 - this.#world.random()) * this.#meanMs;
      this.#world.clock.after(wait, () => {
        if (this.#context.over) return;
        this.#context.pick(this.#faults)?.();
        next();
      });
    };
    next();
  }

  /** Ends every fault and repairs everything. */
  heal(): void {
    this.imageMissing = 0;
    const { faultIntensity, mesos, leader } = this.#world;
    faultIntensity.clear();
    this.#world.crashPoint.disarm();
    this.#context.end();
    mesos.startMaster();
    for (const agent of mesos.agents.values()) {
      agent.link.partition(false);
      if (agent.refused) agent.wipe();
      agent.start();
    }
    leader?.port.freeze(false);
    if (leader === undefined) this.#world.startScheduler();
  }

  /** Acts as the scheduler's supervisor: starts a scheduler that died again after a while. */
  supervise(): void {
    const watch = () => {
      this.#world.clock.after(1_000 + this.#world.random() * 20_000, () => {
        if (this.#world.leader === undefined) this.#world.startScheduler();
        // The operator sets a host up anew that was marked gone.
        for (const agent of this.#world.mesos.agents.values()) {
          if (!agent.refused) continue;
          this.#world.powerOff(agent.hostname);
          this.#world.hosts.delete(agent.hostname);
          agent.wipe();
          agent.start();
        }
        watch();
      });
    };
    watch();
  }
}
