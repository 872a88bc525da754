// Why a guest does not move while it runs. Pure.
import type { VmDefinition } from "@cke/protocol";
import type { GuestSight } from "../state/guest-state.ts";

export interface LiveGuest {
  readonly running: VmDefinition;
  /** What the scheduler wants of it, by which its new host makes its place. */
  readonly wanted: VmDefinition;
  readonly sight: GuestSight;
  /** Names. */
  readonly snapshots: readonly string[];
}

/** Those that it writes to on storage of all hosts. */
export const writtenByAll = (disks: VmDefinition["disks"]): VmDefinition["disks"] =>
  disks.filter(({ path, shared, role, readOnly }) => path !== "" && shared && role !== "cdrom" && !readOnly);

/** To follow "it"; undefined when it can. Machines that do not fit and the like only libvirt tells. */
export function liveProblem({ running, wanted, sight, snapshots }: LiveGuest): string | undefined {
  if (sight.state !== "running" && !(sight.state === "paused" && sight.reason === "user"))
    return `does not run (${sight.state}, ${sight.reason})`;
  if (snapshots.length > 0)
    return `has snapshots, which only disks that nothing writes to take along: ${snapshots.join(", ")}`;
  if (running.devices?.tpm === true) return "has a TPM";
  const names = (disks: VmDefinition["disks"]) => disks.map(({ name }) => name).join(", ");
  const tied = running.disks.filter(({ path, shared, role }) => path !== "" && !shared && role !== "cdrom");
  if (tied.length > 0) return `has disks with paths on its host: ${names(tied)}`;
  const written = writtenByAll(running.disks).filter(({ cache }) => cache !== "none" && cache !== "directsync");
  if (written.length > 0)
    return `has shared disks that its host caches (cache is none or directsync for a move): ${names(written)}`;
  const readOnly = running.disks.filter(({ path, readOnly: only, role }) => path === "" && only && role !== "cdrom");
  if (readOnly.length > 0) return `has disks that it only reads: ${names(readOnly)}`;
  const places = ({ disks, nics, boot }: VmDefinition) =>
    JSON.stringify([
      disks.map(({ name, path, format, role, bus }) => [name, path, format, role, bus]).toSorted(),
      nics.map(({ name, network, mac, queues }) => [name, network, mac, queues]),
      [boot?.firmware, boot?.type],
    ]);
  if (places(running) !== places(wanted))
    return "has changes of disks, networks or firmware that wait for its next start";
  return undefined;
}
