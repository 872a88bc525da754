// One seeded run. Clusters are created and deleted while faults happen. Then the faults end: everything must come up,
// and CKE, the master and the agents must agree. Then everything is deleted, and nothing may be left. An error contains
// the seed, the journal and the command that repeats the run.
import { seededRandom } from "@cke/mesos/testing/seeded-random";
import type { AgentSpec } from "@cke/mesos-local/simulation";
import { parsePool } from "@cke/scheduler/kubernetes/ranges/range-texts";
import { sleeperSpec } from "@cke/scheduler/workload/testing/sleeper-kind";
import { z } from "zod";
import { Violation } from "../checks/checker.ts";
import type { FaultCount } from "../fault-model/fault-kinds.ts";
import { FaultPlan } from "../faults/fault-plan.ts";
import { World } from "../world/world.ts";
import type { WorldOptions } from "../world/world-options.ts";
import { EtcdRepair } from "./etcd-repair.ts";
import { LostMasters } from "./lost-masters.ts";
import { MasterTraffic } from "./master-traffic.ts";
import { MoreRoom } from "./more-room.ts";
import { resume } from "./resumption.ts";
import { SilentEtcds } from "./silent-etcds.ts";
import { VmSettlement } from "./vm-settlement.ts";
import { VmTraffic } from "./vm-traffic.ts";

