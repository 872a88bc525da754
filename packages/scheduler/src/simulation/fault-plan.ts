// Which faults a seeded run has and when: every seed takes some of the kinds and an intensity for each, so that runs differ in
// kind and not only in number. All of it is over when heal() was called.
import type { SimulatedAgent } from "@cke/mesos-local/simulation/index";
import type { FaultKind } from "./fault-kinds.ts";
import type { World } from "./world.ts";

/** Faults of single calls, events and accesses: the highest chance of each. */
const chances: readonly (readonly [FaultKind, number])[] = [
  ["call_lost", 0.15],
  ["call_answer_lost", 0.15],
  ["call_delayed", 0.3],
  ["update_duplicated", 0.3],
  ["event_reordered", 0.2],
  ["store_unsure", 0.05],
];

export class FaultPlan {
  readonly #world: World;
  readonly #kinds: readonly (() => void)[];
  /** Mean time between faults that befall parts as a whole. */
  readonly #meanMs: number;
  readonly #repairs: (() => void)[] = [];
  #over = false;
  imageMissing = 0;

  constructor(world: World) {
    this.#world = world;
    const { random, weather } = world;
    this.#meanMs = 5_000 + random() * 60_000;
    this.#kinds = this.#all().filter(() => random() < 0.5);
    for (const [kind, most] of chances) if (random() < 0.5) weather.chances.set(kind, random() * most);
    if (random() < 0.3) {
      this.imageMissing = random() * 0.5;
    }
  }

  start(): void {
    const next = () => {
      const wait = -Math.log(1 - this.#world.random()) * this.#meanMs;
      this.#world.clock.after(wait, () => {
        if (this.#over) return;
        this.#pick(this.#kinds)?.();
        next();
      });
    };
    next();
  }

  /** Ends every fault and repairs what is broken. */
  heal(): void {
    this.#over = true;
    this.imageMissing = 0;
    const { weather, mesos, leader } = this.#world;
    weather.clear();
    this.#world.extinguish();
    for (const repair of this.#repairs.splice(0)) repair();
    mesos.startMaster();
    for (const agent of mesos.agents.values()) {
      agent.wire.partition(false);
      if (agent.refused) agent.wipe();
      agent.start();
    }
    leader?.port.freeze(false);
    if (leader === undefined) this.#world.startScheduler();
  }

  /** The scheduler's supervisor: one that died is started again after a while. */
  supervise(): void {
    const watch = () => {
      this.#world.clock.after(1_000 + this.#world.random() * 20_000, () => {
        if (this.#world.leader === undefined) this.#world.startScheduler();
        // A host that was marked gone is set up anew by its operator.
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

  #note(kind: FaultKind, detail = ""): void {
    this.#world.faults.add(kind);
    this.#world.journal.note(`FAULT ${kind}${detail === "" ? "" : ` ${detail}`}`);
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.#world.random() * list.length)];
  }

  #between(least: number, most: number): number {
    return least + this.#world.random() * (most - least);
  }

  /** Repaired after a while, or by heal(). */
  #later(ms: number, repair: () => void): void {
    let done = false;
    const once = () => {
      if (!done) repair();
      done = true;
    };
    this.#repairs.push(once);
    this.#world.clock.after(ms, once);
  }

  #agent(): SimulatedAgent | undefined {
    return this.#pick([...this.#world.mesos.agents.values()].filter(({ up, wire }) => up && !wire.partitioned));
  }

