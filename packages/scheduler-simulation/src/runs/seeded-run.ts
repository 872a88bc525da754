// One seeded run. Clusters are created and deleted while faults happen. Then the faults end: everything must come up,
// and CKE, the master and the agents must agree. Then everything is deleted, and nothing may be left. An error contains
// the seed, the journal and the command that repeats the run.
import { seededRandom } from "@cke/mesos/testing/seeded-random";
import type { AgentSpec } from "@cke/mesos-local/simulation";
import { sleeperSpec } from "@cke/scheduler/workload/testing/sleeper-kind";
import { Violation } from "../checks/checker.ts";
import type { FaultCount } from "../fault-model/fault-kinds.ts";
import { FaultPlan } from "../faults/fault-plan.ts";
import { World, type WorldOptions } from "../world/world.ts";

export interface SeededRunOptions {
  /** Breaks the scheduler on purpose. */
  readonly broken?: Pick<WorldOptions, "breakStore" | "forgets" | "incarnation">;
  /** Sleepers that come and go beside the clusters; none by default. */
  readonly sleepers?: number;
  /** Gets the whole journal, also of a run that fails. */
  readonly onJournal?: (lines: readonly string[]) => void;
}

export interface SeededRunResult {
  readonly faults: FaultCount;
  readonly digest: string;
  readonly virtualSeconds: number;
  readonly launches: number;
}

/** The share of clusters that reserve resources, and of those that are pods. */
const reservingClusters = Number(process.env.RESERVE || 0.25);
const podClusters = 0.25;
const threeMasters = 0.25;

/** All clusters must run this long after the faults: a partition's grace and the longest backoff may lie before it. */
const convergenceMs = 3_600_000;
const deleteMs = 3_600_000;

export async function seededRun(seed: number, options: SeededRunOptions = {}): Promise<SeededRunResult> {
  let plan: FaultPlan | undefined;
  const world = new World({
    seed,
    agents: agentsOf(seed),
    options: { roles: ["cke"] },
    imageMissing: () => {
      if (plan === undefined || plan.imageMissing === 0 || world.random() >= plan.imageMissing) return false;
      world.faults.add("image_missing");
      return true;
    },
    ...options.broken,
  });
  try {
    await world.start();
    plan = new FaultPlan(world);
    plan.supervise();
    await storm(world, plan, options.sleepers ?? 0);
    plan.heal();
    world.journal.note("the faults are over");
    await converge(world);
    await empty(world);
  } catch (error) {
    const repeat = `repeat it with: make soak SEED=${seed} RESERVE=${reservingClusters}`;
    throw world.journal.failure(`seed ${seed}`, error, repeat);
  } finally {
    options.onJournal?.(world.journal.lines);
  }
  const launches = world.journal.lines.filter((line) => line.includes(": launch ")).length;
  return { faults: world.faults, digest: world.journal.digest(), virtualSeconds: world.journal.seconds, launches };
}

function agentsOf(seed: number): readonly AgentSpec[] {
  const random = seededRandom(seed + 1_000_000);
  const count = 2 + Math.floor(random() * 4);
  return Array.from({ length: count }, (_, index) => ({
    hostname: `h${index}`,
    resources: `cpus:${16 + Math.floor(random() * 32)};mem:65536;disk:20000;ports:[31000-35000]`,
  }));
}

/** A cluster of one or three masters and some workers; some are pinned to hosts. */
function body(world: World, name: string, index: number): Record<string, unknown> {
  const { random, mesos } = world;
  const hosts = [...mesos.agents.keys()];
  const host = () => (random() < 0.2 ? (hosts[Math.floor(random() * hosts.length)] ?? "*") : "*");
  const reservation = random() < reservingClusters;
  const pod = random() < podClusters;
  const ip = (last: number) => `10.${20 + index}.0.${last}`;
  const masters = random() < threeMasters ? ["master", "master1", "master2"] : ["master"];
  return {
    cluster_name: name,
    network: `net${index}`,
    kubenodes: [
      ...masters.map((master, number) => ({
        name: master,
        type: "master",
        host: host(),
        node_ip: ip(10 + number),
        reservation,
        pod,
      })),
      ...Array.from({ length: Math.floor(random() * 3) }, (_, node) => ({
        name: `node${node}`,
        type: "node",
        host: host(),
        node_ip: ip(20 + node),
        reservation,
        pod,
      })),
    ],
  };
}

