// The addresses of one cluster, at an API server in memory and by a clock of the test.
import { ManualClock } from "../../../framework/testing/manual-clock.ts";
import type { Announcement } from "../announcements.ts";
import { ClusterAddresses } from "../cluster-addresses.ts";
import { FakeServices } from "./fake-services.ts";

export class AddressLab {
  readonly clock = new ManualClock();
  readonly server = new FakeServices();
  readonly announced: (readonly Announcement[])[] = [];
  /** Why the cluster cannot be followed. */
  problem = "";
  #end = new AbortController();

  begin(more: { readonly givesFromMs?: number; readonly pool?: readonly string[] } = {}): Promise<void> {
    this.#end = new AbortController();
    const { clock, server } = this;
    const addresses = new ClusterAddresses({
      ...{ client: server, watches: server, clock, cluster: "c", pool: ["10.9.0.1-10.9.0.2"], reserved: [] },
      workers: () => new Set(["n1", "n2"]),
      ...{ givesFromMs: 0, ...more },
      announce: async (now) => void this.announced.push(now),
      onProblem: (words) => {
        this.problem = words;
      },
    });
    return addresses.run(this.#end.signal);
  }

  end(): void {
    this.#end.abort();
  }
}
