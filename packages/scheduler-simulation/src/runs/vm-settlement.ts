// What an operator does about VMs when the faults of a seeded run are over, as their states say, and what must hold of them at the end.
import { lacksAmounts } from "../checks/unused-room.ts";
import type { World } from "../world/world.ts";

/** What is taken on a VM's host may become free for so long. */
const patienceMs = 900_000;

export class VmSettlement {
  readonly #world: World;
  /** By VM: since when its host has no room for it, and whether another VM was moved away from there for it. */
  readonly #crowded = new Map<string, { readonly sinceMs: number; readonly made: boolean }>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Starts what is stopped, paused or has finished; returns what is not as it should be yet. */
  async look(): Promise<readonly string[]> {
    const world = this.#world;
    const problems: string[] = [];
    for (const { name, status, status_reason } of world.leader?.vms.list() ?? []) {
      if (status === "killing") {
        problems.push(`${name} is being deleted`);
        continue;
      }
      if (["stopped", "stopping", "finished"].includes(status))
        await world.ask(`start ${name}`, ({ vms }) => vms.expect(name, "RUN", "an operator"));
      const state = world.leader?.vms.state(name);
      if (state === undefined) continue;
      if (state.plan.paused !== "")
        await world.ask(`resume ${name}`, ({ vms }) => vms.changePlan(name, "resume", "an operator"));
      if (this.#isToBeGivenUp(state))
        world.request(`give the move of ${name} up`, ({ vmControl }) =>
          vmControl.migration.abandon(name, "an operator"),
        );
      else if (state.reason.includes("replace)")) {
        await this.#beginsAnew(name, state.from !== "");
        if (state.from !== "") continue;
      }
      await this.#makeRoom(name, state);
      if (status !== "running" && status !== "paused" && !waitsForItsGroup(state.pending))
        problems.push(`${name} is ${status}: ${status_reason}`);
      if (state.change.includes("under way")) problems.push(`${name} does not follow: ${state.change}`);
    }
    return problems;
  }

  /** Its move waits, or a host of it is gone for good. */
  #isToBeGivenUp({ reason, plan }: ReturnType<VmsOfWorld["state"]>): boolean {
    const move = plan.changes.find(({ goal }) => goal === "migrate");
    if (move === undefined) return false;
    return move.status === "waiting" || `${reason} ${JSON.stringify(move)}`.includes("DELETE …/migrate");
  }

  /** Its disks are lost, and an operator must say that it may begin anew. A clone has no image to begin anew from. */
  async #beginsAnew(name: string, isClone: boolean): Promise<void> {
    const world = this.#world;
    if (isClone) {
      await world.ask(`delete ${name}`, ({ vms }) => vms.remove(name));
      return;
    }
    world.checker.removalAsked(name, "vm");
    await world.ask(`replace ${name}`, ({ vms }) => vms.replace(name, false, "an operator"));
  }

  /** The host that has its disks is full: another VM leaves that, or it begins anew elsewhere. */
  async #makeRoom(name: string, { home, pending }: ReturnType<VmsOfWorld["state"]>): Promise<void> {
    const world = this.#world;
    const now = world.clock.now();
    if (home === "" || !pending.some(lacksAmounts)) {
      this.#crowded.delete(name);
      return;
    }
    const before = this.#crowded.get(name) ?? { sinceMs: now, made: false };
    this.#crowded.set(name, before);
    if (now - before.sinceMs < patienceMs) return;
    const other = world.leader?.vms.list().find((vm) => vm.status === "running" && this.#hostOf(vm.name) === home);
    this.#crowded.set(name, { sinceMs: now, made: true });
    if (other !== undefined && !before.made) {
      world.journal.note(`${name} has no room on ${home}: ${other.name} leaves it`);
      world.request(`move ${other.name}`, ({ vmControl }) => vmControl.migration.begin(other.name, {}, "an operator"));
      return;
    }
    world.journal.note(`${name} has no room on ${home}: it begins anew`);
    world.checker.removalAsked(name, "vm");
    world.request(`replace ${name} by force`, ({ vms }) => vms.replace(name, true, "an operator"));
  }

  #hostOf(name: string): string {
    return this.#world.leader?.vms.state(name).real_host ?? "";
  }
}

type VmsOfWorld = NonNullable<World["leader"]>["vms"];

/** There may be fewer hosts than VMs of the group. */
function waitsForItsGroup(pending: unknown): boolean {
  return JSON.stringify(pending ?? []).includes("of the same group");
}
