// An API server in memory, for tests of what plans do to nodes: Node objects, pods with PodDisruptionBudgets, evictions.
import { ClusterUnreachableError, KubernetesApiError } from "../access/access-errors.ts";
import type { KubernetesClient, KubernetesRequest } from "../access/kubernetes-client.ts";

export interface FakePod {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Kind of its controller. */
  readonly owner?: string;
  readonly phase?: string;
  /** It is being deleted. */
  ending?: boolean;
}

interface FakeNode {
  unschedulable: boolean;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  taints: { readonly key: string; readonly value?: string; readonly effect: string }[];
  /** What its kubelet last said, or what is said of one that says nothing any more. Absent: "True". */
  ready?: "True" | "False" | "Unknown";
}

export class FakeKubernetes implements KubernetesClient {
  readonly nodes = new Map<string, FakeNode>();
  pods: FakePod[] = [];
  /** Labels of protected pods by the budget's name; in every namespace. */
  readonly budgets = new Map<string, Readonly<Record<string, string>>>();
  readonly asked: string[] = [];
  reachable = true;
  /** False: a deleted pod stays as "ending", as while no kubelet answers. */
  kubelets = true;

  register(...names: readonly string[]): void {
    for (const name of names) this.nodes.set(name, { unschedulable: false, labels: {}, annotations: {}, taints: [] });
  }

  async request(cluster: string, { method, path, body }: KubernetesRequest): Promise<unknown> {
    this.asked.push(`${method} ${path.split("?")[0]}`);
    if (!this.reachable) throw new ClusterUnreachableError(cluster, "no master answers");
    const [pathname = "", query = ""] = path.split("?");
    const parts = pathname.split("/").slice(1).map(decodeURIComponent);
    const fail = (status: number, reason: string, message: string) => {
      throw new KubernetesApiError(cluster, { status, reason, message });
    };
    if (parts[2] === "nodes" && parts[3] !== undefined) return this.#node(method, parts[3], body, fail);
    if (parts[2] === "pods") return { items: this.#podsOn(new URLSearchParams(query).get("fieldSelector") ?? "") };
    if (parts.at(-1) === "poddisruptionbudgets") return { items: this.#budgets() };
    const [, , , namespace = "", , name = ""] = parts;
    const pod = this.pods.find((one) => one.namespace === namespace && one.name === name);
    if (pod === undefined) return fail(404, "NotFound", `pods "${name}" not found`);
    if (method === "POST" && this.#blocks(pod))
      return fail(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.");
    if (this.kubelets) this.pods = this.pods.filter((one) => one !== pod);
    else pod.ending = true;
    return { kind: "Status", status: "Success" };
  }

  #node(method: string, name: string, body: unknown, fail: (status: number, reason: string, message: string) => void) {
    const node = this.nodes.get(name);
    if (node === undefined) return fail(404, "NotFound", `nodes "${name}" not found`);
    if (method === "DELETE") {
      this.nodes.delete(name);
      this.pods = this.pods.filter((pod) => pod.node !== name);
    }
    if (method === "PATCH") Object.assign(node, patched(node, body));
    const { labels, annotations, taints, unschedulable, ready: status = "True" } = node;
    const conditions = [
      { type: "MemoryPressure", status: "False" },
      { type: "Ready", status },
    ];
    return { metadata: { name, labels, annotations }, spec: { taints, unschedulable }, status: { conditions } };
  }

  #podsOn(selector: string) {
    return this.pods
      .filter(({ node }) => selector === `spec.nodeName=${node}`)
      .map(({ namespace, name, labels = {}, annotations = {}, owner, phase = "Running", ending }) => ({
        metadata: {
          ...{ namespace, name, labels, annotations, uid: `uid-${name}` },
          ...(ending === true ? { deletionTimestamp: "2027-01-15T08:00:00Z" } : {}),
          ownerReferences: owner === undefined ? [] : [{ kind: owner, controller: true }],
        },
        status: { phase },
      }));
  }

  #budgets() {
    return [...this.budgets].map(([name, matchLabels]) => ({
      metadata: { name },
      spec: { selector: { matchLabels } },
      status: { disruptionsAllowed: 0 },
    }));
  }

  #blocks({ labels = {} }: FakePod): boolean {
    return [...this.budgets.values()].some((wanted) =>
      Object.entries(wanted).every(([key, value]) => labels[key] === value),
    );
  }
}

/** A merge patch of the fields that nodes have here. */
function patched(node: FakeNode, body: unknown): Partial<FakeNode> {
  const { spec, metadata } = body as {
    readonly spec?: Partial<Pick<FakeNode, "unschedulable" | "taints">>;
    readonly metadata?: Readonly<Record<"labels" | "annotations", Readonly<Record<string, string | null>> | undefined>>;
  };
  return {
    ...spec,
    labels: merged(node.labels, metadata?.labels),
    annotations: merged(node.annotations, metadata?.annotations),
  };
}

function merged(before: Readonly<Record<string, string>>, changes: Readonly<Record<string, string | null>> = {}) {
  const after = { ...before };
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) delete after[key];
    else after[key] = value;
  }
  return after;
}
