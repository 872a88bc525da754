// The channels of a scheduler to simulated executors of VMs: enough to ask for snapshots, and to move disks.
import { PassThrough } from "node:stream";
import type { Clock } from "@cke/foundation";
import type { InMemoryMesos } from "@cke/mesos-local/simulation";
import { VmCall, VmCallResult } from "@cke/protocol";
import type { Channel } from "@cke/scheduler/channel/channel";
import { nodeOf } from "../scheduler/stored-nodes.ts";
import type { MovesDisks } from "./container.ts";

/** What of a world is needed. */
export interface VmChannelWorld {
  readonly store: { readonly values: ReadonlyMap<string, unknown> };
  readonly mesos: Pick<InMemoryMesos, "agents">;
  readonly diskMovers: ReadonlyMap<string, MovesDisks>;
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
      tunnel: async () => {
        if (unit === "source") this.#mover(vm, unit).give();
        return new PassThrough();
      },
      call: async (request, progress, signal) => {
        if (unit === "vm") return VmCallResult.encode({ snapshots: [{ name: snapshotName }] });
        if (VmCall.decode(request).call?.kind === "room") {
          this.#mover(vm, unit);
          return VmCallResult.encode({ bytes: unit === "source" ? 1_000 : 0 });
        }
        const before = this.#mover(vm, "source").give();
        const version = before.version ?? 0;
        progress("copying");
        await this.#world.clock.sleep(500 + this.#world.random() * 20_000, signal);
        const disks = this.#mover(vm, "source").give();
        if ((disks.version ?? 0) !== version) throw new Error("the disks have changed while they were copied");
        this.#mover(vm, unit).take(disks);
        this.#world.journal.note(`the disks of ${vm} are copied`);
        return VmCallResult.encode({});
      },
    };
    return Object.assign(Object.create(null), ways);
  }

  /** The executor of this unit that the store knows now. Throws when there is none, or when it cannot be reached. */
  #mover(vm: string, unit: string): MovesDisks {
    const { store, mesos, diskMovers } = this.#world;
    const stored = store.values.get(`units/${vm}/${unit}`);
    const launch = stored === undefined ? undefined : nodeOf(stored).launch;
    const agent = launch === undefined ? undefined : mesos.agents.get(launch.hostname);
    const found = agent?.up !== true || agent.link.partitioned ? undefined : diskMovers.get(launch?.executorId ?? "");
    if (found?.answers !== true) throw new Error(`the ${unit} of ${vm} does not answer`);
    return found;
  }
}
