// Work while a guest's file systems hold still. A guest whose file systems stay frozen stands, so that thawing them ends only with success,
// with the guest, or with this executor: the next one thaws what it adopts.
import { Backoff } from "@cke/foundation";
import { isLibvirtError } from "@cke/libvirt";
import { withConnection } from "../hypervisor/with-connection.ts";
import { agentDeadlineMs, within } from "../hypervisor/with-deadline.ts";
import type { CallParts } from "./call-parts.ts";

/** How long a guest is thawed whose freezing failed, in ms: it may hold still nevertheless, or have no agent. */
const doubtMs = 600_000;

/** Throws what the freeze or the work throws. */
export async function whileQuiet<T>(parts: CallParts, work: () => Promise<T>): Promise<T> {
  const { hypervisor, domain, clock } = parts;
  let frozen = false;
  try {
    // Not with the caller's signal: an answer that nobody waits for would leave the guest frozen.
    await within(clock, agentDeadlineMs, (signal) => hypervisor.guest.freeze(domain, { signal }));
    frozen = true;
    return await work();
  } finally {
    if (frozen) await thaw(parts, Number.POSITIVE_INFINITY);
    else void thaw(parts, doubtMs);
  }
}

/** Never rejects. */
async function thaw({ vm: { machine }, hypervisor, domain, clock }: CallParts, patienceMs: number): Promise<void> {
  const { signal } = machine;
  const deadline = clock.monotonic() + patienceMs;
  const backoff = new Backoff({ baseMs: 500, maxMs: 30_000 });
  while (!signal.aborted && machine.guest !== undefined) {
    try {
      const work = () =>
        within(clock, agentDeadlineMs, (late) => hypervisor.guest.thaw(domain, { signal: late }), signal);
      await withConnection(hypervisor, work, signal);
      return;
    } catch (error) {
      if (isLibvirtError(error, "no-domain", "operation-invalid") || clock.monotonic() >= deadline) return;
      await clock.sleep(backoff.next(), signal).catch(() => {});
    }
  }
}
