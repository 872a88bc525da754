// Three schedulers on etcd, then on ZooKeeper, two agents, and a Kubernetes cluster. A pod of it must answer through
// its Service once a second, while leader, Mesos master, an agent and the store's leader are killed or paused in turn.
// Repeat a run with CKE_SEED=<printed seed>.
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from "vitest";
import { isUp } from "../../scripts/up/cluster/bring-up-view.ts";
import { sendSignal } from "../../scripts/up/daemon.ts";
import { clusterName } from "./cluster-name.ts";
import { HaDeployment, leaderTtlSeconds, type StoreKind } from "./ha-deployment.ts";
import { kernelIdentities } from "./identities/kernel-identities.ts";
import { duplicateTasks, tasksComplete } from "./mesos-master.ts";
import { seededRandom } from "./seeded-random.ts";
import { ServiceProbe } from "./service-probe.ts";
import { waitFor } from "./wait-for.ts";

const rounds = Number(process.env.CKE_HA_ROUNDS ?? 20);
const cluster = clusterName("served");
const random = seededRandom(Number(process.env.CKE_SEED ?? Date.now() % 2 ** 31));
console.log(`CKE_SEED=${random.seed}`);

const victims = ["leader", "Mesos master", "agent", "store leader"] as const;
const ways = ["kill -9", "pause"] as const;

/** One master on the first agent and a worker on each agent. */
function body(deployment: HaDeployment) {
  return {
    cluster_name: cluster,
    network: deployment.network,
    kubenodes: [
      { name: "master", type: "master", host: "agent-1", node_ip: `${deployment.prefix}.10` },
      { name: "node0", type: "node", host: "agent-1", node_ip: `${deployment.prefix}.11` },
      { name: "node1", type: "node", host: "agent-2", node_ip: `${deployment.prefix}.12` },
    ],
  };
}

/** A cluster that no agent has room for. It costs nothing, and shows whether an accepted POST (201) is kept. */
const waiting = (name: string, deployment: HaDeployment, index: number) => ({
  cluster_name: name,
  network: deployment.network,
  kubenodes: [{ name: "master", type: "master", host: "nowhere", node_ip: `${deployment.prefix}.${100 + index}` }],
});

