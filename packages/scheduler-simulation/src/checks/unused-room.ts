// A rule: when a node waits for room, no agent has had enough for it for long. A scheduler that lost an offer, or that keeps an agent
// for nobody, would wait for ever beside free room, and would say that others have too little. What the API says of an agent in other
// words than amounts (kept for another, under maintenance, …) is a reason to leave its room unused.
import { type Resource, Resources } from "@cke/mesos";
import type { InMemoryMesos } from "@cke/mesos-local/simulation";
import type { RunningClusterService } from "@cke/scheduler/kubernetes/views/cluster-service";

type PendingNode = ReturnType<RunningClusterService["pending"]>[number];
export type WaitingNode = Pick<PendingNode, "node" | "process" | "step" | "requests" | "refusals">;

/** What an agent could give to a node: what is reserved for nobody, and held by no task or executor. */
export interface FreeRoom {
  readonly hostname: string;
  readonly cpus: number;
  /** MiB. */
  readonly mem: number;
  /** MiB. */
  readonly disk: number;
}

export interface WaitingCluster {
  readonly name: string;
  readonly pending: readonly WaitingNode[];
}

/** Longer than the precedence of another workload, and than any refusal of an offer. */
export const unusedMs = 600_000;
const amounts: ReadonlySet<string> = new Set(["cpus", "mem", "disk", "ports"]);

/** True when a node waits for an offer that has enough, and may be on any agent. */
export function lacksRoom(waiting: Omit<WaitingNode, "node">): boolean {
  return waiting.requests?.host === "*" && lacksAmounts(waiting);
}

/** True when a node waits for an offer that has enough. */
export function lacksAmounts({ process, step, refusals }: Omit<WaitingNode, "node" | "requests">): boolean {
  return process === "" && step === "launch-unit" && refusals.some(({ kind }) => amounts.has(kind));
}

/** The room of every agent that makes offers. What is offered now is free. */
export function freeRoom({ leader }: Pick<InMemoryMesos, "leader">): readonly FreeRoom[] {
  if (leader === undefined) return [];
  const offers = [...leader.frameworks.values()].flatMap((framework) => [...framework.offers.values()]);
  return [...leader.agents.values()].flatMap(({ id, hostname, ledger, stream }) => {
    if (stream === undefined || leader.deactivated.has(id)) return [];
    const bags = [
      ledger.available,
      ...offers.filter(({ agentId }) => agentId === id).map(({ resources }) => resources),
    ];
    const common = bags.flat().filter((piece: Resource) => !Resources.isReserved(piece));
    const [cpus = 0, mem = 0, disk = 0] = ["cpus", "mem", "disk"].map((name) => Resources.scalarOf(common, name));
    return [{ hostname, cpus, mem, disk }];
  });
}

/** Agents on which a node that lacks room would fit, as "cluster/node on host". */
export function unusedNow(clusters: readonly WaitingCluster[], room: readonly FreeRoom[]): readonly string[] {
  return clusters.flatMap(({ name, pending }) => {
    // Something comes first, whatever is offered: a part of the masters is not placed.
    if (pending.some(({ refusals }) => refusals.some(({ hosts }) => hosts === 0))) return [];
    return pending.flatMap((waiting) => {
      const { node, requests, refusals } = waiting;
      if (!lacksRoom(waiting) || requests === null || requests.ports.length > 0) return [];
      const others = refusals.filter(({ kind }) => !amounts.has(kind));
      const withReason = new Set(others.flatMap(({ examples }) => examples.map(({ host }) => host)));
      return room
        .filter(({ hostname, cpus, mem, disk }) => {
          const fits = cpus >= requests.cpus && mem >= requests.mem && disk >= requests.disk;
          return fits && !withReason.has(hostname);
        })
        .map(({ hostname }) => `${name}/${node} on ${hostname}`);
    });
  });
}

/** Remembers since when room is unused. */
export class UnusedRoom {
  #sinceMs: ReadonlyMap<string, number> = new Map();

  /** Call it every few seconds. Returns what has been unused for too long. */
  look(clusters: readonly WaitingCluster[], room: readonly FreeRoom[], now: number): readonly string[] {
    const before = this.#sinceMs;
    this.#sinceMs = new Map(unusedNow(clusters, room).map((place) => [place, before.get(place) ?? now]));
    return [...this.#sinceMs].filter(([, sinceMs]) => now - sinceMs >= unusedMs).map(([place]) => place);
  }
}
