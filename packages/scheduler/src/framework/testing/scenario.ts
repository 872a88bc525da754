// A scheduler over a fake Mesos, for tests that read as scripts: offer, expectLaunched, running, tick.
import { type CkeError, silentLogger } from "@cke/foundation";
import { type ProcessStateInit, type ProcessTask, TaskData, TaskReport } from "@cke/protocol";
import type { WorkloadChannels } from "../../channel/workload-channels.ts";
import type { SchedulerOptions } from "../../flags/framework-options.ts";
import type { KubernetesClient } from "../../kubernetes/access/kubernetes-client.ts";
import type { ClusterPki } from "../../kubernetes/kubernetes-options.ts";
import type { EtcdOfClusters } from "../../kubernetes/masters/etcd-actions.ts";
import { commitForInstance } from "../../kubernetes/pki/cluster-instance.ts";
import type { ClusterAuthorities } from "../../kubernetes/pki/key-material.ts";
import type { NodeRenderer } from "../../kubernetes/rendering/current-renderer.ts";
import type { NodeActions } from "../../kubernetes/steps/node-action.ts";
import { sampleConfiguration } from "../../kubernetes/testing/sample-configuration.ts";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import type { RunningClusterService } from "../../kubernetes/views/cluster-service.ts";
import type { NodeService } from "../../kubernetes/views/node-service.ts";
import type { ProcessService } from "../../kubernetes/views/process-service.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import type { Store } from "../../store/store.ts";
import { isResourceTask } from "../../workload/records/resource-tasks.ts";
import type { FakeTask } from "./fake-ledger.ts";
import { FakeMesos } from "./fake-mesos.ts";
import { ManualClock, settle } from "./manual-clock.ts";
import { testScheduler } from "./test-scheduler.ts";

const pair = { certificate: "certificate", privateKey: "key" };
const authorities = (cluster: string): ClusterAuthorities => ({
  version: 1,
  cluster,
  createdAt: "",
  kubernetes: pair,
  etcd: pair,
  frontProxy: pair,
  serviceAccount: { publicKey: "", privateKey: "" },
  adminToken: `token-of-${cluster}`,
});

/** Secrets without cryptography, stored like the real ones. */
export function fakePki(store: Store): ClusterPki {
  return {
    authorities: async (instance) => {
      const { name } = instance;
      await commitForInstance(store, instance, [
        { op: "put", key: `pki/${name}/authorities`, value: authorities(name) },
      ]);
      return authorities(name);
    },
    nodeSecrets: async (instance, { node }) => {
      await commitForInstance(store, instance, [
        { op: "put", key: `pki/${instance.name}/nodes/${node}`, value: "secrets" },
      ]);
      return { "etcd.crt": `etcd certificate of ${node}`, "sa.key": "not for everybody" };
    },
    deleteOperations: async (cluster) =>
      (await store.keys(`pki/${cluster}/`)).map((key) => ({ op: "delete" as const, key })),
    deleteNodeOperations: async (cluster, node) =>
      (await store.keys(`pki/${cluster}/nodes/`))
        .filter((key) => key.endsWith(`/${node}`))
        .map((key) => ({ op: "delete" as const, key })),
    sweep: async () => undefined,
  };
}

export const testOptions: SchedulerOptions = {
  name: "cke-test",
  user: "root",
  roles: ["cke"],
  failoverSeconds: 86_000,
  partitionGraceSeconds: 600,
  executor: "cke-k8s-exec",
  executorUrl: "http://127.0.0.1:8512",
  cfsQuota: false,
  imagePath: "reg.mg.hcbss/open",
  logLevel: "info",
  configurations: new Map([["1.36", sampleConfiguration()]]),
};

const encode = (report: Parameters<typeof TaskReport.encode>[0]) =>
  Buffer.from(TaskReport.encode(report)).toString("base64");