describe.each<StoreKind>(["etcd", "zookeeper"])("on %s", (kind) => {
  const deployment = new HaDeployment(kind);
  const probe = new ServiceProbe(deployment);
  let processes: Record<string, string> = {};
  let broken = false;
  const takeOvers: number[] = [];
  const settlings: number[] = [];

  beforeAll(() => deployment.start());
  afterAll(async () => {
    probe.stop();
    await deployment.stop();
  });

  /** Kills or pauses something, and starts again what its supervisor would start again. */
  async function strike(victim: (typeof victims)[number], way: (typeof ways)[number]): Promise<void> {
    const outage = random.between(0, 2_000);
    // Longer than the lease, so that another scheduler leads when it continues. Shorter than Mesos needs to give an
    // agent up.
    const pause = leaderTtlSeconds * 1_000 + random.between(500, 3_000);
    if (victim === "store leader") {
      const server = await waitFor("a member of the store to lead", () => deployment.storeLeader());
      await (way === "kill -9" ? server.kill() : server.pause());
      await delay(way === "kill -9" ? outage : pause);
      if (way === "kill -9") await server.start();
      else server.resume();
      return;
    }
    const instance =
      victim === "leader"
        ? await deployment.leader()
        : victim === "Mesos master"
          ? deployment.master
          : deployment.agents[random.between(0, 1)];
    const pid = instance?.daemon.pid();
    if (instance === undefined || pid === undefined) throw new Error(`no ${victim} runs`);
    const struck = performance.now();
    if (way === "kill -9") await instance.daemon.kill();
    else sendSignal(pid, "SIGSTOP");
    if (victim === "leader") {
      const next = await waitFor("another leader", async () => {
        const leader = await deployment.leader();
        return leader === instance ? undefined : leader;
      });
      takeOvers.push(performance.now() - struck);
      console.log(`  ${next.name} leads after ${((performance.now() - struck) / 1000).toFixed(1)} s`);
    }
    await delay(Math.max(0, (way === "kill -9" ? outage : pause) - (performance.now() - struck)));
    if (way === "pause") sendSignal(pid, "SIGCONT");
    else if (victim === "leader") deployment.startScheduler(instance);
    else if (victim === "agent") deployment.startAgent(instance);
    else deployment.startMaster();
  }

  /** Posts to any scheduler that runs; true for the answer 201. */
  async function post(name: string, index: number): Promise<boolean> {
    const alive = deployment.schedulers.filter(({ daemon }) => daemon.pid() !== undefined);
    const chosen = alive[random.between(0, alive.length - 1)];
    if (chosen === undefined) return false;
    return deployment
      .api(chosen)
      .create(waiting(name, deployment, index))
      .then(
        () => true,
        () => false,
      );
  }

  /** Deletes it, and waits until it is gone. */
  async function removed(name: string): Promise<void> {
    await deployment.asked(`the delete of ${name}`, async (api) => {
      if ((await api.state(name)) !== undefined) await api.remove(name);
    });
    const isGone = async () => (await deployment.api(await deployment.leader()).state(name)) === undefined;
    await waitFor(`${name} to be gone`, isGone, () => deployment.words());
  }

  async function settled(): Promise<void> {
    const started = performance.now();
    await waitFor(
      "the cluster to be well known and well",
      async () => {
        const state = await deployment.api(await deployment.leader()).state(cluster);
        if (state === undefined || !isUp(state) || state.status !== "running") return false;
        return tasksComplete(await deployment.tasks(), state) && deployment.executors().length === state.nodes.length;
      },
      () => deployment.words(),
    );
    settlings.push(performance.now() - started);
  }

  test("a cluster over two agents comes up and serves", async () => {
    const first = deployment.schedulers[0];
    if (first === undefined) throw new Error("no scheduler");
    // Any scheduler will do, because followers pass requests on.
    const api = deployment.api(first);
    await waitFor("the cluster to be taken", async () => {
      if ((await api.state(cluster)) === undefined) await api.create(body(deployment));
      return true;
    });
    await settled();
    await probe.start(cluster, [`${deployment.prefix}.11`, `${deployment.prefix}.12`]);
    processes = await kernelIdentities(deployment.label);
    expect(Object.keys(processes).length).toBeGreaterThanOrEqual(10);
  });

  test.each(Array.from({ length: rounds }, (_, index) => index))("round %d", async (index) => {
    if (Object.keys(processes).length === 0) throw new Error("there is no cluster to strike at");
    if (broken) throw new Error("an earlier round has failed: what it left is not struck");
    onTestFailed(() => {
      broken = true;
    });
    const victim = victims[index % victims.length] ?? "leader";
    const way = ways[Math.floor(index / victims.length) % ways.length] ?? "kill -9";
    console.log(`${kind} round ${index}: ${way} ${victim}`);
    const name = `asked-${index}`;
    const posted = delay(random.between(0, 3_000)).then(() => post(name, index));
    await delay(random.between(0, 1_500));
    await strike(victim, way);
    const accepted = await posted;
    await settled();
    const clusters = await deployment.asked("the list of clusters", (api) => api.clusters());
    if (accepted) expect(clusters).toContain(name);
    // Without an answer the POST may have been carried out or not. The round removes the cluster if it exists.
    if (clusters.includes(name)) await removed(name);
    expect(await kernelIdentities(deployment.label)).toEqual(processes);
    expect(duplicateTasks(await deployment.tasks())).toEqual([]);
    expect(probe.missed()).toEqual([]);
  });

  test("the figures, and delete leaves nothing", async () => {
    const seconds = (values: readonly number[]) =>
      `${(Math.max(0, ...values) / 1000).toFixed(1)} s at most, ${(values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length) / 1000).toFixed(1)} s on average`;
    console.log(
      `${kind}: take-over ${seconds(takeOvers)}; settled ${seconds(settlings)}; the Service answered ${probe.answered} times, missed ${probe.missed().length}`,
    );
    expect(probe.answered).toBeGreaterThan(rounds);
    probe.stop();
    await removed(cluster);
    await waitFor("executors to end", async () => deployment.executors().length === 0);
    expect(await deployment.leftovers()).toEqual([]);
  });
});