export interface SeededRunOptions {
  /** Breaks the scheduler on purpose. */
  readonly broken?: Pick<WorldOptions, "breakStore" | "forgets" | "incarnation">;
  /** Sleepers that come and go beside the clusters; none by default. */
  readonly sleepers?: number;
  /** VMs that come and go beside them; none by default. */
  readonly vms?: number;
  /** Operators change the masters of clusters, and all etcds are watched. */
  readonly masters?: boolean;
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

/** As many ranges as there are clusters: a cluster whose range was not given back could not be created again. */
const pools = {
  pods: parsePool("pods", "10.192.0.0/15,10.194.0.0/16"),
  services: parsePool("services", "10.208.0.0/12"),
};

/** All clusters must run this long after the faults: a partition's grace and the longest backoff may lie before it. */
const convergenceMs = 3_600_000;
const deleteMs = 3_600_000;

export async function seededRun(seed: number, options: SeededRunOptions = {}): Promise<SeededRunResult> {
  let plan: FaultPlan | undefined;
  const world = new World({
    seed,
    agents: agentsOf(seed),
    options: { roles: ["cke"], pools },
    watchEtcd: options.masters === true,
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
    const guests = new VmTraffic(world, options.vms ?? 0);
    const masters = new MasterTraffic(world, options.masters === true);
    await storm(world, plan, options.sleepers ?? 0, { guests, masters });
    plan.heal();
    world.journal.note("the faults are over");
    const silent = new SilentEtcds(world);
    await converge(world, silent, options.masters === true ? new EtcdRepair(world, silent) : undefined);
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

interface Traffic {
  readonly guests: VmTraffic;
  readonly masters: MasterTraffic;
}

async function storm(world: World, plan: FaultPlan, sleepers: number, { guests, masters }: Traffic): Promise<void> {
  const { random } = world;
  plan.start();
  const names = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, index) => `c${index}`);
  const end = world.clock.now() + 300_000 + random() * 1_500_000;
  while (world.clock.now() < end) {
    const index = Math.floor(random() * names.length);
    const name = names[index] ?? "c0";
    const exists = world.store.values.has(`workloads/${name}`);
    if (!exists) {
      world.kubernetes.forget(name);
      world.etcd.forget(name);
      await world.ask(`create ${name}`, ({ service }) => service.create(body(world, name, index)));
    } else if (random() < 0.15) await world.ask(`delete ${name}`, ({ service }) => service.remove(name));
    if (sleepers > 0) await disturbSleeper(world, Math.floor(random() * sleepers));
    await guests.disturb();
    masters.disturb();
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

/** Waits until everything runs that is to run. */
async function converge(world: World, silent: SilentEtcds, etcds: EtcdRepair | undefined): Promise<void> {
  await world.pass(30_000);
  let resumed = false;
  const [room, lost, vms] = [new MoreRoom(world), new LostMasters(world, silent), new VmSettlement(world)];
  const end = world.clock.now() + convergenceMs;
  let problems: readonly string[] = [];
  while (world.clock.now() < end) {
    if (!resumed) resumed = await resume(world);
    await lost.look();
    room.look();
    const { leader } = world;
    const clusters = leader?.service.connected() === true ? leader.service.list() : undefined;
    const waiting = clusters
      ?.filter(({ status }) => status !== "running")
      .map(({ name, status, status_reason }) => `${name} is ${status} (${status_reason})`);
    const awake = [...(leader?.sleepers.asleep() ?? [])].flatMap(([name, sleeps]) =>
      sleeps ? [] : [`${name} is awake`],
    );
    const unfinished = clusters === undefined ? [] : await removals(world);
    const guests = clusters === undefined ? [] : await vms.look();
    const members = clusters === undefined ? [] : ((await etcds?.look()) ?? []);
    problems = [
      ...(waiting ?? ["no scheduler is connected"]),
      ...awake,
      ...guests,
      ...members,
      ...unfinished,
      ...world.checker.disagreements(),
    ];
    if (problems.length === 0) return;
    await world.pass(5_000);
  }
  const reasons = (world.leader?.service.list() ?? []).map(({ name }) =>
    JSON.stringify(world.leader?.service.state(name).plan.steps),
  );
  const guests = (world.leader?.vms.list() ?? []).map(({ name }) => JSON.stringify(world.leader?.vms.state(name)));
  const words = [...reasons, ...guests].join("\n");
  throw new Violation(`not converged after ${convergenceMs / 1000} s: ${problems.join("; ")}\n${words}`);
}

/** Plans of nodes that are not complete. A drain that waits for an operator goes on by force. */
async function removals(world: World): Promise<readonly string[]> {
  const { leader } = world;
  const plans = (leader?.service.list() ?? []).flatMap(({ name }) =>
    (leader?.service.state(name).plan.changes ?? []).map((plan) => ({ name, plan })),
  );
  for (const { name, plan } of plans) {
    const node = plan.stages[0]?.units[0]?.unit;
    if (plan.goal !== "remove" || plan.status !== "failed" || node === undefined) continue;
    world.checker.removalAsked(name, node);
    await world.ask(`force ${name}/${node}`, ({ nodes }) =>
      nodes.remove(name, [node], { force: true, drainSeconds: 600 }, "an operator"),
    );
  }
  return [
    ...plans.map(({ name, plan }) => `${name} has a plan to ${plan.goal}: ${plan.status} ${plan.reason}`),
    ...wrongLabels(world),
  ];
}

const specSchema = z.object({
  spec: z.object({
    name: z.string(),
    units: z.array(z.object({ name: z.string(), labels: z.record(z.string(), z.string()).optional() })),
  }),
});

/** Nodes whose objects have other labels than their clusters want. */
function wrongLabels({ store, kubernetes }: World): readonly string[] {
  return [...store.values].flatMap(([key, value]) => {
    if (!key.startsWith("workloads/")) return [];
    const { spec } = specSchema.parse(value);
    return spec.units.flatMap(({ name, labels = {} }) => {
      const present = kubernetes.labels(spec.name, name);
      const wrong = present !== undefined && present.color !== labels.color;
      return wrong ? [`${spec.name}/${name} has the color ${present.color}, not ${labels.color}`] : [];
    });
  });
}

/** Deletes everything and waits until nothing is left. */
async function empty(world: World): Promise<void> {
  world.journal.note("everything is deleted");
  const names = world.leader?.service.list().map(({ name }) => name) ?? [];
  for (const name of names) await world.ask(`delete ${name}`, ({ service }) => service.remove(name));
  for (const { name } of world.leader?.vms.list() ?? [])
    await world.ask(`delete ${name}`, ({ vms }) => vms.remove(name));
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