export const nodeReport = (step: string, detail = "", containerId = "", data = "") =>
  encode({ report: { kind: "unit", value: { launchStep: step, detail, containerId, data } } });

/** `processVersion`: of what the process follows; "" from an executor of an earlier version. */
export const processReport = (
  state: ProcessStateInit,
  processVersion = "",
  more: { readonly processProblem?: string; readonly processProblemVersion?: string } = {},
) => encode({ report: { kind: "process", value: state }, processVersion, ...more });

/** What a process was launched with. */
export function launchedProcess({ info }: FakeTask): ProcessTask | undefined {
  const { task } = TaskData.decode(new Uint8Array(Buffer.from(info.data ?? "", "base64")));
  return task?.kind === "process" ? task.value : undefined;
}

export interface ScenarioOptions {
  readonly store?: Store;
  readonly options?: Partial<SchedulerOptions>;
  readonly renderer?: NodeRenderer;
  /** To executors of VMs; default: none can be opened. */
  readonly channels?: Pick<WorkloadChannels, "open">;
  /** What plans may do to nodes. */
  readonly actions?: NodeActions;
  /** The clusters' API servers; default: none can be reached. */
  readonly client?: KubernetesClient;
  /** The etcds of its clusters; default: none can be reached. */
  readonly etcd?: EtcdOfClusters;
  /** Docker networks that some host is known to have; default: those of the sample bodies. */
  readonly networks?: readonly string[];
}

/** A host that told of itself long ago: enough to know that a network is there, not to refuse anything. */
const knownHost = (networks: readonly string[]) => ({
  hostname: "known",
  atMs: 1_799_999_000_000,
  networks: networks.map((name) => ({ name, driver: "bridge", scope: "local", ranges: [] })),
  images: [],
});

export class Scenario {
  readonly clock = new ManualClock();
  readonly mesos = new FakeMesos(() => this.clock.now());
  readonly store: Store;
  readonly fatal: CkeError[] = [];
  #options: SchedulerOptions;
  #renderer: NodeRenderer | undefined;
  readonly #networks: readonly string[];
  readonly #kubernetes: Pick<ScenarioOptions, "actions" | "channels" | "client" | "etcd">;
  #launches = 0;
  scheduler: ReturnType<typeof testScheduler>;

  constructor({
    store = new MemoryStore(),
    options = {},
    renderer,
    actions,
    channels,
    client,
    etcd,
    networks = ["net", "spidernet-vpc56173cke"],
  }: ScenarioOptions = {}) {
    this.store = store;
    this.#networks = networks;
    this.#renderer = renderer;
    const given = { actions, channels, client, etcd };
    this.#kubernetes = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    this.#options = { ...testOptions, ...options };
    this.scheduler = this.#make(store);
  }

  get clusters(): RunningClusterService {
    return this.scheduler.clusters;
  }

  get processes(): ProcessService {
    return this.scheduler.processes;
  }

  get nodes(): NodeService {
    return this.scheduler.nodes;
  }

