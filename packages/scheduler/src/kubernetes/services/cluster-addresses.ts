// Gives the Services of one cluster their addresses: follows them, writes what was decided into their status, and says which node is to
// announce what. It waits for changes and asks for nothing again and again.
import { Backoff, CkeError, type Clock, messageOf } from "@cke/foundation";
import { ClusterUnreachableError, KubernetesApiError } from "../access/access-errors.ts";
import type { KubernetesClient } from "../access/kubernetes-client.ts";
import type { KubernetesWatches } from "../access/kubernetes-watch.ts";
import { spansOf } from "../ranges/address-pool.ts";
import { type Allocation, allocate } from "./address-allocation.ts";
import { type Announcement, announcements, mostNames } from "./announcements.ts";
import { LocalEndpoints } from "./local-endpoints.ts";
import { RequestRow } from "./request-row.ts";
import { ServiceEvents } from "./service-events.ts";
import { type LoadBalancerService, readService } from "./service-object.ts";
import { WatchedObjects } from "./watched-objects.ts";

export interface ClusterAddressesParts {
  readonly client: KubernetesClient;
  readonly watches: KubernetesWatches;
  readonly clock: Clock;
  readonly cluster: string;
  readonly pool: readonly string[];
  /** Addresses of the pool that are no Service's. */
  readonly reserved: readonly string[];
  /** Before this UNIX time nobody gets another address: what a former leader has sent may still be under way. */
  readonly givesFromMs: number;
  /** Names of the cluster's own workers: what else an EndpointSlice names announces nothing. */
  readonly workers: () => ReadonlySet<string>;
  /** Keeps what is to be announced; resolves when it is stored. */
  readonly announce: (announced: readonly Announcement[]) => Promise<void>;
  /** Why it cannot follow the cluster; "" when it can. */
  readonly onProblem: (problem: string) => void;
}

/** Refusals are told again after this time: an API server forgets events. */
const lookMs = 45 * 60_000;
/** Between two rounds of events, where there are many. */
const moreMs = 10_000;
/** A write that takes longer is looked for in what the watch says. It is shorter than the time in which no new leader gives addresses. */
const writeMs = 5_000;

export class ClusterAddresses {
  readonly #parts: ClusterAddressesParts;
  readonly #services: WatchedObjects<LoadBalancerService>;
  readonly #endpoints: LocalEndpoints;
  readonly #events: ServiceEvents;
  /** By uid: an address whose write may have been done, and the version of the Service that it was for. */
  readonly #unsettled = new Map<string, { readonly address: string; readonly version: string }>();
  /** By uid: Services whose last write was not answered. Others come first. */
  readonly #silent = new Set<string>();
  /** By part of the work. */
  readonly #problems = new Map<string, string>();
  #news = new AbortController();
  #announced = "";

