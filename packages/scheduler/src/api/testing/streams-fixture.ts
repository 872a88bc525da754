// Two schedulers, a leader and a follower, and a channel to one node: real sockets, with files and commands of this machine (or of what
// else a test gives) in place of the node's.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { UnitStreams } from "@cke/executor-core";
import { LocalUnits } from "@cke/executor-core/testing/local-units";
import type { Channel } from "../../channel/channel.ts";
import { ChannelPair } from "../../channel/testing/channel-pair.ts";
import type { WorkloadChannels } from "../../channel/workload-channels.ts";
import { ProcessFiles } from "../../kubernetes/process-files/process-files.ts";
import { PartNotFoundError } from "../../workload/plans/part-not-found-error.ts";
import { newUnitRecord, type UnitRecord } from "../../workload/records/records.ts";
import { type ApiFixture, createApiFixture } from "./api-fixture.ts";
import { Follower } from "./follower-fixture.ts";

/** Of a node `gone` that was removed. */
const former = { executorId: "e", agentId: "S", hostname: "agent-9", endedAtMs: 0, output: "last words" };

/** The node `n0` of the cluster `my`, with the process `etcd`. */
export class StreamsFixture {
  /** Where the node's files are. */
  readonly root: string;
  readonly local: LocalUnits;
  readonly pair: ChannelPair;
  readonly api: ApiFixture;
  readonly follower: Follower;
  /** The node's record. */
  record: UnitRecord = newUnitRecord("my", "n0", "");
  /** Why there is no channel. */
  unreachable: Error | undefined;
  #url = "";

  private constructor(root: string, local: LocalUnits, pair: ChannelPair, api: ApiFixture, follower: Follower) {
    this.root = root;
    this.local = local;
    this.pair = pair;
    this.api = api;
    this.follower = follower;
  }

  /** `units`: default: files below `root`, and commands of this machine. */
  static async start(units?: UnitStreams): Promise<StreamsFixture> {
    const root = await mkdtemp(join(tmpdir(), "cke-streams-"));
    const local = new LocalUnits(root);
    // The parts need each other, so they find each other when they are used.
    const made: { fixture?: StreamsFixture } = {};
    const fixture = () => {
      if (made.fixture === undefined) throw new Error("the fixture is not made yet");
      return made.fixture;
    };
    const pair = await ChannelPair.start({ units: units ?? local, url: () => fixture().leader });
    const open = async (_cluster: string, node: string, signal: AbortSignal): Promise<Channel> => {
      if (node !== "n0") throw new PartNotFoundError("node", 'cluster "my"', node, ["n0"]);
      const { unreachable } = fixture();
      if (unreachable !== undefined) throw unreachable;
      return await pair.open(signal);
    };
    const channels: WorkloadChannels = { open, dial: (...asked) => pair.channels.dial(...asked) };
    const files = new ProcessFiles({
      cluster: (name) => (name === "my" ? ["n0"] : undefined),
      unit: () => fixture().record,
      former: async (_cluster, node) => (node === "gone" ? former : undefined),
      processes: () => ["etcd"],
      channels,
    });
    const api = await createApiFixture({ services: { channels, files } });
    const { port } = await api.server.listen("127.0.0.1:0");
    const follower = await Follower.start({ id: "follower" });
    made.fixture = new StreamsFixture(root, local, pair, api, follower);
    made.fixture.#url = `http://127.0.0.1:${port}`;
    follower.follow(made.fixture.leader);
    return made.fixture;
  }

  /** URL of the scheduler that leads. */
  get leader(): string {
    return this.#url;
  }

  /** URL of the leader, or of the scheduler that passes requests on to it. */
  of(who: "leader" | "follower"): string {
    return who === "leader" ? this.leader : this.follower.url;
  }

  async stop(): Promise<void> {
    await this.pair.stop();
    await this.follower.api.close();
    await this.api.close();
    await rm(this.root, { recursive: true });
  }
}