  #make(store: Store) {
    return testScheduler({
      options: this.#options,
      store,
      pki: fakePki(store),
      connect: this.mesos.connect,
      clock: this.clock,
      logger: silentLogger,
      onFatal: (error) => this.fatal.push(error),
      incarnation: () => `i${++this.#launches}`,
      random: () => 0.5,
      renderer: this.#renderer,
      ...this.#kubernetes,
    });
  }

  async start(): Promise<this> {
    if (this.#networks.length > 0)
      await this.store.commit([{ op: "put", key: "agents/known", value: knownHost(this.#networks) }]);
    await this.clusters.start();
    await settle();
    return this;
  }

  /** These agents (default: one, `a`), and the small cluster. */
  static async created(...hostnames: readonly string[]): Promise<Scenario> {
    const s = await new Scenario().start();
    for (const hostname of hostnames.length === 0 ? ["a"] : hostnames) s.mesos.addAgent(hostname);
    await s.clusters.create(smallBody());
    await settle();
    return s;
  }

  /** The small cluster is launched on the first of these agents. */
  static async launched(...hostnames: readonly string[]): Promise<Scenario> {
    const s = await Scenario.created(...hostnames);
    await s.offer(hostnames[0] ?? "a");
    return s;
  }

  /** The small cluster runs on the first of these agents. */
  static async running(...hostnames: readonly string[]): Promise<Scenario> {
    const s = await Scenario.launched(...hostnames);
    await s.running("small", "m");
    return s;
  }

  /** What the next scheduler has: another version, other flags or files. */
  upgrade({ options, renderer }: Pick<ScenarioOptions, "options" | "renderer">): void {
    this.#options = { ...this.#options, ...options };
    this.#renderer = renderer;
  }

  /** The scheduler dies without a word and another one starts over the same store. */
  async restart(store: Store = this.store): Promise<void> {
    const old = this.clusters;
    this.scheduler = this.#make(store);
    await old.stop();
    await this.clusters.start();
    await settle();
  }

  async offer(...hostnames: readonly string[]): Promise<void> {
    this.mesos.offer(...hostnames);
    await settle();
  }

  async seconds(count: number): Promise<void> {
    await this.clock.advance(count * 1000);
    await settle();
  }

  /** Live tasks of a node as "process" names, the node's own as "node"; without those that only hold resources. */
  launched(cluster: string, node: string): readonly string[] {
    const tasks = this.tasksOf(cluster, node).filter((task) => !isResourceTask(task));
    return tasks.map(({ process }) => (process === "" ? "node" : process));
  }

  tasksOf(cluster: string, node: string): readonly FakeTask[] {
    return this.mesos.live().filter(({ executorId }) => executorId.startsWith(`cke.${cluster}.${node}.`));
  }

  task(cluster: string, node: string, process = ""): FakeTask {
    const found = this.tasksOf(cluster, node).find((task) => task.process === process);
    if (found === undefined) throw new Error(`no live task ${cluster}/${node}/${process}`);
    return found;
  }

  id(cluster: string, node: string, process = ""): string {
    return this.task(cluster, node, process).info.task_id.value;
  }

  /** The node's container and all its processes come up and are healthy. */
  async running(cluster: string, node: string): Promise<void> {
    for (const task of this.tasksOf(cluster, node)) {
      const { info, process } = task;
      const launched = launchedProcess(task);
      const more = { resources: launched?.spec?.resources };
      // Of a task that holds resources there is nothing to report.
      const own = process === "" ? nodeReport("ready", "", "c1") : this.healthyReport(process, launched?.version, more);
      const data = isResourceTask({ process }) ? {} : { data: own };
      this.mesos.update(info.task_id.value, "TASK_RUNNING", { healthy: true, ...data });
    }
    await settle();
  }

  healthyReport(process: string, version = "", more: ProcessStateInit = {}): string {
    const configuration = sampleConfiguration();
    const conf = Object.values(configuration.nodes)
      .flatMap(({ processes }) => processes)
      .find(({ name }) => name === process);
    const passed = (probe: { readonly name: string; readonly phase: string }) => ({
      ...probe,
      passing: true,
      everPassed: true,
    });
    const state: ProcessStateInit = {
      name: process,
      phase: "running",
      healthy: true,
      pid: 7,
      health: (conf?.health ?? []).map(({ name, phase }) => passed({ name, phase })),
      startWhen: (conf?.startWhen ?? []).map(({ name, phase }) => passed({ name, phase })),
      ...more,
    };
    return processReport(state, version);
  }

  callsOf(type: string): readonly unknown[] {
    return this.mesos.calls.filter((call) => call.type === type);
  }

  /** But for what is known of agents, which outlives clusters. */
  async keys(): Promise<readonly string[]> {
    return (await this.store.list("")).map(({ key }) => key).filter((key) => !key.startsWith("agents/"));
  }
}
