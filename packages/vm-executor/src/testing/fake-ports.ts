// Ports of disks, seeds and networks that only note what they are asked for.
import type { VmDisk, VmNic } from "@cke/protocol";
import type { Disks, PreparedDisk } from "../ports/disks.ts";
import type { Networks, PreparedNic } from "../ports/networks.ts";
import type { Seeds } from "../ports/seed.ts";
import type { VmPlace } from "../ports/vm-place.ts";

export class FakePorts {
  readonly calls: string[] = [];
  /** Thrown by the call of this name, once. */
  readonly failures = new Map<string, Error>();

  /** In the claims of all disks. */
  proof = "";
  /** Names of shared disks that are other files here. */
  readonly foreignDisks = new Set<string>();

  /** What networks say that they have left. */
  left: readonly string[] = [];

  readonly disks: Disks = {
    copy: async (disks, { source }) =>
      this.#note(`disks.copy ${disks.map(({ name }) => name).join(",")} of ${source.vm}`),
    prepare: async (disks, place, work) => {
      work.progress("images", "downloading 1/2 MB");
      this.#note(`disks.prepare ${disks.map(({ name }) => name).join(",")}`);
      return disks.map((disk) => prepared(disk, place));
    },
    prepareKernel: async () => {
      this.#note("disks.prepareKernel");
      return { kernel: "/kernel", initrd: "/initrd" };
    },
    claim: async () => this.#note("disks.claim"),
    unclaimed: async (disks) => disks.map(({ name }) => name).filter((name) => this.foreignDisks.has(name)),
    prove: async (disks, _place, proof) => {
      this.proof = proof;
      return disks.map(({ name }) => name);
    },
    proofs: async (disks) => disks.map(({ name }) => ({ name, proof: this.proof })),
    prepareLive: async (disk, place) => {
      this.#note(`disks.prepareLive ${disk.name}`);
      return prepared(disk, place);
    },
    locate: (disk, place) => prepared(disk, place),
    describe: async ({ sizeMib }) => ({ sizeMib, allocatedMib: 1, problem: "" }),
    removeDisk: async (name) => this.#note(`disks.removeDisk ${name}`),
    remove: async () => this.#note("disks.remove"),
  };

  readonly seeds: Seeds = {
    secretNames: ({ password }) => (password ? ["password"] : []),
    write: async ({ secrets, place }) => {
      this.#note(`seeds.write ${[...secrets.keys()].join(",")}`);
      return `${place.directory}/seed.iso`;
    },
    locate: ({ directory }) => `${directory}/seed.iso`,
    describe: () => new Map([["meta-data", "instance-id: i\n"]]),
    remove: async () => this.#note("seeds.remove"),
  };

  readonly networks: Networks = {
    prepare: async (nics) => {
      this.#note(`networks.prepare ${nics.map(({ name }) => name).join(",")}`);
      return nics.map(preparedNic);
    },
    check: async (nics) => this.#note(`networks.check ${nics.map(({ name }) => name).join(",")}`),
    attached: async () => this.#note("networks.attached"),
    locate: (nic) => ({ ...preparedNic(nic), ip: nic.ip }),
    addresses: async () => [],
    releaseNic: async (name) => {
      this.#note(`networks.releaseNic ${name}`);
      return [];
    },
    release: async () => {
      this.#note("networks.release");
      return this.left;
    },
  };

  #note(call: string): void {
    this.calls.push(call);
    const name = call.split(" ")[0] ?? "";
    const failure = this.failures.get(name);
    this.failures.delete(name);
    if (failure !== undefined) throw failure;
  }
}

const prepared = (disk: VmDisk, { directory }: VmPlace): PreparedDisk => ({
  name: disk.name,
  path: disk.role === "cdrom" && disk.image === undefined ? "" : `${directory}/disks/${disk.name}.qcow2`,
  format: "qcow2",
  sizeMib: disk.sizeMib,
});

const preparedNic = (nic: VmNic): PreparedNic => ({
  name: nic.name,
  mac: "52:54:00:00:00:01",
  source: { kind: "bridge", bridge: "br0" },
  device: "ckenic0",
  model: nic.model,
  queues: Math.max(1, nic.queues),
  mtu: nic.mtu,
  filter: "",
  inboundKbps: 0,
  outboundKbps: 0,
  wholeFrames: false,
});
