// The channels that the API's routes use. Each call goes to the channels of the present term, or is refused when this
// scheduler does not lead.
import type { Channel } from "../channel/channel.ts";
import type { WorkloadChannels } from "../channel/workload-channels.ts";
import type { Role } from "./role.ts";
import { notLeading } from "./service-access.ts";

export class ActingChannels implements WorkloadChannels {
  readonly #role: () => Role;

  constructor(role: () => Role) {
    this.#role = role;
  }

  async open(workload: string, unit: string, signal: AbortSignal): Promise<Channel> {
    const role = this.#role();
    if (role.kind !== "leader") throw notLeading();
    return await role.channels.open(workload, unit, signal);
  }

  dial(...asked: Parameters<WorkloadChannels["dial"]>): void {
    const [, , , refuse] = asked;
    const role = this.#role();
    if (role.kind === "leader") role.channels.dial(...asked);
    else refuse(notLeading());
  }
}
