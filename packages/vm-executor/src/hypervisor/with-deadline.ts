// A deadline for what waits for a guest: the agent in it may hang, and libvirt waits with it.
import { CkeError, type Clock } from "@cke/foundation";

/** libvirt gives a guest agent up after this (virDomainAgentSetResponseTimeout), so that its call ends. */
export const agentSeconds = 30;
/** Our own deadline for a call that waits for the agent: later than libvirt's, for a daemon that has no such setting. */
export const agentDeadlineMs = 40_000;

/**
 * What the work resolves to. After `ms` it throws CkeError `guest_silent`, and the work's signal is aborted; a call that has been sent goes on
 * at the daemon, and nobody waits for it.
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const late = new AbortController();
  const words = `the guest's agent has not answered for ${Math.ceil(ms / 1_000)} s: restart qemu-guest-agent in the guest`;
  const cancel = clock.after(ms, () => late.abort(new CkeError("guest_silent", words)), { background: true });
  const both = signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]);
  try {
    both.throwIfAborted();
    return await untilAborted(work(both), both);
  } finally {
    cancel();
  }
}

/** What the work resolves to. Throws the signal's reason when that comes first: the work goes on, and nobody waits for it. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([promise, work]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
