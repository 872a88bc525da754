// Takes over a guest that runs: its domain says from now on whose incarnation it is, and the guest notices nothing.
import { Backoff, messageOf } from "@cke/foundation";
import { isLibvirtError } from "@cke/libvirt";
import { writeMetadata } from "../changes/live-changes.ts";
import type { RunningGuest } from "../domain/running-guest.ts";
import { withConnection } from "../hypervisor/with-connection.ts";
import type { GuestStart } from "./guest-start.ts";
import type { MachineRecord } from "./machine-record.ts";
import type { VmParts } from "./vm-parts.ts";

export interface GuestAdoptionOptions {
  readonly record: MachineRecord;
  readonly parts: Pick<VmParts, "clock" | "logger" | "tell">;
  readonly start: Pick<GuestStart, "adopted" | "work">;
  /** Labels of this incarnation. */
  readonly labels: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Resolves when the guest is this executor's. What libvirt refuses to note is tried again, and never ends the guest. */
export async function adoptGuest({ domain, metadata }: RunningGuest, options: GuestAdoptionOptions): Promise<void> {
  const { record, parts, start, labels, signal } = options;
  record.began({ domain, metadata: { ...metadata, labels } });
  try {
    await note(options);
  } catch (error) {
    if (!isLibvirtError(error)) throw error;
    parts.tell(
      "warning",
      `libvirt does not note yet that the running guest was adopted: ${messageOf(error)}; it is tried again, and the guest runs on`,
    );
    void noteLater(options);
  }
  if (metadata.definition.devices?.agent === true) void thawFrozen(domain, options);
  if (record.guest !== undefined) await start.adopted(record.guest, signal);
  // What an executor that was killed in the middle of a move has left, before the other host had the guest.
  if (record.facts.sight?.reason === "migration")
    await record.opened?.domain.goOn().catch((error: unknown) => {
      parts.tell("warning", `the guest, which a move has paused, does not go on: ${messageOf(error)}; resume it`);
    });
}

/** An executor that ended in the middle of a snapshot has left the guest's file systems frozen. Never rejects. */
async function thawFrozen(
  domain: RunningGuest["domain"],
  { record, parts, signal }: GuestAdoptionOptions,
): Promise<void> {
  const { opened } = record;
  if (opened === undefined) return;
  const { hypervisor } = opened;
  const work = async () => {
    const answer = await hypervisor.guest.agentCommand(domain, '{"execute":"guest-fsfreeze-status"}', { signal });
    if (!/"return"\s*:\s*"frozen"/.test(answer)) return;
    await hypervisor.guest.thaw(domain, { signal });
    parts.tell(
      "warning",
      "the file systems of the adopted guest were frozen by a snapshot that did not end: they were thawed",
    );
  };
  await withConnection(hypervisor, work, signal).catch((error: unknown) => {
    parts.logger.debug("the adopted guest does not say whether it is frozen", { detail: messageOf(error) });
  });
}

async function note({ record, start, signal }: GuestAdoptionOptions): Promise<void> {
  const { opened } = record;
  if (opened === undefined) return;
  const { hypervisor } = opened;
  // What is noted is the guest as it is now: it may have followed a change meanwhile.
  for (let noted: RunningGuest | undefined; noted !== record.guest && record.guest !== undefined; ) {
    const guest = record.guest;
    await withConnection(hypervisor, () => writeMetadata(guest, { hypervisor, work: start.work(signal) }), signal);
    noted = guest;
  }
}

/** Never rejects. Ends with the signal, and with the guest. */
async function noteLater(options: GuestAdoptionOptions): Promise<void> {
  const { record, parts, signal } = options;
  const backoff = new Backoff({ baseMs: 2_000, maxMs: 300_000 });
  while (!signal.aborted && record.guest !== undefined) {
    try {
      await parts.clock.sleep(backoff.next(), signal);
      await note(options);
      return;
    } catch (error) {
      if (!signal.aborted) parts.logger.warning("the adoption is not noted yet", { detail: messageOf(error) });
    }
  }
}
