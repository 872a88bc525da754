// Waits for a condition of a deployment. Time is counted as on an idle machine, so that a busy machine gets longer.
import { setTimeout as delay } from "node:timers/promises";
import { MachineTime } from "@cke/test-servers";
import { CommandFailedError } from "../../scripts/up/progress/stage.ts";

/**
 * Polls until `condition` returns a truthy value, and returns it. Errors of commands count as "not yet". `timeoutMs` is
 * for an idle machine; `everyMs` is between two looks.
 */
export async function waitFor<T>(
  what: string,
  timeoutMs: number,
  condition: () => Promise<T>,
  explain: () => string = () => "",
  everyMs = 100,
): Promise<NonNullable<T>> {
  let last = "";
  const started = performance.now();
  for (const time = new MachineTime(timeoutMs); ; await delay(everyMs)) {
    try {
      const value = await condition();
      if (value !== undefined && value !== null && value !== false) return value;
    } catch (error) {
      if (!(error instanceof CommandFailedError)) throw error;
      last = error.message;
    }
    if (time.over()) {
      const waited = Math.round((performance.now() - started) / 1000);
      throw new Error(`waited ${waited} s in vain for ${what}. ${last}\n${explain()}`);
    }
  }
}
