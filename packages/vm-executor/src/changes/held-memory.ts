// A limit of memory is lowered after the guest has given memory back: below what it still has, the kernel would kill it.
import { CkeError, type Clock } from "@cke/foundation";
import type { DomainRef } from "@cke/libvirt";
import type { VmDefinition } from "@cke/protocol";
import type { Hypervisor } from "../hypervisor/hypervisor.ts";
import { type Account, withHeldMemory } from "../limits/accounted-resources.ts";
import { memoryParameters } from "../limits/limits.ts";

export interface BalloonParts {
  readonly hypervisor: Pick<Hypervisor, "sizing">;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Aborted when something else is wanted: nobody waits for this then. */
  readonly superseded: AbortSignal;
  /** The guest is to stand still after this: it is not waited for as long as it gives back. */
  readonly brief: boolean;
}

/** A balloon takes its time also in a guest that follows: it is waited for as long as it gives back, and asked about again with the next attempt. */
const giveBackMs = 5_000;
const longestMs = 120_000;
const pollMs = 250;

/** True when the limit of the second is below that of the first, which a guest may have though its task holds less now. Pure. */
export function lowersLimit(now: VmDefinition, next: VmDefinition, account: Account): boolean {
  const limit = (of: VmDefinition) =>
    memoryParameters(of, withHeldMemory(account, of))?.hardLimitKib ?? Number.POSITIVE_INFINITY;
  return limit(next) < limit(now);
}

/** Waits until the guest has no more than `mib`. Resolves to CkeError memory_held when it gives no more back or something else is wanted, which may be asked again. */
export async function heldMemory(
  domain: DomainRef,
  mib: number,
  { hypervisor, clock, signal, superseded, brief }: BalloonParts,
): Promise<CkeError | undefined> {
  const latest = clock.monotonic() + (brief ? giveBackMs : longestMs);
  let deadline = clock.monotonic() + giveBackMs;
  let least = Number.POSITIVE_INFINITY;
  for (;;) {
    const { balloonKib } = await hypervisor.sizing.memoryStats(domain, { signal });
    if (balloonKib !== undefined && balloonKib <= mib * 1_024) return undefined;
    const now = clock.monotonic();
    if (balloonKib !== undefined && balloonKib < least) {
      least = balloonKib;
      deadline = Math.min(now + giveBackMs, latest);
    }
    if (now >= deadline || superseded.aborted) {
      const has = balloonKib === undefined ? "nobody knows what it has" : `it has ${Math.ceil(balloonKib / 1_024)} MiB`;
      const words = `the guest has not given its memory back yet: ${has}, and is to have ${mib} MiB; its limit stays until then`;
      const question = "is its operating system up, and has it a driver of the balloon?";
      return new CkeError("memory_held", `memory.mib: ${words}; ${question}`, { retryable: true });
    }
    await clock.sleep(pollMs, AbortSignal.any([signal, superseded])).catch((error: unknown) => {
      if (signal.aborted || !superseded.aborted) throw error;
    });
  }
}
