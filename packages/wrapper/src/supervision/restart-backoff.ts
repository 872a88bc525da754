// How long a process that ended waits before its next run: exponential, with jitter in the upper half.
import type { RestartPolicy } from "@cke/protocol";

/** The policy with the defaults of process.proto filled in. */
export function completeRestartPolicy(policy: RestartPolicy | undefined): RestartPolicy {
  const backoffMinMs = policy?.backoffMinMs || 500;
  return {
    mode: policy?.mode ?? "always",
    backoffMinMs,
    backoffMaxMs: Math.max(policy?.backoffMaxMs || 30_000, backoffMinMs),
    resetAfterMs: policy?.resetAfterMs || 60_000,
  };
}

/** Milliseconds before the next run after `earlier` early exits before this one; `random` in [0,1). */
export function restartDelayMs(policy: RestartPolicy, earlier: number, random: number): number {
  const ceiling = Math.min(policy.backoffMaxMs, policy.backoffMinMs * 2 ** Math.min(earlier, 30));
  return ceiling / 2 + (ceiling / 2) * random;
}
