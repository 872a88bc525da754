// The channels of a scheduler to simulated executors of VMs: enough to ask for snapshots, and to move disks and guests.
import { PassThrough } from "node:stream";
import type { Clock } from "@cke/foundation";
import type { InMemoryMesos } from "@cke/mesos-local/simulation";
import { type MigrateCall, VmCall, VmCallResult, type VmCallResultInit } from "@cke/protocol";
import type { Channel } from "@cke/scheduler/channel/channel";
import { nodeOf } from "../scheduler/stored-nodes.ts";
import type { MovesDisks, RunsGuest } from "./container.ts";

/** What of a world is needed. */
export interface VmChannelWorld {
  readonly store: { readonly values: ReadonlyMap<string, unknown> };
  readonly mesos: Pick<InMemoryMesos, "agents">;
  readonly diskMovers: ReadonlyMap<string, MovesDisks>;
  readonly vmExecutors: ReadonlyMap<string, RunsGuest>;
  readonly clock: Pick<Clock, "sleep">;
  readonly journal: { note(words: string): void };
  random(): number;
}

/** Every VM that runs has this one. */
export const snapshotName = "s1";

export class VmChannels {
  readonly #world: VmChannelWorld;

  constructor(world: VmChannelWorld) {
    this.#world = world;
  }

  async open(vm: string, unit: string): Promise<Channel> {
    const ways: Pick<Channel, "tunnel" | "call"> = {
      tunnel: async ({ target }) => {
        if (unit === "source" && target?.value === "disks") this.#mover(vm, unit).give();
        return new PassThrough();
      },
      call: async (request, progress, signal) => {
        const { call } = VmCall.decode(request);
        if (call?.kind === "migrate")
          return VmCallResult.encode(await this.#migrate(vm, unit, call.value, progress, signal));
        if (unit === "vm") return VmCallResult.encode({ snapshots: [{ name: snapshotName }] });
        if (call?.kind === "room") {
          this.#mover(vm, unit);
          return VmCallResult.encode({ bytes: unit === "source" ? 1_000 : 0 });
        }
        return VmCallResult.encode(await this.#copy(vm, unit, progress, signal));
      },
    };
    return Object.assign(Object.create(null), ways);
  }

  async #copy(
    vm: string,
    unit: string,
    progress: (words: string) => void,
    signal: AbortSignal,
  ): Promise<VmCallResultInit> {
    const before = this.#mover(vm, "source").give();
    const version = before.version ?? 0;
    progress("copying");
    await this.#world.clock.sleep(500 + this.#world.random() * 20_000, signal);
    const disks = this.#mover(vm, "source").give();
    if ((disks.version ?? 0) !== version) throw new Error("the disks have changed while they were copied");
    this.#mover(vm, unit).take(disks);
    this.#world.journal.note(`the disks of ${vm} are copied`);
    return {};
  }

  async #migrate(
    vm: string,
    unit: string,
    { action, plan }: MigrateCall,
    progress: (words: string) => void,
    signal: AbortSignal,
  ): Promise<VmCallResultInit> {
    if (unit !== "vm") {
      const { disks } = this.#mover(vm, unit);
      const left = disks?.gone === true || disks?.leaving === true;
      return { moved: unit === "source" ? left : disks?.arrived === true };
    }
    const executor = this.#executor(vm);
    const { disks } = executor;
    if (action === "take-back") {
      executor.takeBack();
      this.#world.journal.note(`the guest of ${vm} is taken back`);
      return { moved: false };
    }
    if (disks?.gone === true) return { moved: true };
    if (action === "give-up") {
      if (disks?.leaving === true) throw new Error("it is not known yet on which host the guest runs");
      if (disks !== undefined) disks.stays = plan;
      return { moved: false };
    }
    if (disks?.leaving === true) {
      if (this.#mover(vm, "destination").disks?.arrived === true) {
        executor.leave();
        return { moved: true };
      }
      executor.takeBack();
      throw new Error("the guest stayed here");
    }
    return await this.#moveGuest(vm, plan, progress, signal);
  }

  async #moveGuest(
    vm: string,
    plan: string,
    progress: (words: string) => void,
    signal: AbortSignal,
  ): Promise<VmCallResultInit> {
    const { random, clock, journal } = this.#world;
    const chance = random.call(this.#world);
    if (chance < 0.25) return { moved: false, text: "libvirt refuses" };
    progress("moving the guest while it runs");
    await clock.sleep(500 + random.call(this.#world) * 20_000, signal);
    const [source, destination] = [this.#executor(vm), this.#mover(vm, "destination")];
    const { disks } = source;
    if (disks?.stays === plan) throw new Error("this move was given up");
    if (!source.hasGuest || disks === undefined) return { moved: false, text: "it does not run" };
    if (chance < 0.45) throw new Error("the way between both hosts was cut");
    Object.assign(disks, { leaving: true, running: false });
    if (chance < 0.5) throw new Error("the way between both hosts was cut in the hand-over");
    destination.receive({ ...disks });
    journal.note(`the guest of ${vm} has moved while it ran`);
    if (chance < 0.7) throw new Error("the answer was lost");
    source.leave();
    return { moved: true };
  }

  /** The executor of this unit that the store knows now. Throws when there is none, or when it cannot be reached. */
  #mover(vm: string, unit: string): MovesDisks {
    return this.#found(vm, unit, this.#world.diskMovers);
  }

  #executor(vm: string): RunsGuest {
    return this.#found(vm, "vm", this.#world.vmExecutors);
  }

  #found<T extends { readonly answers: boolean }>(vm: string, unit: string, all: ReadonlyMap<string, T>): T {
    const { store, mesos } = this.#world;
    const stored = store.values.get(`units/${vm}/${unit}`);
    const launch = stored === undefined ? undefined : nodeOf(stored).launch;
    const agent = launch === undefined ? undefined : mesos.agents.get(launch.hostname);
    const found = agent?.up !== true || agent.link.partitioned ? undefined : all.get(launch?.executorId ?? "");
    if (found?.answers !== true) throw new Error(`the ${unit} of ${vm} does not answer`);
    return found;
  }
}
