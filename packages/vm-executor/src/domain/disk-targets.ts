// Names of a VM's disks in its domain. A disk keeps its target for as long as the domain runs, whatever comes and goes beside it. Pure.
import type { VmDisk } from "@cke/protocol";

/** User aliases of libvirt begin with "ua-". A name has no dot or underscore that another name could have instead. */
export const diskAlias = (name: string): string => `ua-disk-${name}`;
export const nicAlias = (name: string): string => `ua-nic-${name}`;

/** The seed's name among the disks; no disk of a definition may have it. */
export const seedDisk = "cke-seed";

/** Empty: virtio, and sata for what is a cdrom (virtio has none). */
export function busOf({ bus, role }: Pick<VmDisk, "bus" | "role">): string {
  if (role === "cdrom" && (bus === "" || bus === "virtio")) return "sata";
  return bus === "" ? "virtio" : bus;
}

/**
 * The seed as one of the disks. A guest that boots from a virtio disk reads the seed so too: many kernels for clouds (Debian's among them)
 * know neither AHCI nor IDE. For others it is a disc.
 */
export function seedAmong(disks: readonly Pick<VmDisk, "bus" | "role">[]): Pick<VmDisk, "name" | "bus" | "role"> {
  const system = disks.find(({ role }) => role === "system") ?? disks[0];
  const virtio = system !== undefined && busOf(system) === "virtio";
  return virtio ? { name: seedDisk, role: "data", bus: "virtio" } : { name: seedDisk, role: "cdrom", bus: "sata" };
}

const prefixes: Readonly<Record<string, string>> = { virtio: "vd", scsi: "sd", sata: "sd", ide: "hd" };

/** vda, vdb, …, vdz, vdaa. */
function targetName(prefix: string, index: number): string {
  let letters = "";
  for (let left = index + 1; left > 0; left = Math.floor((left - 1) / 26))
    letters = String.fromCharCode(97 + ((left - 1) % 26)) + letters;
  return `${prefix}${letters}`;
}

type Named = Pick<VmDisk, "name" | "bus" | "role">;

/**
 * The target of each disk by name. `previous` are those of the domain that runs, its seed's among them: a disk that is there keeps its own, and no
 * other one gets it. System disks go first.
 */
export function assignTargets(
  disks: readonly Named[],
  previous: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const targets = new Map<string, string>();
  const kept = disks.filter(({ name }) => previous.has(name));
  for (const { name } of kept) targets.set(name, previous.get(name) ?? "");
  const taken = new Set(previous.values());
  const rank = ({ role }: Named) => ["system", "data", "cdrom"].indexOf(role);
  for (const disk of disks.filter(({ name }) => !targets.has(name)).toSorted((a, b) => rank(a) - rank(b))) {
    const prefix = prefixes[busOf(disk)] ?? "vd";
    let index = 0;
    while (taken.has(targetName(prefix, index))) index += 1;
    const target = targetName(prefix, index);
    taken.add(target);
    targets.set(disk.name, target);
  }
  return targets;
}
