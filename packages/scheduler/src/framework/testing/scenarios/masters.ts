// A scenario whose masters have etcd: a model of its members, whose data directories are those of the masters' instances.
import { clusterSpecSchema } from "../../../kubernetes/cluster/cluster-spec.ts";
import { parseConfiguration } from "../../../kubernetes/configuration/configuration-parser.ts";
import { FakeEtcd } from "../../../kubernetes/etcd/testing/fake-etcd.ts";
import { etcdMaster, etcdTopology } from "../../../kubernetes/rendering/etcd-topology.ts";
import { sampleConfigurationText } from "../../../kubernetes/testing/sample-configuration.ts";
import { smallBody } from "../../../kubernetes/testing/user-bodies.ts";
import { MemoryStore } from "../../../store/memory-store.ts";
import type { Store } from "../../../store/store.ts";
import { unitRecordSchema, workloadRecordSchema } from "../../../workload/records/records.ts";
import type { FakeTask } from "../fake-ledger.ts";
import { Partition } from "./partition.ts";
import { follow, ordersIn } from "./process-orders.ts";

/** Like the real one, its controllers elect a leader where there are several masters. */
export const mastersConfiguration = (balancer: boolean) =>
  parseConfiguration(
    "cke.conf-1.36.yaml",
    "1.36",
    sampleConfigurationText
      .replace(
        "cmd: /usr/local/bin/kube-controller-manager\n",
        "cmd: /usr/local/bin/kube-controller-manager\n        args: [{key: --leader-elect, value: $LEADER_ELECT}]\n",
      )
      .replace("Variables:\n", `Variables:\n${balancer ? "" : "  API_BALANCER_PORT: 0\n"}`),
  );

interface MastersOptions {
  readonly store?: Store;
  /** False: workers know the first master's address only. */
  readonly balancer?: boolean;
}

export const masterBody = (name: string, last: number) => ({ name, type: "master", node_ip: `10.0.0.${last}` });
const worker = { name: "w", type: "node", node_ip: "10.0.0.100" };

export class MastersScenario extends Partition {
  readonly etcd: FakeEtcd;
  /** Data directories whose etcd runs, by master. */
  readonly #up = new Map<string, string>();
  /** Those that were begun once. */
  readonly #begun = new Set<string>();
  readonly #hosts: string[] = [];
  readonly #lost = new Set<string>();
  /** Executors whose tasks were reported to run, and the number of calls that executors have answered. */
  readonly #reported = new Set<string>();
  #answered = 0;
  /** What an etcd said when it ended at once. */
  readonly refused: string[] = [];

  constructor({ store = new MemoryStore(), balancer = true }: MastersOptions) {
    const up = new Map<string, string>();
    const etcd = new FakeEtcd({
      runs: (data) => [...up.values()].includes(data),
      reached: (node) => up.get(node),
    });
    const configurations = new Map([["1.36", mastersConfiguration(balancer)]]);
    super({ store, options: { configurations }, etcd: () => etcd });
    this.etcd = etcd;
    this.#up = up;
  }

  /** A cluster with so many masters, m1 and on, and a worker; one agent for each, and two more. */
  static async cluster(count: number, options: MastersOptions = {}): Promise<MastersScenario> {
    const s = await new MastersScenario(options).start();
    const masters = Array.from({ length: count }, (_, index) => masterBody(`m${index + 1}`, index + 1));
    for (let index = 0; index < count + 3; index += 1) {
      s.#hosts.push(`h${index}`);
      s.mesos.addAgent(`h${index}`, { cpus: 16, mem: 65_536 });
    }
    await s.clusters.create(smallBody({ nodes: [...masters, worker] }));
    await s.settled();
    return s;
  }

