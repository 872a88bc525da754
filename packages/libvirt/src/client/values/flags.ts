// Flags of calls from options.
import type { Affect } from "../../api/call.ts";

/** The sum of the bits whose condition is true. */
export const flags = (...bits: readonly (readonly [condition: boolean | undefined, bit: number])[]): number =>
  bits.reduce((sum, [condition, bit]) => (condition ? sum + bit : sum), 0);

/** virDomainModificationImpact. */
const affects: Readonly<Record<Affect, number>> = { current: 0, live: 1, config: 2, both: 3 };

export const affectFlags = (affect: Affect = "current"): number => affects[affect];
