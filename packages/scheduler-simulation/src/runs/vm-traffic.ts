// What operators and guests do with VMs in a seeded run: they come, change, crash, are stopped and go; and what must hold of them at the end.
import { seededRandom } from "@cke/mesos/testing/seeded-random";
import { snapshotName } from "../hosts/vm-channels.ts";
import type { World } from "../world/world.ts";

const reserving = 0.25;
const shared = 0.3;
const cloning = 0.4;

export class VmTraffic {
  readonly #world: World;
  readonly #count: number;
  /** Of its own, so that runs without VMs are what they were. */
  readonly #random: () => number;
  /** Which new ones are clones: apart from the others, so that runs without clones are what they were. */
  readonly #clones: () => number;

  constructor(world: World, count: number) {
    this.#world = world;
    this.#count = count;
    const seed = count === 0 ? 0 : Math.floor(world.random() * 1_000_000);
    this.#random = seededRandom(seed);
    this.#clones = seededRandom(seed + 1);
  }

  /** One thing with one of them. */
  async disturb(): Promise<void> {
    if (this.#count === 0) return;
    const world = this.#world;
    const random = this.#random;
    const name = `v${Math.floor(random() * this.#count)}`;
    if (!world.store.values.has(`workloads/${name}`)) {
      const body = this.#body(name);
      const from = this.#source();
      if (from === "") await world.ask(`create ${name}`, ({ vms }) => vms.create(body));
      else {
        const made = await world.ask(`clone ${from} to ${name}`, ({ vms }) => vms.create({ from, name }));
        if (made !== undefined) world.journal.note(`${name} is a clone of ${from}`);
      }
      return;
    }
    const chance = random();
    if (chance < 0.15) await world.ask(`delete ${name}`, ({ vms }) => vms.remove(name));
    else if (chance < 0.3)
      world.request(`change ${name}`, ({ vmControl }) =>
        vmControl.change(
          name,
          { cpus: 1 + Math.floor(random() * 3), mem: 256 * (1 + Math.floor(random() * 4)) },
          false,
          "an operator",
          new AbortController().signal,
        ),
      );
    else if (chance < 0.45)
      world.request(`pause ${name}`, ({ vmControl }) => vmControl.pause(name, random() < 0.5, "an operator"));
    else if (chance < 0.6)
      world.request(`stop ${name}`, ({ vms }) => vms.expect(name, random() < 0.5 ? "STOP" : "RUN", "an operator"));
    else if (chance < 0.7)
      world.request(`move ${name}`, ({ vmControl }) => vmControl.migration.begin(name, {}, "an operator"));
    else if (chance < 0.73)
      world.request(`give the move of ${name} up`, ({ vmControl }) => vmControl.migration.abandon(name, "an operator"));
    else this.#guest(name, chance < 0.87);
  }

  /** Of what a new one is to be a clone; "": of nothing. */
  #source(): string {
    const random = this.#clones;
    if (random() >= cloning) return "";
    const vms = this.#world.leader?.vms.list() ?? [];
    const vm = vms[Math.floor(random() * vms.length)];
    if (vm === undefined) return "";
    // Some requests are refused.
    const asItIs = random() < (vm.status === "running" ? 0.2 : 0.8);
    return asItIs ? vm.name : `${vm.name}@${snapshotName}`;
  }

  #body(name: string): Readonly<Record<string, unknown>> {
    const random = this.#random;
    const isShared = random() < shared;
    const system = isShared ? { path: `/mnt/${name}.qcow2`, shared: true } : { image: "debian.qcow2", size: "10G" };
    return {
      ...{ name, cpus: 1, mem: 512, disk: { system } },
      ...(random() < reserving ? { reservation: true } : {}),
      ...(random() < 0.3 ? { cloudInit: { password: "secret" } } : {}),
      ...(random() < 0.3 ? { group: "all" } : {}),
      restart: random() < 0.3 ? "never" : "always",
    };
  }

  /** Its guest crashes, or shuts itself down. */
  #guest(name: string, crashes: boolean): void {
    for (const [executorId, executor] of this.#world.vmExecutors) {
      if (!executorId.startsWith(`cke-vm.${name}.`)) continue;
      const done = crashes ? executor.crashGuest() : executor.finishGuest();
      if (done) this.#world.journal.note(`the guest of ${name} ${crashes ? "crashes" : "shuts down"}`);
    }
  }
}
