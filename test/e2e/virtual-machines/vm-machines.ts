// Two machines with an agent each, and networks on this one to which both have a cable: VMs move between them, and are reached all the time.
import { guestDirectory } from "@cke/test-servers";
import { command } from "../../../scripts/up/progress/stage.ts";
import { Deployment } from "../deployment.ts";
import { VmMachine } from "./vm-machine.ts";

/** A network of this machine. */
export interface OuterNetwork {
  /** On this machine. */
  readonly bridge: string;
  /** Name of the link to it, on both machines. */
  readonly uplink: string;
  /** "10.a.b": of its /24. This machine is .1. */
  readonly prefix: string;
}

export class VmMachines {
  readonly first: VmMachine;
  readonly second: VmMachine;
  readonly networks: readonly OuterNetwork[];
  readonly deployment: Deployment;

  private constructor(first: VmMachine, second: VmMachine, networks: readonly OuterNetwork[], name: string) {
    this.first = first;
    this.second = second;
    this.networks = networks;
    // Each agent's daemon is where that of a system is.
    const flags = ["-vm_data_path", first.data, "-vm_image_path", guestDirectory()];
    this.deployment = new Deployment({ name, agents: 2, machines: this.both, flags });
  }

  get both(): readonly [VmMachine, VmMachine] {
    return [this.first, this.second];
  }

  /** `name`: of the deployment. `bridge`: what the names of its bridges begin with, and of no other test. `networks`: how many. */
  static async start(name: string, bridge: string, networks = 1): Promise<VmMachines> {
    const made: VmMachine[] = [];
    const plugged: OuterNetwork[] = [];
    try {
      const first = await VmMachine.start();
      made.push(first);
      const second = await VmMachine.start();
      made.push(second);
      await second.sh(`ip route add ${first.outside} via ${second.outside}`);
      for (let index = 0; index < networks; index += 1)
        plugged.push(await plugIn(`${bridge}${index}`, `ckup${index}`, made));
      const machines = new VmMachines(first, second, plugged, name);
      await machines.deployment.start();
      return machines;
    } catch (error) {
      await unplug(plugged, made);
      throw error;
    }
  }

  /** The first one. */
  get network(): OuterNetwork {
    const [first] = this.networks;
    if (first === undefined) throw new Error("no network");
    return first;
  }

  /** How many emulators of guests run on each. */
  ran(): readonly [number, number] {
    return [this.first.guests().length, this.second.guests().length];
  }

  async listing(): Promise<readonly (readonly string[])[]> {
    return await Promise.all(this.both.map((machine) => machine.listing()));
  }

  async stop(): Promise<void> {
    await this.deployment.stop();
    await unplug(this.networks, this.both);
  }
}

/** Lays a cable from each machine to a bridge on this one. */
async function plugIn(bridge: string, uplink: string, machines: readonly VmMachine[]): Promise<OuterNetwork> {
  await command("ip", ["link", "add", bridge, "type", "bridge"]);
  let prefix = "";
  for (const machine of machines) {
    const cable = await machine.cable();
    prefix ||= cable.prefix;
    await command("ip", ["address", "flush", "dev", cable.outsideLink]);
    await command("ip", ["link", "set", cable.outsideLink, "master", bridge]);
    await machine.sh(`ip link set ${cable.link} name ${uplink}; ip link set ${uplink} up`);
  }
  await command("ip", ["address", "add", `${prefix}.1/24`, "dev", bridge]);
  await command("ip", ["link", "set", bridge, "up"]);
  return { bridge, uplink, prefix };
}

async function unplug(networks: readonly OuterNetwork[], machines: readonly VmMachine[]): Promise<void> {
  for (const machine of machines) await machine.stop();
  for (const { bridge } of networks) await command("ip", ["link", "delete", bridge]).catch(() => {});
}
