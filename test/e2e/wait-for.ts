// Waits for a condition of a deployment. Time is counted as on an idle machine, so that a busy machine gets longer.
import { setTimeout as delay } from "node:timers/promises";
import { MachineTime } from "@cke/test-servers";

/** What has not come within this time of an idle machine does not come. It is no bar: a slow machine must not reach it. */
const patienceMs = 300_000;
/** A single look that has no result for this time stands still. */
const lookMs = 900_000;

export interface WaitOptions {
  /** Between two looks, in milliseconds. */
  readonly everyMs?: number;
  /** Longest wait, in milliseconds of an idle machine. */
  readonly limitMs?: number;
}

/**
 * Polls until `condition` returns a truthy value, and returns it. An error counts as "not yet": what is asked may be about to start, to
 * end or to change its leader. A wait in vain tells the last one, and what `explain` says.
 */
export async function waitFor<T>(
  what: string,
  condition: () => Promise<T>,
  explain: () => string = () => "",
  { everyMs = 100, limitMs = patienceMs }: WaitOptions = {},
): Promise<NonNullable<T>> {
  let last = "";
  const started = performance.now();
  for (const time = new MachineTime(limitMs); ; await delay(everyMs)) {
    try {
      const value = await withEnd(condition());
      if (value !== undefined && value !== null && value !== false) return value;
      last = "";
    } catch (error) {
      last = error instanceof Error ? `${error.message} ${String(error.cause ?? "")}`.trim() : String(error);
    }
    if (time.over()) {
      const waited = Math.round((performance.now() - started) / 1000);
      throw new Error(`waited ${waited} s in vain for ${what}. ${last}\n${explain()}`);
    }
  }
}

async function withEnd<T>(look: Promise<T>): Promise<T> {
  const end = Promise.withResolvers<never>();
  const words = `the last look has had no result for ${lookMs / 1000} s`;
  const timer = setTimeout(() => end.reject(new Error(words)), lookMs);
  try {
    return await Promise.race([look, end.promise]);
  } finally {
    clearTimeout(timer);
  }
}
