// The scheduler dies at seeded moments: at any commit or call, before or after it had its effect; executors die as well.
// Whatever happens, the cluster comes up, no node ever has two live incarnations, no task id is used twice, and a delete leaves nothing.
import { Resources } from "@cke/mesos";
import { afterEach, expect, test } from "vitest";
import { exampleBody } from "../domain/testing/user-bodies.ts";
import { MemoryStore } from "../store/memory-store.ts";
import { Death, DyingStore } from "./testing/dying-store.ts";
import { settle } from "./testing/manual-clock.ts";
import { nodeReport, Scenario } from "./testing/scenario.ts";

/** Deterministic numbers in [0,1). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}

class Simulation {
  readonly random: () => number;
  readonly memory = new MemoryStore();
  readonly scenario: Scenario;
  /** Commits and calls until the scheduler dies; infinity: it lives. */
  #fuse = Number.POSITIVE_INFINITY;
  #dead = false;
  #generation = 0;
  deaths = 0;

  constructor(seed: number) {
    this.random = seeded(seed);
    this.scenario = new Scenario({ store: this.#store() });
    const { mesos } = this.scenario;
    mesos.addAgent("10.124.142.224", { cpus: 12 });
    mesos.addAgent("b", { cpus: 4 });
    mesos.beforeCall = () => this.#burn();
    mesos.afterCall = () => this.#burn();
  }

  /** One per scheduler: what a dead one still tries has no effect. */
  #store(): DyingStore {
    const generation = this.#generation;
    return new DyingStore(this.memory, () => {
      if (generation !== this.#generation) throw new Death("this scheduler is dead");
      this.#burn();
    });
  }

  #burn(): void {
    if (!this.#dead && --this.#fuse > 0) return;
    this.#dead = true;
    this.scenario.mesos.disconnect();
    throw new Death("killed");
  }

  light(fuse = 1 + Math.floor(this.random() * 40)): void {
    this.#fuse = fuse;
  }

  extinguish(): void {
    this.#fuse = Number.POSITIVE_INFINITY;
  }

  /** A second of the world: executors get on, agents offer, a dead scheduler is started again. */
  async second(): Promise<void> {
    const { mesos } = this.scenario;
    if (this.#dead) {
      this.deaths += 1;
      await settle();
      this.#generation += 1;
      this.#dead = false;
      if (this.deaths < 8 && this.random() < 0.8) this.light();
      else this.extinguish();
      // Dying again while starting is a death like any other.
      await this.scenario.restart(this.#store()).catch(() => {
        this.#dead = true;
      });
    }
    for (const task of mesos.live()) {
      if (this.random() < 0.5) continue;
      const id = task.info.task_id.value;
      if (task.status.state === "TASK_STAGING")
        mesos.update(id, "TASK_STARTING", task.process === "" ? { data: nodeReport("container") } : {});
      else if (task.status.state === "TASK_STARTING") {
        mesos.update(
          id,
          "TASK_RUNNING",
          task.process === "" ? {} : { data: this.scenario.healthyReport(task.process), healthy: true },
        );
      }
    }
    if (this.random() < 0.03) {
      const [executorId] = [...mesos.executors.keys()].sort(() => this.random() - 0.5);
      if (executorId !== undefined) mesos.failExecutor(executorId);
    }
    if (!mesos.suppressed && this.random() < 0.7) mesos.offer();
    await this.scenario.clock.advance(1_000);
    this.check();
  }

  check(): void {
    const executors = new Map<string, Set<string>>();
    for (const { executorId } of this.scenario.mesos.live()) {
      const node = executorId.split(".").slice(0, 3).join(".");
      executors.set(node, (executors.get(node) ?? new Set()).add(executorId));
    }
    for (const [node, ids] of executors) expect([...ids], node).toHaveLength(1);
    expect(this.scenario.mesos.violations).toEqual([]);
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    for (let second = 0; second < 600; second += 1) {
      if (condition()) return;
      await this.second();
    }
    throw new Error(`never: ${what}; ${JSON.stringify(this.scenario.clusters.list())}`);
  }
}

