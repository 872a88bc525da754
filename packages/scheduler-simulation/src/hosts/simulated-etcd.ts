// The etcds of simulated clusters: a model of the members of each, whose data directories are those of the containers. An etcd
// runs while its container does; the scheduler reaches it while an executor runs it on an agent in reach. Answers take time, and
// may be lost.
import type { Clock } from "@cke/foundation";
import { clusterSpecSchema } from "@cke/scheduler/kubernetes/cluster/cluster-spec";
import type { EtcdTransport } from "@cke/scheduler/kubernetes/etcd/etcd-gateway";
import { FakeEtcd } from "@cke/scheduler/kubernetes/etcd/testing/fake-etcd";
import { etcdMaster, etcdTopology } from "@cke/scheduler/kubernetes/rendering/etcd-topology";
import { nodeOf, workloadOf } from "../scheduler/stored-nodes.ts";
import type { Container, Hosts } from "./container.ts";

export interface SimulatedEtcdOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly hosts: Hosts;
  /** What the store holds. */
  readonly values: ReadonlyMap<string, unknown>;
  /** Processes that really run on agents in reach: `<cluster>/<node>/<process>`, and their hosts. */
  readonly live: () => readonly { readonly key: string; readonly hostname: string }[];
  /** True when this request, or its answer, is to be lost. */
  readonly lost: () => boolean;
  readonly note: (words: string) => void;
}

interface MasterContainer {
  readonly node: string;
  readonly host: string;
  readonly executorId: string;
  readonly running: boolean;
  /** The data directory: of one instance of a node, on one disk of one host. */
  readonly data: string;
}

/** An etcd that stopped so recently may not be known as stopped by the scheduler. */
const noticeMs = 120_000;

export class SimulatedEtcd {
  readonly #options: SimulatedEtcdOptions;
  readonly #clusters = new Map<string, FakeEtcd>();
  readonly #begun = new Set<string>();
  /** Containers by the order of their first look: data on a disk that was wiped is other data than what comes there later. */
  readonly #disks = new WeakMap<Container, number>();
  #lastDisk = 0;
  /** When a member's etcd was last seen to have stopped, by cluster. */
  readonly #stoppedMs = new Map<string, number>();
  readonly #ran = new Map<string, ReadonlySet<string>>();
  readonly #told = new WeakMap<FakeEtcd, number>();

  constructor(options: SimulatedEtcdOptions) {
    this.#options = options;
  }