  #all(): readonly (() => void)[] {
    const { world } = { world: this.#world };
    const { weather, mesos, clock } = world;
    return [
      () => {
        if (world.leader?.port.breakStream(true) === true) this.#note("stream_broken");
      },
      () => {
        if (world.leader?.port.breakStream(false) === true) this.#note("stream_torn_unnoticed");
      },
      () => {
        const { leader } = world;
        if (leader?.port.freeze(true) !== true) return;
        this.#note("stream_frozen");
        this.#later(this.#between(1_000, 120_000), () => leader.port.freeze(false));
      },
      () => {
        weather.slowStreamUntilMs = clock.now() + this.#between(5_000, 60_000);
        clock.after(this.#between(100, 5_000), () => {
          if (!this.#over && mesos.rescind(() => true) > 0) this.#note("stale_offers");
        });
      },
      () => {
        // The moment an offer is out is short: the race is tried for a while.
        const until = clock.now() + 20_000;
        const attempt = () => {
          if (this.#over || clock.now() > until) return;
          if (mesos.rescind(() => world.random() < 0.5) > 0) this.#note("offers_rescinded");
          else clock.after(this.#between(1, 20), attempt);
        };
        attempt();
      },
      () => {
        if (mesos.leader === undefined) return;
        this.#note("master_failover");
        mesos.crashMaster();
        this.#later(this.#between(100, 30_000), () => mesos.startMaster());
      },
      () => {
        const agent = this.#agent();
        if (agent === undefined) return;
        this.#note("agent_partitioned", agent.hostname);
        agent.wire.partition(true);
        this.#later(this.#between(500, 25_000), () => agent.wire.partition(false));
      },
      () => {
        const agent = this.#agent();
        if (agent === undefined) return;
        this.#note("agent_lost", agent.hostname);
        mesos.loseAgent(agent.hostname);
        this.#later(this.#between(1_000, 1_200_000), () => mesos.returnAgent(agent.hostname));
      },
      () => {
        const agent = this.#agent();
        if (agent === undefined || !mesos.removeAgent(agent.hostname)) return;
        this.#note("agent_removed", agent.hostname);
        // The operator pulls the plug, and sets the host up anew.
        world.powerOff(agent.hostname);
        this.#later(this.#between(1_000, 120_000), () => {
          agent.wipe();
          world.hosts.delete(agent.hostname);
          agent.start();
        });
      },
      () => {
        const agent = this.#agent();
        if (agent === undefined) return;
        this.#note("agent_restarted", agent.hostname);
        agent.stop();
        this.#later(this.#between(100, 60_000), () => agent.start());
      },
      () => {
        const agent = this.#agent();
        if (agent === undefined) return;
        this.#note("agent_rebooted", agent.hostname);
        world.powerOff(agent.hostname);
        this.#later(this.#between(5_000, 300_000), () => agent.start());
      },
      () => {
        const runs = [...mesos.agents.values()].flatMap((agent) => agent.runs().filter(({ alive }) => alive));
        const run = this.#pick(runs);
        if (run === undefined) return;
        this.#note("executor_crashed", run.executorId);
        run.exit(9);
      },
      () => {
        if (this.#executor()?.killedByOthers() === true) this.#note("executor_killed_by_others");
      },
      () => {
        const executor = this.#executor();
        if (executor?.failProcess((count) => Math.floor(world.random() * count)) === true) this.#note("process_failed");
      },
      () => {
        if (this.#executor()?.loseContainer() === true) this.#note("container_lost");
      },
      () => {
        weather.storeSlowUntilMs = clock.now() + this.#between(5_000, 60_000);
      },
      () => {
        weather.storeAwayUntilMs = clock.now() + this.#between(1_000, 60_000);
      },
      () => {
        if (world.leader === undefined) return;
        this.#note("leader_changed");
        world.startScheduler({ noticed: world.random() < 0.5 });
      },
      () => world.lightFuse("commit", 1 + Math.floor(world.random() * 20)),
      () => world.lightFuse("call", 1 + Math.floor(world.random() * 20)),
    ];
  }

  #executor() {
    const alive = [...this.#world.mesos.agents.values()].flatMap((agent) => agent.runs().filter((run) => run.alive));
    const run = this.#pick(alive);
    return run === undefined ? undefined : this.#world.executors.get(run.executorId);
  }
}