let simulation: Simulation | undefined;
afterEach(async () => {
  simulation?.extinguish();
  await simulation?.scenario.clusters.stop();
});

test.each(Array.from({ length: 40 }, (_, seed) => seed + 1))("seed %i", async (seed) => {
  simulation = new Simulation(seed);
  const sim = simulation;
  const { scenario } = sim;
  await scenario.start();
  sim.light();
  const exists = () => scenario.clusters.list().length > 0;
  while (!exists()) {
    await scenario.clusters.create(exampleBody()).catch(() => undefined);
    await sim.second();
  }
  await sim.until(() => scenario.clusters.list()[0]?.status === "running", "running");
  sim.light();
  while (exists() && scenario.clusters.list()[0]?.status !== "killing") {
    await scenario.clusters.remove("my").catch(() => undefined);
    await sim.second();
  }
  await sim.until(() => !exists() && scenario.mesos.live().length === 0, "deleted");
  sim.extinguish();
  await sim.second();
  expect((await sim.memory.list("")).map(({ key }) => key)).toEqual(["framework"]);
  expect([...scenario.mesos.containers]).toEqual([]);
  expect(sim.deaths).toBeGreaterThan(0);
});

const reserving = () => {
  const { kubenodes, ...body } = exampleBody();
  const nodes: readonly unknown[] = Array.isArray(kubenodes) ? kubenodes : [];
  return { ...body, kubenodes: nodes.map((node) => Object.assign({}, node, { reservation: true })) };
};

test.each(Array.from({ length: 40 }, (_, seed) => seed + 101))(
  "B20: with reservations, seed %i: never reserved twice, nothing reserved in the end",
  async (seed) => {
    simulation = new Simulation(seed);
    const sim = simulation;
    const { scenario } = sim;
    const { mesos } = scenario;
    const cpus = () => Resources.scalarOf(mesos.reserved(), "cpus");
    await scenario.start();
    sim.light();
    while (scenario.clusters.list().length === 0) {
      await scenario.clusters.create(reserving()).catch(() => undefined);
      await sim.second();
    }
    const state = () => scenario.clusters.list()[0];
    await sim.until(() => state()?.status === "running", "running");
    sim.extinguish();
    await sim.until(
      () => state()?.status === "running" && cpus() === state()?.total_res.cpu,
      `reserved once, not ${cpus()}`,
    );
    sim.light();
    while (state() !== undefined && state()?.status !== "killing") {
      await scenario.clusters.remove("my").catch(() => undefined);
      await sim.second();
    }
    await sim.until(() => state() === undefined && mesos.live().length === 0, "deleted");
    sim.extinguish();
    await sim.second();
    await sim.until(() => mesos.reserved().length === 0, "everything given back");
    expect((await sim.memory.list("")).map(({ key }) => key)).toEqual(["framework"]);
    expect(sim.deaths).toBeGreaterThan(0);
  },
);

test.each(Array.from({ length: 30 }, (_, index) => index + 1))(
  "dies at step %i of cleaning up after an executor's death",
  async (at) => {
    simulation = new Simulation(at);
    const sim = simulation;
    const { scenario } = sim;
    await scenario.start();
    await scenario.clusters.create(exampleBody());
    const status = () => scenario.clusters.list()[0]?.status;
    await sim.until(() => status() === "running", "running");
    scenario.mesos.failExecutor(scenario.task("my", "node0").executorId);
    await settle();
    sim.light(at);
    while (status() !== undefined && status() !== "killing") {
      await scenario.clusters.remove("my").catch(() => undefined);
      await sim.second();
    }
    await sim.until(() => status() === undefined && scenario.mesos.live().length === 0, "deleted");
    sim.extinguish();
    await sim.second();
    expect((await sim.memory.list("")).map(({ key }) => key)).toEqual(["framework"]);
    expect([...scenario.mesos.containers]).toEqual([]);
  },
);
