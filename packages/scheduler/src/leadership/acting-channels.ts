// The channels that the API's routes use. Each call goes to the channels of the present term, or is refused when this
// scheduler does not lead.
import type { Channel } from "../channel/channel.ts";
import type { WorkloadChannels } from "../channel/workload-channels.ts";
import { notLeading } from "./service-access.ts";
import type { Standing } from "./standing.ts";

export class ActingChannels implements WorkloadChannels {
  readonly #standing: () => Standing;

  constructor(standing: () => Standing) {
    this.#standing = standing;
  }

  async open(workload: string, unit: string, signal: AbortSignal): Promise<Channel> {
    const standing = this.#standing();
    if (standing.kind !== "leader") throw notLeading();
    return await standing.channels.open(workload, unit, signal);
  }

  dial(...asked: Parameters<WorkloadChannels["dial"]>): void {
    const [, , , refuse] = asked;
    const standing = this.#standing();
    if (standing.kind === "leader") standing.channels.dial(...asked);
    else refuse(notLeading());
  }
}
