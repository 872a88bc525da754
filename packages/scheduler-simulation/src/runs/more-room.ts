// What an operator does about nodes for which the agents have no room: another agent comes. Operators of seeded runs add nodes without a
// look at what is free, so that some would wait for ever. Room that a scheduler leaves unused is not made up for: it ends the run.
import { Violation } from "../checks/checker.ts";
import { freeRoom, lacksRoom, UnusedRoom } from "../checks/unused-room.ts";
import type { World } from "../world/world.ts";

/** What is taken by others may become free for so long: of nodes that end, and of places that are kept. */
const patienceMs = 900_000;
/** Enough for all that one run can add. */
const resources = "cpus:64;mem:131072;disk:20000;ports:[31000-35000]";

export class MoreRoom {
  readonly #world: World;
  readonly #unused = new UnusedRoom();
  #sinceMs: number | undefined;
  #added = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Does what is due now. */
  look(): void {
    const { leader, clock, mesos, journal } = this.#world;
    if (leader?.service.connected() !== true) return;
    const clusters = leader.service.list().map(({ name }) => ({ name, pending: leader.service.pending(name) }));
    const unused = this.#unused.look(clusters, freeRoom(mesos), clock.now());
    if (unused.length > 0) throw new Violation(`nodes wait for room that is free: ${unused.join(", ")}`);
    const crowded = clusters.some(({ pending }) => pending.some(lacksRoom));
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
