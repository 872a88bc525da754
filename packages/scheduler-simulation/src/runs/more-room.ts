// What an operator does about nodes for which the agents have no room: another agent comes. Operators of seeded runs add nodes without a
// look at what is free, so that some would wait for ever.
import type { RunningClusterService } from "@cke/scheduler/kubernetes/views/cluster-service";
import type { World } from "../world/world.ts";

type PendingNode = ReturnType<RunningClusterService["pending"]>[number];

/** What is taken by others may become free for so long: of nodes that end, and of places that are kept. */
const patienceMs = 900_000;
/** Enough for all that one run can add. */
const resources = "cpus:64;mem:131072;disk:20000;ports:[31000-35000]";

const amounts: ReadonlySet<string> = new Set(["cpus", "mem", "disk", "ports"]);

/** True when a node waits for an offer that has enough, and may be on any agent. */
export function lacksRoom({
  process,
  step,
  requests,
  refusals,
}: Pick<PendingNode, "process" | "step" | "requests" | "refusals">): boolean {
  if (process !== "" || step !== "launch-unit" || requests?.host !== "*") return false;
  return refusals.some(({ kind }) => amounts.has(kind));
}

export class MoreRoom {
  readonly #world: World;
  #sinceMs: number | undefined;
  #added = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Does what is due now. */
  look(): void {
    const { leader, clock, mesos, journal } = this.#world;
    if (leader?.service.connected() !== true) return;
    const crowded = leader.service.list().some(({ name }) => leader.service.pending(name).some(lacksRoom));
    if (!crowded) this.#sinceMs = undefined;
    else this.#sinceMs ??= clock.now();
    if (this.#sinceMs === undefined || clock.now() - this.#sinceMs < patienceMs) return;
    this.#sinceMs = undefined;
    this.#added += 1;
    const hostname = `room${this.#added}`;
    journal.note(`nodes have no room: the agent ${hostname} comes`);
    mesos.addAgent({ hostname, resources });
  }
}