  override tasksOf(cluster: string, node: string): readonly FakeTask[] {
    return super.tasksOf(cluster, node).filter(({ agentId }) => !this.#lost.has(agentId));
  }

  override async lose(hostname: string): Promise<void> {
    this.#lost.add(`S-${hostname}`);
    await super.lose(hostname);
  }

  override async returns(): Promise<void> {
    this.#lost.clear();
    await super.returns();
  }

  /** Everything that can be launched is launched and runs, with its etcd. */
  async settled(rounds = 4): Promise<void> {
    for (let round = 0; round < rounds; round += 1) {
      await this.offer(...this.#hosts.filter((host) => !this.#lost.has(`S-${host}`)));
      await this.#come();
      await this.#follow();
      await this.seconds(3);
    }
  }

  /** As `settled`, until the condition holds and no further: a busy machine pays for each round. Throws after a hundred of them. */
  async until(done: () => boolean): Promise<void> {
    for (let round = 0; !done(); round += 1) {
      if (round === 100) throw new Error(`no end of it in ${round} rounds: ${this.changes.join("; ")}`);
      await this.settled(1);
    }
  }

  /** No plan of the cluster goes on, and all of it runs. */
  get isAtRest(): boolean {
    return this.clusters.state("small").plan.changes.length === 0 && this.clusters.get("small").status === "running";
  }

  /** What is launched runs: every node with its processes, and every master with its etcd. */
  async #come(): Promise<void> {
    const stored = await this.store.get("workloads/small");
    if (stored === undefined) return;
    const spec = clusterSpecSchema.parse(workloadRecordSchema.parse(stored.value).spec);
    for (const node of spec.units) {
      if (this.launched("small", node.name).length === 0) {
        this.#up.delete(node.name);
        continue;
      }
      const { executorId } = this.task("small", node.name);
      if (!this.#reported.has(executorId)) await this.running("small", node.name);
      this.#reported.add(executorId);
      // A clean-up has no processes.
      if (node.type !== "master" || !this.launched("small", node.name).includes("etcd")) continue;
      const { instance } = await this.record(node.name);
      const data = `${node.name}@${instance}`;
      const { member, peerUrl } = etcdMaster(spec, node);
      const urls = etcdTopology(spec, node).etcdMembers.map((one) => etcdMaster(spec, one).peerUrl);
      const problem = this.#begun.has(data)
        ? ""
        : this.etcd.begins(data, member, peerUrl, urls, node.joins === undefined ? "new" : "existing");
      if (problem === "") {
        this.#begun.add(data);
        this.#up.set(node.name, data);
      } else this.refused.push(`${node.name}: ${problem}`);
    }
  }

  /** Executors do what they were told of their processes. */
  async #follow(): Promise<void> {
    const calls = this.mesos.calls.slice(this.#answered);
    this.#answered = this.mesos.calls.length;
    for (const call of calls) {
      if (call.type !== "MESSAGE") continue;
      const node = call.message.executor_id.value.split(".")[2] ?? "";
      for (const order of ordersIn(call.message.data))
        if (this.launched("small", node).includes(order.spec?.name ?? "")) await follow(this, "small", node, order);
    }
  }

  /** The agent of the master goes out of reach, and its host with it. */
  async loseMaster(node: string): Promise<void> {
    const { agentId } = this.task("small", node);
    this.#up.delete(node);
    await this.lose(agentId.replace(/^S-/, ""));
  }

  async record(node: string) {
    return unitRecordSchema.parse((await this.store.get(`units/small/${node}`))?.value);
  }

  get names(): string {
    return this.clusters
      .get("small")
      .nodes.map(({ name }) => name)
      .join(" ");
  }

  /** What goes on, in short: "remove going: m2: still on h1". */
  get changes(): readonly string[] {
    return this.clusters
      .state("small")
      .plan.changes.flatMap(({ stages }) =>
        stages.flatMap(({ action, units }) =>
          units
            .filter(({ status }) => status === "going" || status === "failed")
            .map(({ unit, status, reason }) => `${action} ${unit} ${status}: ${reason}`),
        ),
      );
  }
}
