// An API server in memory, for tests of addresses: Services and EndpointSlices with list and watch, status of Services, events.
import { ClusterUnreachableError, KubernetesApiError } from "../../access/access-errors.ts";
import type { KubernetesClient, KubernetesRequest } from "../../access/kubernetes-client.ts";
import type { KubernetesWatches } from "../../access/kubernetes-watch.ts";

interface FakeObject {
  readonly metadata: {
    readonly uid: string;
    readonly namespace: string;
    readonly name: string;
    readonly resourceVersion: string;
    readonly creationTimestamp: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}
type Collection = "services" | "endpointslices";
interface Watcher {
  readonly collection: Collection;
  readonly lines: unknown[];
  wake: () => void;
}

export class FakeServices implements KubernetesClient, KubernetesWatches {
  readonly objects = { services: new Map<string, FakeObject>(), endpointslices: new Map<string, FakeObject>() };
  readonly events: { readonly reason: string; readonly message: string; readonly name: string }[] = [];
  readonly asked: string[] = [];
  readonly watchers = new Set<Watcher>();
  /** What a request fails with, once. */
  failure: Error | undefined;
  /** It is before 1.31: it knows no field selector of Services. */
  old = false;
  /** Names of Services whose status and events nobody may write. */
  readonly refused = new Set<string>();
  /** Names of Services whose status is written after the time of the request, or never. */
  readonly silent = new Set<string>();
  /** Of the pages that were asked for. */
  readonly limits: string[] = [];
  /** An answer to a status that is lost: it was done. */
  loseAnswer: Error | undefined;
  #version = 10;

  put(collection: Collection, name: string, more: Readonly<Record<string, unknown>> = {}, metadata: object = {}): void {
    this.#version += 1;
    const before = this.objects[collection].get(name);
    const object: FakeObject = {
      ...before,
      ...more,
      metadata: {
        ...{ uid: `uid-${name}`, namespace: "shop", name },
        creationTimestamp: before?.metadata.creationTimestamp ?? new Date(this.#version * 1_000).toISOString(),
        ...metadata,
        resourceVersion: String(this.#version),
      },
    };
    this.objects[collection].set(name, object);
    this.#tell(collection, before === undefined ? "ADDED" : "MODIFIED", object);
  }

  service(name: string, spec: Readonly<Record<string, unknown>> = {}, metadata: object = {}): void {
    this.put("services", name, { spec: { type: "LoadBalancer", ...spec } }, metadata);
  }

  slice(name: string, service: string, ...nodes: readonly string[]): void {
    const endpoints = nodes.map((nodeName) => ({ nodeName, conditions: { ready: true } }));
    this.put("endpointslices", name, { endpoints }, { labels: { "kubernetes.io/service-name": service } });
  }

  delete(collection: Collection, name: string): void {
    const object = this.objects[collection].get(name);
    this.#version += 1;
    this.objects[collection].delete(name);
    if (object !== undefined)
      this.#tell(collection, "DELETED", {
        ...object,
        metadata: { ...object.metadata, resourceVersion: String(this.#version) },
      });
  }

  /** Addresses in the statuses of Services. */
  addresses(): Readonly<Record<string, string>> {
    const entries = [...this.objects.services].map(([name, { status }]): [string, string] => {
      const { loadBalancer } = (status ?? {}) as { readonly loadBalancer?: { readonly ingress: { ip: string }[] } };
      return [name, loadBalancer?.ingress.map(({ ip }) => ip).join() ?? ""];
    });
    return Object.fromEntries(entries);
  }

  async request(cluster: string, { method, path, body }: KubernetesRequest): Promise<unknown> {
    const [pathname = "", query = ""] = path.split("?");
    this.asked.push(`${method} ${pathname}`);
    const limit = new URLSearchParams(query).get("limit");
    if (limit !== null) this.limits.push(limit);
    if (this.failure !== undefined) {
      const { failure } = this;
      this.failure = undefined;
      throw failure;
    }
    const fail = (status: number) => {
      throw new KubernetesApiError(cluster, { status, reason: "", message: `status ${status}` });
    };
    if (method === "POST") return this.#event(body, fail);
    if (method === "PATCH") return this.#status(pathname.split("/").at(-2) ?? "", body, fail);
    const collection = pathname.endsWith("/services") ? "services" : "endpointslices";
    const parameters = new URLSearchParams(query);
    if (this.old && parameters.has("fieldSelector")) return fail(400);
    return {
      metadata: { resourceVersion: String(this.#version) },
      items: [...this.objects[collection].values()].filter((one) => selects(parameters, one)),
    };
  }

  async *watch(_cluster: string, path: string, signal: AbortSignal): AsyncGenerator<unknown> {
    const parameters = new URLSearchParams(path.split("?")[1]);
    const collection = path.startsWith("/api/v1/services") ? "services" : "endpointslices";
    this.asked.push(`WATCH ${collection} from ${parameters.get("resourceVersion")}`);
    const watcher: Watcher = { collection, lines: [], wake: () => {} };
    this.watchers.add(watcher);
    signal.addEventListener("abort", () => watcher.wake(), { once: true });
    try {
      for (;;) {
        signal.throwIfAborted();
        for (const line of watcher.lines.splice(0)) {
          if (line instanceof Error) throw line;
          yield line;
        }
        if (watcher.lines.length === 0 && !signal.aborted)
          await new Promise<void>((resolve) => {
            watcher.wake = resolve;
          });
      }
    } finally {
      this.watchers.delete(watcher);
    }
  }

  /** A line for every watch, or an error that ends it. */
  send(line: unknown): void {
    for (const watcher of this.watchers) {
      watcher.lines.push(line);
      watcher.wake();
    }
  }

  #tell(collection: Collection, type: string, object: FakeObject): void {
    for (const watcher of this.watchers)
      if (watcher.collection === collection) {
        watcher.lines.push({ type, object });
        watcher.wake();
      }
  }

  #event(body: unknown, fail: (status: number) => void) {
    const { reason, message, metadata, involvedObject } = body as {
      readonly reason: string;
      readonly message: string;
      readonly metadata: { readonly name: string };
      readonly involvedObject: { readonly name: string };
    };
    if (this.refused.has(involvedObject.name)) return fail(422);
    if (this.events.some(({ name }) => name === metadata.name)) return fail(409);
    this.events.push({ reason, message, name: metadata.name });
    return body;
  }

  #status(name: string, body: unknown, fail: (status: number) => void) {
    const { metadata, status } = body as {
      readonly metadata: { readonly resourceVersion: string };
      readonly status: object;
    };
    const object = this.objects.services.get(name);
    if (object === undefined) return fail(404);
    if (this.refused.has(name)) return fail(422);
    if (this.silent.has(name)) throw new ClusterUnreachableError("c", "no answer within 5 s", { perhapsDone: true });
    if (object.metadata.resourceVersion !== metadata.resourceVersion) return fail(409);
    this.put("services", name, { status });
    if (this.loseAnswer !== undefined) throw this.loseAnswer;
    return this.objects.services.get(name);
  }
}

function selects(parameters: URLSearchParams, { spec, metadata }: FakeObject): boolean {
  const field = parameters.get("fieldSelector");
  if (field !== null) return field === `spec.type=${(spec as { readonly type: string }).type}`;
  const [, names] = /\((.*)\)/.exec(parameters.get("labelSelector") ?? "") ?? [];
  return names === undefined || names.split(",").includes(metadata.labels?.["kubernetes.io/service-name"] ?? "");
}
