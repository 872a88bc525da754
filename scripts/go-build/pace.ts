// Estimates the remaining time of a build from its pace so far, because a busy machine stays slow for the rest too.
// Pure.
import type { BuildPlan, Done } from "./build-plan.ts";

export interface Sample {
  /** Milliseconds since the build began. */
  readonly ms: number;
  /** Weight of the work that was finished by then. */
  readonly weight: number;
}

/** Before this time there is no estimate. */
const leastMs = 10_000;

/**
 * Milliseconds that remain; undefined while it is too early. It uses the pace in the second half of the elapsed time,
 * so that the estimate follows soon when the machine becomes busy or idle. Samples are in order; the last one is the
 * present.
 */
export function remainingMs(samples: readonly Sample[], total: number): number | undefined {
  const now = samples.at(-1);
  if (now === undefined || now.ms < leastMs || now.weight <= 0) return undefined;
  const half = samples.findLast(({ ms }) => ms <= now.ms / 2) ?? { ms: 0, weight: 0 };
  const recent = (now.weight - half.weight) / (now.ms - half.ms);
  const pace = recent > 0 ? recent : now.weight / now.ms;
  return Math.max(0, total - now.weight) / pace;
}

/** "about 50 s left", "about 12 min left": rounded, because the estimate is rough. */
export function leftInWords(ms: number | undefined): string {
  if (ms === undefined) return "it is too early to tell how long it takes";
  if (ms < 90_000) return `about ${Math.max(10, Math.round(ms / 10_000) * 10)} s left`;
  return `about ${Math.round(ms / 60_000)} min left`;
}

/** "43 % (1210 of 2786 packages, 1 of 6 programs linked), about 4 min left" */
export function progressInWords(plan: BuildPlan, done: Done, samples: readonly Sample[]): string {
  const percent = plan.total === 0 ? 100 : Math.floor((100 * done.weight) / plan.total);
  const parts = `${done.compiled} of ${plan.compile.size} packages, ${done.linked} of ${plan.link.size} programs linked`;
  return `${percent} % (${parts}), ${leftInWords(remainingMs(samples, plan.total))}`;
}