async function storm(world: World, plan: FaultPlan, sleepers: number): Promise<void> {
  const { random } = world;
  plan.start();
  const names = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, index) => `c${index}`);
  const end = world.clock.now() + 300_000 + random() * 1_500_000;
  while (world.clock.now() < end) {
    const index = Math.floor(random() * names.length);
    const name = names[index] ?? "c0";
    const exists = world.store.values.has(`workloads/${name}`);
    if (!exists) await world.ask(`create ${name}`, ({ service }) => service.create(body(world, name, index)));
    else if (random() < 0.15) await world.ask(`delete ${name}`, ({ service }) => service.remove(name));
    if (sleepers > 0) await disturbSleeper(world, Math.floor(random() * sleepers));
    await world.pass(5_000 + random() * 120_000);
  }
}

/** Another kind of workload, at the mercy of the same faults. */
async function disturbSleeper(world: World, index: number): Promise<void> {
  const name = `s${index}`;
  const spec = sleeperSpec(name, { reservation: world.random() < reservingClusters });
  if (!world.store.values.has(`workloads/${name}`))
    await world.ask(`create ${name}`, (one) => one.sleepers.create(spec));
  else if (world.random() < 0.2) await world.ask(`delete ${name}`, (one) => one.sleepers.remove(name));
}

/** Starts and resumes everything that an operator has stopped or paused. False when no scheduler could be asked. */
async function resume(world: World): Promise<boolean> {
  const { leader } = world;
  if (leader?.service.connected() !== true) return false;
  // All of them are asked at once, because a cluster that is being deleted may be gone meanwhile.
  const targets = leader.service.list().flatMap(({ name }) => {
    const nodes = leader.service.state(name).nodes.map((node) => node.name);
    return [undefined, ...nodes].map((node) => ({ name, node }));
  });
  for (const { name } of leader.service.list())
    await world.ask(`start ${name}`, ({ service }) => service.expect(name, undefined, "RUN", "an operator"));
  for (const { name, node } of targets)
    await world.ask(`resume ${name}`, ({ service }) => service.changePlan(name, "resume", { node }, "an operator"));
  return leader === world.leader;
}

/** Waits until everything runs that is to run. */
async function converge(world: World): Promise<void> {
  await world.pass(30_000);
  let resumed = false;
  const end = world.clock.now() + convergenceMs;
  let problems: readonly string[] = [];
  while (world.clock.now() < end) {
    if (!resumed) resumed = await resume(world);
    const { leader } = world;
    const clusters = leader?.service.connected() === true ? leader.service.list() : undefined;
    const waiting = clusters
      ?.filter(({ status }) => status !== "running")
      .map(({ name, status }) => `${name} is ${status}`);
    const awake = [...(leader?.sleepers.asleep() ?? [])].flatMap(([name, sleeps]) =>
      sleeps ? [] : [`${name} is awake`],
    );
    problems = [...(waiting ?? ["no scheduler is connected"]), ...awake, ...world.checker.disagreements()];
    if (problems.length === 0) return;
    await world.pass(5_000);
  }
  const reasons = (world.leader?.service.list() ?? []).map(({ name }) =>
    JSON.stringify(world.leader?.service.state(name).plan.steps),
  );
  throw new Violation(`not converged after ${convergenceMs / 1000} s: ${problems.join("; ")}\n${reasons.join("\n")}`);
}

/** Deletes everything and waits until nothing is left. */
async function empty(world: World): Promise<void> {
  world.journal.note("everything is deleted");
  const names = world.leader?.service.list().map(({ name }) => name) ?? [];
  for (const name of names) await world.ask(`delete ${name}`, ({ service }) => service.remove(name));
  for (const name of world.leader?.sleepers.asleep().keys() ?? [])
    await world.ask(`delete ${name}`, ({ sleepers }) => sleepers.remove(name));
  const end = world.clock.now() + deleteMs;
  let left: readonly string[] = [];
  while (world.clock.now() < end) {
    await world.pass(5_000);
    left = [...world.checker.remains(new Set(["framework"])), ...world.checker.disagreements()];
    if (left.length === 0) return;
  }
  throw new Violation(`left after ${deleteMs / 1000} s: ${left.join("; ")}`);
}