  constructor(parts: ClusterAddressesParts) {
    this.#parts = parts;
    const { client, watches, clock, cluster } = parts;
    const onChange = () => this.#look();
    const shared = { client, watches, clock, cluster, onChange };
    this.#services = new WatchedObjects({
      ...{ ...shared, onAnswer: () => this.#note("services", "") },
      path: "/api/v1/services",
      // API servers before 1.31 do not know this field.
      selectors: [{ fieldSelector: "spec.type=LoadBalancer" }, {}],
      read: readService,
    });
    this.#endpoints = new LocalEndpoints({ ...shared, onAnswer: () => this.#note("endpoints", "") });
    this.#events = new ServiceEvents(client, cluster);
  }

  /** Works until `signal` is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      this.#keep("services", signal, async () => await this.#services.follow(signal)),
      this.#keep("endpoints", signal, async () => await this.#endpoints.follow(signal)),
      this.#keep("work", signal, async () => await this.#act(signal)),
    ]);
  }

  /** Does it again whenever it fails, ever more rarely. */
  async #keep(part: string, signal: AbortSignal, work: () => Promise<unknown>): Promise<void> {
    const { clock } = this.#parts;
    const backoff = new Backoff({ baseMs: 1_000, maxMs: 60_000 });
    while (!signal.aborted) {
      const begun = clock.monotonic();
      try {
        await work();
      } catch (error) {
        if (signal.aborted) return;
        this.#note(part, messageOf(error));
      }
      // A watch that went well for long and breaks off is begun again at once.
      if (clock.monotonic() - begun > 60_000) backoff.reset();
      await clock.sleep(backoff.next(), signal).catch(() => {});
    }
  }

  #note(part: string, problem: string): void {
    if ((this.#problems.get(part) ?? "") === problem) return;
    this.#problems.set(part, problem);
    this.#parts.onProblem([...this.#problems.values()].find((one) => one !== "") ?? "");
  }

  #look(): void {
    const news = this.#news;
    this.#news = new AbortController();
    news.abort();
  }

  /** Brings the cluster to what is decided, whenever something changes. Rejects when a request fails. */
  async #act(signal: AbortSignal): Promise<never> {
    const { clock, givesFromMs } = this.#parts;
    const backoff = new Backoff({ baseMs: 1_000, maxMs: 60_000 });
    for (;;) {
      const news = this.#news.signal;
      const { isMore, failed } = await this.#reconcile(signal);
      if (!failed) backoff.reset();
      const untilGiving = givesFromMs - clock.now();
      const wait = failed ? backoff.next() : untilGiving > 0 ? untilGiving : isMore ? moreMs : lookMs;
      const ends = AbortSignal.any([signal, news]);
      if (!ends.aborted) await clock.sleep(wait, ends).catch(() => {});
      signal.throwIfAborted();
    }
  }

  /** `isMore`: to tell, in a later round. `failed`: something could not be written, which holds up nothing else. */
  async #reconcile(signal: AbortSignal): Promise<{ readonly isMore: boolean; readonly failed: boolean }> {
    const { pool, reserved, clock, givesFromMs } = this.#parts;
    const services = this.#services.all;
    if (services === undefined) return { isMore: false, failed: false };
    this.#settle(services);
    const unsettled = new Map([...this.#unsettled].map(([uid, { address }]) => [uid, address]));
    const mayGive = clock.now() >= givesFromMs;
    const decided = allocate({ pool: spansOf(pool), reserved, services, unsettled, mayGive });
    const row = new RequestRow();
    const isConflict = await this.#writeAll(decided.writes, row, signal);
    await this.#announce(decided, signal);
    const isMore = await this.#events.tell(decided.refusals, clock.now(), row, signal);
    this.#note("work", row.problem);
    return { isMore, failed: isConflict || row.problem !== "" };
  }

  /** True when a Service has changed meanwhile, or something else than its version is in conflict: only in the first case there are news. */
  async #writeAll(writes: Allocation["writes"], row: RequestRow, signal: AbortSignal): Promise<boolean> {
    let isConflict = false;
    const isSilent = ({ service }: Allocation["writes"][number]) => this.#silent.has(service.uid);
    const ordered = [...writes.filter((write) => !isSilent(write)), ...writes.filter(isSilent)];
    const waiting = new Set(writes.map(({ service }) => service.uid));
    for (const uid of this.#silent) if (!waiting.has(uid)) this.#silent.delete(uid);
    // One that may have been done already is refused then, because the version is another one (409).
    for (const { service, address } of ordered) {
      if (row.isOver) break;
      const outcome = await row.make(signal, async () => {
        if ((await this.#write(service, address, signal)) === "conflict") isConflict = true;
      });
      if (outcome === "unanswered") this.#silent.add(service.uid);
      else this.#silent.delete(service.uid);
    }
    return isConflict;
  }

  /** What the watch has said since is the outcome. */
  #settle(services: readonly LoadBalancerService[]): void {
    const versions = new Map(services.map(({ uid, resourceVersion }) => [uid, resourceVersion]));
    for (const [uid, { version }] of this.#unsettled) if (versions.get(uid) !== version) this.#unsettled.delete(uid);
  }

  async #write(service: LoadBalancerService, address: string, signal: AbortSignal): Promise<"done" | "conflict"> {
    const { client, cluster } = this.#parts;
    const { namespace, name, uid, resourceVersion } = service;
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/services/${encodeURIComponent(name)}/status`;
    const body = {
      // Of this Service and of what was seen of it, and of nothing else: else it is refused (409).
      metadata: { uid, resourceVersion },
      status: { loadBalancer: { ingress: address === "" ? [] : [{ ip: address }] } },
    };
    const contentType = "application/merge-patch+json";
    const request = { method: "PATCH", path, body, contentType, signal, timeoutMs: writeMs } as const;
    const before = this.#unsettled.get(uid);
    this.#unsettled.set(uid, { address, version: resourceVersion });
    try {
      this.#services.put(await client.request(cluster, request));
      return "done";
    } catch (error) {
      const isConflict = error instanceof KubernetesApiError && error.status === 409;
      // An API server that answers 5xx may have passed it on.
      const isRefused = error instanceof KubernetesApiError && !isConflict && error.status < 500;
      // After a conflict the watch tells what the Service has now: an earlier write may have been done.
      if (isRefused || (error instanceof ClusterUnreachableError && !error.perhapsDone)) this.#unsettled.delete(uid);
      // It has changed meanwhile, and the watch says so soon; if it has not, it is something else that is in conflict.
      if (isConflict && before?.version !== resourceVersion) return "conflict";
      if (error instanceof KubernetesApiError && error.status === 404) return "done";
      throw error;
    }
  }

  async #announce({ given }: Allocation, signal: AbortSignal): Promise<void> {
    const services = this.#services.all ?? [];
    const local = services.filter((service) => service.local && given.has(service.uid));
    const endpoints = this.#endpoints.of(local);
    // They are being read: until then everything stays announced as it was.
    if (endpoints === undefined) return;
    // What is not in the status yet is no kube-proxy's: it is announced when it is written.
    const written = new Map(
      services.flatMap(({ uid, addresses }) => {
        const address = given.get(uid);
        return address !== undefined && addresses.includes(address) ? [[uid, address] as const] : [];
      }),
    );
    const { announced, left } = announcements(services, written, endpoints, this.#parts.workers());
    this.#note(
      "bound",
      left === 0
        ? ""
        : `${left} addresses of Services with externalTrafficPolicy Local are not announced: too many nodes announce others (${mostNames} names in all)`,
    );
    const text = JSON.stringify(announced);
    if (text === this.#announced) return;
    await this.#parts.announce(announced);
    signal.throwIfAborted();
    this.#announced = text;
  }
}

/** For whoever ends the work on a cluster. */
export const addressesEnd = () =>
  new CkeError("addresses_end", "the addresses of the cluster are looked after no longer");
