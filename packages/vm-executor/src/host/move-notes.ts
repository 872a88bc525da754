// What a host knows of a guest that leaves it, or comes to it, while it runs: files of the VM's directory, on storage before what they tell
// of is done. They decide whether a guest is started here after an executor was killed in the middle.
import * as z from "zod";
import type { VmPlace } from "../ports/vm-place.ts";
import type { VmHost } from "./vm-host.ts";

const departureSchema = z.object({
  /**
   * leaving: the other host was asked to let the guest go on, so that it alone knows where it runs. gone: it runs there. stays: the plan that
   * is named was given up.
   */
  kind: z.enum(["leaving", "gone", "stays"]),
  /** Of the plan that moves the VM. */
  plan: z.string().max(200),
});
export type Departure = Readonly<z.output<typeof departureSchema>>;

/** expected: an emulator may wait for the guest here, or have it. arrived: the guest is this host's. */
const arrivalSchema = z.object({
  kind: z.enum(["expected", "arrived"]),
  /**
   * Of the kernel in which libvirt was asked to let it go on. libvirt's definition tells whether it did; after a power cut that may be lost, for
   * libvirt does not say that it is on storage.
   */
  finishedIn: z.string().max(100).optional(),
});
export type ArrivalNote = Readonly<z.output<typeof arrivalSchema>>;

type Notes = Pick<VmHost, "readNote" | "writeNote">;

/** Undefined when no guest has left. Throws for a note that cannot be read: nothing may be started then. */
export async function readDeparture(host: Notes, place: VmPlace): Promise<Departure | undefined> {
  const text = await host.readNote(place, "departure");
  return text === undefined ? undefined : departureSchema.parse(JSON.parse(text));
}

export async function writeDeparture(host: Notes, place: VmPlace, note: Departure | undefined): Promise<void> {
  await host.writeNote(place, "departure", note && JSON.stringify(note));
}

export async function readArrival(host: Notes, place: VmPlace): Promise<ArrivalNote | undefined> {
  const text = await host.readNote(place, "arrival");
  return text === undefined ? undefined : arrivalSchema.parse(JSON.parse(text));
}

export async function writeArrival(host: Notes, place: VmPlace, note: ArrivalNote | undefined): Promise<void> {
  await host.writeNote(place, "arrival", note && JSON.stringify(note));
}

/** True when a guest must not be started here: another host has it, or may have it. */
export async function hasLeft(host: Notes, place: VmPlace): Promise<boolean> {
  const note = await readDeparture(host, place);
  return note !== undefined && note.kind !== "stays";
}

/** The VM's disks are this host's, whatever was before. */
export async function forgetMoves(host: Notes, place: VmPlace): Promise<void> {
  await writeDeparture(host, place, undefined);
  await writeArrival(host, place, undefined);
}
