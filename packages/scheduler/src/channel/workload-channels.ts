// Channels by the names that an operator knows: of a workload and of one of its units.
import type { Channel } from "./channel.ts";
import type { Channels } from "./channels.ts";

export interface WorkloadChannels {
  /** Throws a CkeError: 404 for names that are not known, 409 for a unit that does not run, and why there is no channel to it. */
  open(workload: string, unit: string, signal: AbortSignal): Promise<Channel>;
  /** An executor dials. */
  readonly dial: Channels["dial"];
}
