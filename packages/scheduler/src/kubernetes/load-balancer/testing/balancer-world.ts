// Clusters as the ledger has them, and one scheduler after the other over one store and one load balancer, each of which may die at any moment.
import { silentLogger } from "@cke/foundation";
import { ManualClock } from "../../../framework/testing/manual-clock.ts";
import { MemoryStore } from "../../../store/memory-store.ts";
import type { Store, StoreOperation } from "../../../store/store.ts";
import type { PresentWorkloads } from "../../../workload/kinds/workload-kind.ts";
import { newTaskRecord, newUnitRecord, type UnitRecord, workloadKey } from "../../../workload/records/records.ts";
import { sampleLaunch } from "../../testing/sample-records.ts";
import { LoadBalancer } from "../load-balancer.ts";
import { SpiderClient } from "../spider-client.ts";
import { type SampleCluster, sampleCluster } from "./sample-cluster.ts";
import type { Fate, StrictSpider } from "./strict-spider.ts";

const running: UnitRecord = {
  ...newUnitRecord("c", "n", ""),
  launch: sampleLaunch({
    tasks: [
      {
        ...newTaskRecord({ taskId: "t", process: "", configHash: "", failures: 0 }, 0),
        state: "TASK_RUNNING",
      },
    ],
  }),
};
export class BalancerWorld {
  readonly clock = new ManualClock();
  readonly store = new MemoryStore();
  readonly told: string[] = [];
  readonly spider: StrictSpider;
  readonly #clusters = new Map<string, ReturnType<typeof sampleCluster>>();
  /** Names of the nodes that do not run. */
  readonly down = new Set<string>();
  balancer: LoadBalancer;
  /** Counts down at each commit and each call; at 0 the scheduler is dead. */
  callsLeft = Number.POSITIVE_INFINITY;

  constructor(spider: StrictSpider) {
    this.spider = spider;
    this.balancer = this.#make();
  }

  async set(cluster: SampleCluster): Promise<void> {
    const record = sampleCluster(cluster);
    this.#clusters.set(record.spec.name, record);
    await this.store.commit([{ op: "put", key: workloadKey(record.spec.name), value: record }]);
  }

  /** As the framework removes one: its record goes in the same commit as what the load balancer says. */
  async remove(name: string): Promise<void> {
    const operations = this.balancer.deleteOperations(name);
    await this.store.commit([{ op: "delete", key: workloadKey(name) }, ...operations]);
    this.#clusters.delete(name);
    this.balancer.forget(name);
  }

  /** The scheduler is started again. */
  async restart(client: boolean = true): Promise<void> {
    this.callsLeft = Number.POSITIVE_INFINITY;
    await this.balancer.stop();
    this.balancer = this.#make(client);
    await this.balancer.load(this.#present());
  }

  /** Ticks until nothing is under way and nothing changes. A scheduler that dies is started again. */
  async settle(): Promise<void> {
    for (let idle = 0; idle < 3; ) {
      const before = [this.spider.requests.length, await this.store.keys("")].join();
      this.balancer.tick(this.#present());
      await this.balancer.idle();
      if (this.callsLeft <= 0) await this.restart();
      idle = [this.spider.requests.length, await this.store.keys("")].join() === before ? idle + 1 : 0;
    }
  }

  view(name: string) {
    const cluster = this.#clusters.get(name);
    return cluster && this.balancer.view(cluster);
  }

  #present(): PresentWorkloads {
    return {
      workloads: () => [...this.#clusters.values()],
      unitsOf: (name) =>
        (this.#clusters.get(name)?.spec.units ?? []).map(({ name: unit }) =>
          this.down.has(unit) ? newUnitRecord(name, unit, "") : { ...running, workload: name, unit },
        ),
      send: async () => {},
    };
  }

  #make(client = true): LoadBalancer {
    // A dead scheduler does nothing any more, whatever it was doing.
    const alive = { yes: true };
    const event = () => {
      if (this.callsLeft <= 0) alive.yes = false;
      else this.callsLeft -= 1;
      if (this.callsLeft <= 0) alive.yes = false;
      if (!alive.yes) throw new Error("killed");
    };
    const store: Store = {
      get: (key) => this.store.get(key),
      list: (prefix) => this.store.list(prefix),
      keys: (prefix) => this.store.keys(prefix),
      healthy: () => this.store.healthy(),
      close: () => this.store.close(),
      commit: async (operations: readonly StoreOperation[], guard) => {
        event();
        const done = await this.store.commit(operations, guard);
        event();
        return done;
      },
    };
    const mayCall = () => alive.yes && this.callsLeft > 0;
    const { endpoint } = this.spider;
    return new LoadBalancer({
      store,
      client: client ? new SpiderClient({ endpoint, mayCall, timeoutMs: 5_000 }) : undefined,
      tell: (level, cluster, words) => this.told.push(`${level} ${cluster}: ${words}`),
      certified: { has: () => false, problem: () => "" },
      clock: this.clock,
      logger: silentLogger,
    });
  }

  /** What becomes of a call: before and after its effect are moments in which the scheduler may die. */
  fate(): Fate {
    this.callsLeft -= 1;
    if (this.callsLeft <= 0) return "cut-before";
    this.callsLeft -= 1;
    return this.callsLeft <= 0 ? "cut-after" : "answer";
  }
}
