// The API servers of simulated clusters: they answer while a master's API server runs, know the Node objects of workers
// whose kubelet has run, and have pods, some of which a PodDisruptionBudget protects for a while. All answers take time, and may
// be lost.
import type { Clock } from "@cke/foundation";
import { ClusterUnreachableError } from "@cke/scheduler/kubernetes/access/access-errors";
import type { KubernetesClient, KubernetesRequest } from "@cke/scheduler/kubernetes/access/kubernetes-client";
import { FakeKubernetes } from "@cke/scheduler/kubernetes/testing/fake-kubernetes";

export interface SimulatedKubernetesOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Processes that really run: `<cluster>/<node>/<process>`. */
  readonly live: () => ReadonlySet<string>;
  /** True when this request, or its answer, is to be lost. */
  readonly lost: () => boolean;
  readonly note: (words: string) => void;
}

const app = "protected";
const budget = "stays";
const mostPods = 3;
/** A protected pod may go after this time, unless force lets it go before. */
const protectedMs = 300_000;

export class SimulatedKubernetes implements KubernetesClient {
  readonly #options: SimulatedKubernetesOptions;
  readonly #clusters = new Map<string, FakeKubernetes>();
  /** Workers that have registered, and got their pods. */
  readonly #met = new Set<string>();

  constructor(options: SimulatedKubernetesOptions) {
    this.#options = options;
  }

  async request(cluster: string, request: KubernetesRequest): Promise<unknown> {
    const { clock, random, lost, note } = this.#options;
    await clock.sleep(1 + random() * 200, request.signal);
    const live = this.#options.live();
    const answers = [...live].some((key) => key.startsWith(`${cluster}/`) && key.endsWith("/apiserver"));
    if (!answers) throw new ClusterUnreachableError(cluster, "no master runs");
    if (lost()) throw new ClusterUnreachableError(cluster, "the connection broke");
    const api = this.#of(cluster, live);
    note(`API of ${cluster}: ${request.method} ${request.path.split("?")[0]}`);
    const answer = await api.request(cluster, request);
    if (lost()) throw new ClusterUnreachableError(cluster, "the answer was lost", { perhapsDone: true });
    return answer;
  }

  /** Labels of a Node object; undefined when there is none. */
  labels(cluster: string, node: string): Readonly<Record<string, string>> | undefined {
    return this.#clusters.get(cluster)?.nodes.get(node)?.labels;
  }

  /** A cluster of that name begins anew. */
  forget(cluster: string): void {
    this.#clusters.delete(cluster);
    for (const key of [...this.#met]) if (key.startsWith(`${cluster}/`)) this.#met.delete(key);
  }

  #of(cluster: string, live: ReadonlySet<string>): FakeKubernetes {
    const api = this.#clusters.get(cluster) ?? new FakeKubernetes();
    this.#clusters.set(cluster, api);
    for (const key of live) {
      const [of = "", node = "", process = ""] = key.split("/");
      if (of !== cluster || process !== "kubelet" || this.#met.has(`${of}/${node}`)) continue;
      this.#met.add(`${of}/${node}`);
      api.register(node);
      this.#place(api, node);
    }
    return api;
  }

  #place(api: FakeKubernetes, node: string): void {
    const { random, clock } = this.#options;
    for (let index = 0; index < Math.floor(random() * (mostPods + 1)); index += 1) {
      const labels = random() < 0.5 ? { app } : { app: "free" };
      api.pods.push({ namespace: "default", name: `${node}-${index}`, node, owner: "ReplicaSet", labels });
    }
    if (random() < 0.5) return;
    api.budgets.set(budget, { app });
    clock.after(protectedMs, () => api.budgets.delete(budget));
  }
}
