// Sends the nodes of a cluster to those of its running nodes whose executors report another version of them, again and again
// until they report the present one. Desired state comes from the specification and the renderings, applied state from the
// executors' stored reports: nothing else is remembered, so a scheduler that was restarted goes on by itself.
import type { Clock } from "@cke/foundation";
import { type Announcement, ClusterPeers, SchedulerMessage } from "@cke/protocol";
import type { PresentWorkloads } from "../../workload/kinds/workload-kind.ts";
import { MessagePace } from "../../workload/publishing/message-pace.ts";
import { clustersOf } from "../cluster/cluster-record.ts";
import type { ClusterSpec } from "../cluster/cluster-spec.ts";
import type { ClusterRanges } from "../ranges/cluster-ranges.ts";
import type { Renderings } from "../rendering/renderings.ts";
import { appliedPeers } from "./applied-peers.ts";
import { clusterPeers } from "./cluster-peers.ts";

export interface PeersPublisherOptions {
  readonly clock: Pick<Clock, "now">;
  readonly renderings: Pick<Renderings, "podCidr">;
  /** The ranges that the cluster really has. */
  readonly ranges: (spec: ClusterSpec) => ClusterRanges;
  /** Addresses of Services that the cluster's nodes are to announce: the same value until they change. */
  readonly announcements: (cluster: string) => readonly Announcement[];
  /** What fails for one cluster holds up no other one. */
  readonly onProblem?: ((cluster: string, error: unknown) => void) | undefined;
}

/** A cluster whose nodes all have its peers is looked at again after this time, in case one of them changed its mind. */
const lookAgainMs = 60_000;
/** Of one round. A thousand nodes are a message of 45 KiB to each of a thousand executors: Mesos gets them in portions. */
const roundBytes = 2 * 1024 * 1024;

interface Known {
  readonly spec: ClusterSpec;
  readonly announced: readonly Announcement[];
  readonly peers: ClusterPeers | undefined;
}

export class PeersPublisher {
  readonly #options: PeersPublisherOptions;
  /** By cluster; a specification is a new value when it changes. */
  readonly #known = new Map<string, Known>();
  /** Specification and announcements of each cluster that needs nothing, and when it is looked at again. */
  readonly #settled = new Map<string, Omit<Known, "peers"> & { readonly untilMs: number }>();
  readonly #pace = new MessagePace();

  constructor(options: PeersPublisherOptions) {
    this.#options = options;
  }

  /** What the nodes of the cluster are to know; undefined when a rendering of an earlier version does not say it. */
  current(spec: ClusterSpec): ClusterPeers | undefined {
    const known = this.#known.get(spec.name);
    const { renderings, ranges, announcements } = this.#options;
    const announced = announcements(spec.name);
    if (known?.spec === spec && known.announced === announced) return known.peers;
    const peers = clusterPeers(spec, (node) => renderings.podCidr(spec, node), ranges(spec), announced);
    this.#known.set(spec.name, { spec, announced, peers });
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
      const isSame = settled?.spec === spec && settled.announced === this.#options.announcements(spec.name);
      if (deleting || left <= 0 || (isSame && now < settled.untilMs)) continue;
      try {
        left -= await this.#publish(present, spec, now, left);
      } catch (error) {
        this.#options.onProblem?.(spec.name, error);
      }
    }
    for (const name of this.#known.keys()) if (!seen.has(name)) this.#known.delete(name);
    for (const name of this.#settled.keys()) if (!seen.has(name)) this.#settled.delete(name);
    this.#pace.sweep(now);
  }

  /** Bytes that were sent. */
  async #publish(present: PresentWorkloads, spec: ClusterSpec, now: number, bound: number): Promise<number> {
    const states = present.unitsOf(spec.name).map(appliedPeers);
    const following = states.filter((state) => state.kind === "follows");
    const peers = following.length === 0 ? undefined : this.current(spec);
    const behind = peers === undefined ? [] : following.filter(({ version }) => version !== peers.version);
    if (behind.length === 0 && states.every(({ kind }) => kind !== "starting"))
      this.#settled.set(spec.name, {
        ...{ spec, announced: this.#options.announcements(spec.name) },
        untilMs: now + lookAgainMs,
      });
    if (peers === undefined || behind.length === 0) return 0;
    const state = ClusterPeers.encode(peers);
    const message = SchedulerMessage.encode({ message: { kind: "workloadState", value: { state } } });
    let sent = 0;
    for (const node of behind) {
      if (sent >= bound) break;
      if (!this.#pace.isDue(node.executorId, peers.version, now)) continue;
      await present.send(node.agentId, node.executorId, message);
      sent += message.length;
    }
    return sent;
  }
}