  /** The model of one cluster, with what its masters have begun since the last look. */
  of(cluster: string): FakeEtcd {
    let etcd = this.#clusters.get(cluster) ?? this.#model(cluster);
    // Where no member has data any more, the masters found their etcd anew.
    const kept = new Set(this.#containers(cluster).map(({ data }) => data));
    if (etcd.data.length > 0 && !etcd.data.some((data) => kept.has(data))) {
      this.#options.note(`etcd of ${cluster} has lost all data`);
      etcd = this.#model(cluster);
    }
    this.#clusters.set(cluster, etcd);
    this.#begin(cluster, etcd);
    return etcd;
  }

  /** A cluster of that name begins anew. */
  forget(cluster: string): void {
    this.#clusters.delete(cluster);
  }

  /**
   * What was done to etcds since the last look that must not be done: a second founding, a removal that cost the majority,
   * a vote for a member that does not run. The scheduler cannot know of an etcd that has just stopped; that is no harm.
   */
  look(clusters: readonly string[]): readonly string[] {
    const now = this.#options.clock.now();
    return clusters.flatMap((cluster) => {
      const etcd = this.of(cluster);
      const running = new Set(this.#running(cluster).map(({ data }) => data));
      const stopped = [...(this.#ran.get(cluster) ?? [])].some((data) => !running.has(data));
      if (stopped) this.#stoppedMs.set(cluster, now);
      this.#ran.set(cluster, running);
      const harm = etcd.harm.slice(this.#told.get(etcd) ?? 0);
      this.#told.set(etcd, etcd.harm.length);
      const surprised = now - (this.#stoppedMs.get(cluster) ?? Number.NEGATIVE_INFINITY) < noticeMs;
      for (const words of harm) this.#options.note(`etcd of ${cluster}: ${words}${surprised ? " (just stopped)" : ""}`);
      return harm
        .filter((words) => !surprised || /founds|added/.test(words))
        .map((words) => `etcd of ${cluster}: ${words}`);
    });
  }

  #model(cluster: string): FakeEtcd {
    return new FakeEtcd({
      runs: (data) => this.#begun.has(data) && this.#running(cluster).some((one) => one.data === data),
      reached: (node) => this.#reached(cluster, node),
    });
  }

  transport(cluster: string, signal: AbortSignal): EtcdTransport {
    const { clock, random, lost, note } = this.#options;
    return {
      post: async (node, path, body) => {
        await clock.sleep(1 + random() * 200, signal);
        if (lost()) throw new Error("the connection broke");
        const answer = await this.of(cluster).post(node, path, body);
        if (!path.endsWith("/status") && !path.endsWith("/list"))
          note(`etcd of ${cluster} at ${node}: ${path} ${body}`);
        if (lost()) throw new Error("the answer was lost");
        return answer;
      },
    };
  }

  /** Containers of masters that run, with their data directories. */
  #running(cluster: string): readonly MasterContainer[] {
    return this.#containers(cluster).filter(({ running }) => running);
  }

  #containers(cluster: string): readonly MasterContainer[] {
    return [...this.#options.hosts].flatMap(([host, containers]) =>
      [...containers].flatMap(([id, container]) => {
        const { nodeType, running, instance, executorId } = container;
        const [key = ""] = id.split("@");
        const [of = "", node = ""] = key.split("/");
        if (of !== cluster || nodeType !== "master") return [];
        const data = `${key}@${instance} on ${host}, disk ${this.#diskOf(container)}`;
        return [{ node, host, executorId, running, data }];
      }),
    );
  }

  #diskOf(container: Container): number {
    const known = this.#disks.get(container);
    if (known !== undefined) return known;
    this.#lastDisk += 1;
    this.#disks.set(container, this.#lastDisk);
    return this.#lastDisk;
  }

  #reached(cluster: string, node: string): string | undefined {
    const hosts = this.#options
      .live()
      .filter(({ key }) => key === `${cluster}/${node}/etcd`)
      .map(({ hostname }) => hostname);
    const found = this.#running(cluster).filter((one) => one.node === node && hosts.includes(one.host));
    // Of an old instance and a new one the scheduler knows the new one only.
    return found.find(({ data }) => data.startsWith(`${cluster}/${node}@${this.#instanceOf(cluster, node)} `))?.data;
  }

  #instanceOf(cluster: string, node: string): string {
    const stored = this.#options.values.get(`units/${cluster}/${node}`);
    return stored === undefined ? "" : nodeOf(stored).instance;
  }

  /** The executor that is to run the master's etcd now. One that only cleans a host up has no etcd, nor one of an earlier instance. */
  #executorWithEtcd(cluster: string, node: string): string | undefined {
    const stored = this.#options.values.get(`units/${cluster}/${node}`);
    const launch = stored === undefined ? undefined : nodeOf(stored).launch;
    return launch?.tasks.some(({ process }) => process === "etcd") ? launch.executorId : undefined;
  }

  /** Each etcd that begins with an empty data directory does so by what its master was told. */
  #begin(cluster: string, etcd: FakeEtcd): void {
    const stored = this.#options.values.get(`workloads/${cluster}`);
    if (stored === undefined) return;
    const spec = clusterSpecSchema.parse(workloadOf(stored).spec);
    for (const { node, data, executorId } of this.#running(cluster)) {
      if (executorId !== this.#executorWithEtcd(cluster, node)) continue;
      const master = spec.units.find(({ name }) => name === node);
      if (master === undefined || this.#begun.has(data)) continue;
      const { member, peerUrl } = etcdMaster(spec, master);
      const urls = etcdTopology(spec, master).etcdMembers.map((one) => etcdMaster(spec, one).peerUrl);
      const why = etcd.begins(data, member, peerUrl, urls, master.joins === undefined ? "new" : "existing");
      this.#options.note(`etcd of ${data} ${why === "" ? "begins" : `ends: ${why}`}`);
      if (why === "") this.#begun.add(data);
    }
  }
}
