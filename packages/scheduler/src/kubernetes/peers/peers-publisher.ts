// Sends the nodes of a cluster to those of its running nodes whose executors report another version of them, again and again
// until they report the present one. Desired state comes from the specification and the renderings, applied state from the
// executors' stored reports: nothing else is remembered, so a scheduler that was restarted goes on by itself.
import type { Clock } from "@cke/foundation";
import { ClusterPeers, SchedulerMessage } from "@cke/protocol";
import type { PresentWorkloads } from "../../workload/kinds/workload-kind.ts";
import { clustersOf } from "../cluster/cluster-record.ts";
import type { ClusterSpec } from "../cluster/cluster-spec.ts";
import type { Renderings } from "../rendering/renderings.ts";
import { type AppliedPeers, appliedPeers } from "./applied-peers.ts";
import { clusterPeers } from "./cluster-peers.ts";

export interface PeersPublisherOptions {
  readonly clock: Pick<Clock, "now">;
  readonly renderings: Pick<Renderings, "podCidr">;
}

/** Between two messages to an executor that does not report; doubled up to the second one. */
const firstRetryMs = 2_000;
const lastRetryMs = 60_000;
/** A cluster whose nodes all have its peers is looked at again after this time, in case one of them changed its mind. */
const lookAgainMs = 60_000;
/** Of one round. A thousand nodes are a message of 45 KiB to each of a thousand executors: Mesos gets them in portions. */
const roundBytes = 2 * 1024 * 1024;

interface Known {
  readonly spec: ClusterSpec;
  readonly peers: ClusterPeers | undefined;
}

interface Attempts {
  readonly version: string;
  readonly count: number;
  readonly nextAtMs: number;
}

type Following = Extract<AppliedPeers, { kind: "follows" }>;

export class PeersPublisher {
  readonly #options: PeersPublisherOptions;
  /** By cluster; a specification is a new value when it changes. */
  readonly #known = new Map<string, Known>();
  /** Specification of each cluster that needs nothing, and when it is looked at again. */
  readonly #settled = new Map<string, { readonly spec: ClusterSpec; readonly untilMs: number }>();
  /** By executor. */
  readonly #attempts = new Map<string, Attempts>();

  constructor(options: PeersPublisherOptions) {
    this.#options = options;
  }

  /** What the nodes of the cluster are to know; undefined when a rendering of an earlier version does not say it. */
  current(spec: ClusterSpec): ClusterPeers | undefined {
    const known = this.#known.get(spec.name);
    if (known?.spec === spec) return known.peers;
    const peers = clusterPeers(spec, (node) => this.#options.renderings.podCidr(spec, node));
    this.#known.set(spec.name, { spec, peers });
    return peers;
  }

  /** Sends what is due, within the bound of one round. */
  async tick(present: PresentWorkloads): Promise<void> {
    const now = this.#options.clock.now();
    let left = roundBytes;
    const seen = new Set<string>();
    for (const { spec, deleting } of clustersOf(present.workloads())) {
      seen.add(spec.name);
      const settled = this.#settled.get(spec.name);
      if (deleting || left <= 0 || (settled?.spec === spec && now < settled.untilMs)) continue;
      left -= await this.#publish(present, spec, now, left);
    }
    for (const name of this.#known.keys()) if (!seen.has(name)) this.#known.delete(name);
    for (const name of this.#settled.keys()) if (!seen.has(name)) this.#settled.delete(name);
    for (const [executorId, { nextAtMs }] of this.#attempts)
      if (now - nextAtMs > 2 * lastRetryMs) this.#attempts.delete(executorId);
  }

  /** Bytes that were sent. */
  async #publish(present: PresentWorkloads, spec: ClusterSpec, now: number, bound: number): Promise<number> {
    const states = present.unitsOf(spec.name).map(appliedPeers);
    const following = states.filter((state) => state.kind === "follows");
    const peers = following.length === 0 ? undefined : this.current(spec);
    const behind = peers === undefined ? [] : following.filter(({ version }) => version !== peers.version);
    if (behind.length === 0 && states.every(({ kind }) => kind !== "starting"))
      this.#settled.set(spec.name, { spec, untilMs: now + lookAgainMs });
    if (peers === undefined || behind.length === 0) return 0;
    const state = ClusterPeers.encode(peers);
    const message = SchedulerMessage.encode({ message: { kind: "workloadState", value: { state } } });
    let sent = 0;
    for (const node of behind) {
      if (sent >= bound) break;
      if (!this.#isDue(node, peers.version, now)) continue;
      await present.send(node.agentId, node.executorId, message);
      sent += message.length;
    }
    return sent;
  }

  #isDue({ executorId }: Following, version: string, now: number): boolean {
    const before = this.#attempts.get(executorId);
    if (before?.version === version && now < before.nextAtMs) return false;
    const count = before?.version === version ? before.count + 1 : 0;
    const nextAtMs = now + Math.min(lastRetryMs, firstRetryMs * 2 ** Math.min(count, 10));
    this.#attempts.set(executorId, { version, count, nextAtMs });
    return true;
  }
}
