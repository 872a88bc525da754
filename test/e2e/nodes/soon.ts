// How soon the other nodes of a cluster must follow a change of one.
import { type MachinePace, pacedMs } from "@cke/test-servers";
import { expect } from "vitest";

/** Others follow within 2 s, on an idle machine. Stops the measurement of this machine. */
export async function soon(what: string, ms: number, pace: MachinePace): Promise<void> {
  const counted = Math.round(pacedMs(ms, await pace.take()));
  await pace.stop();
  console.log(`  ${what} after ${ms} ms (${counted} counted)`);
  expect(counted, what).toBeLessThanOrEqual(2_000);
}
