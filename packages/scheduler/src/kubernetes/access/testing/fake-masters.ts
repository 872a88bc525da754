// A cluster whose masters are TLS servers of a test, each behind a real channel of its own.
import { once } from "node:events";
import type { RequestListener } from "node:http";
import { createServer, type Server } from "node:https";
import { LocalUnits } from "@cke/executor-core/testing/local-units";
import { systemClock } from "@cke/foundation";
import type { Channel } from "../../../channel/channel.ts";
import { ChannelPair } from "../../../channel/testing/channel-pair.ts";
import { newWorkloadPlan } from "../../../workload/plans/workload-plan.ts";
import type { Expectation } from "../../../workload/records/workload-spec.ts";
import { ClusterNotFoundError } from "../../cluster/cluster-errors.ts";
import { type ClusterRecord, clusterRecordSchema } from "../../cluster/cluster-record.ts";
import { leaveStages } from "../../masters/master-plans.ts";
import { issueLeaf } from "../../pki/certificate.ts";
import { createClusterAuthorities } from "../../pki/cluster-authorities.ts";
import type { ClusterAuthorities } from "../../pki/key-material.ts";
import { type ChannelMasterParts, ChannelMasters } from "../master-connections.ts";

/** A master: its server is the API server, and etcd too. */
export interface FakeMaster {
  readonly server: Server;
  readonly pair: ChannelPair;
  /** Its container is gone: connections break and new ones are refused. */
  die(): void;
}

/** `expect`: whether the cluster is to run. */
export type FakeMastersOptions = Partial<ChannelMasterParts> & { readonly expect?: Expectation };

export class FakeMasters {
  readonly connections: ChannelMasters;
  readonly masters: ReadonlyMap<string, FakeMaster>;
  readonly authorities: ClusterAuthorities;
  readonly #dead = new Set<string>();
  #cluster: ClusterRecord;

  private constructor(
    authorities: ClusterAuthorities,
    servers: ReadonlyMap<string, { readonly server: Server; readonly pair: ChannelPair }>,
    { expect = "RUN", ...options }: FakeMastersOptions,
  ) {
    this.authorities = authorities;
    this.masters = new Map(
      [...servers].map(([name, { server, pair }]) => [
        name,
        {
          server,
          pair,
          die: () => {
            this.#dead.add(name);
            server.close();
            server.closeAllConnections();
          },
        },
      ]),
    );
    this.#cluster = record([...servers.keys()], expect);
    this.connections = new ChannelMasters({
      cluster: (name) => {
        if (name !== this.#cluster.spec.name) throw new ClusterNotFoundError(name);
        return this.#cluster;
      },
      units: () => [],
      apiserverOf: () => "apiserver",
      openChannel: async (_cluster, node, signal): Promise<Pick<Channel, "tunnel">> => {
        const pair = servers.get(node)?.pair;
        if (pair === undefined) throw new Error(`there is no master "${node}"`);
        return await pair.open(signal);
      },
      pki: { authorities: async () => authorities },
      clock: systemClock,
      ...options,
    });
  }

  /** `answer` gets the name of the master that is asked. */
  static async start(
    names: readonly string[],
    answer: (master: string) => RequestListener,
    options: FakeMastersOptions = {},
  ): Promise<FakeMasters> {
    const authorities = await createClusterAuthorities("my");
    const servers = new Map<string, { server: Server; pair: ChannelPair }>();
    for (const name of names) {
      const { certificate: cert, privateKey: key } = issueLeaf(authorities.kubernetes, {
        subject: { commonName: "kube-apiserver" },
        usages: ["server"],
        names: ["localhost", "127.0.0.1"],
        now: Date.now(),
      });
      const ca = authorities.kubernetes.certificate;
      const server = createServer({ cert, key, ca, requestCert: true, rejectUnauthorized: false }, answer(name));
      await once(server.listen(0, "127.0.0.1"), "listening");
      const bound = server.address();
      const port = typeof bound === "object" && bound !== null ? bound.port : 0;
      servers.set(name, { server, pair: await ChannelPair.start({ units: new MasterUnits(port) }) });
    }
    return new FakeMasters(authorities, servers, options);
  }

  /** A plan removes these masters. */
  leave(...masters: readonly string[]): void {
    const plan = newWorkloadPlan("remove", leaveStages(masters), { sinceMs: 0, by: "" }, { id: "1" });
    this.#cluster = { ...this.#cluster, plans: [plan] };
  }

  async stop(): Promise<void> {
    this.connections.stop();
    for (const { server, pair } of this.masters.values()) {
      server.close();
      server.closeAllConnections();
      await pair.stop();
    }
  }
}

/** Whatever a tunnel leads to is this port of the test's. */
class MasterUnits extends LocalUnits {
  readonly #port: number;

  constructor(port: number) {
    super();
    this.#port = port;
  }

  override async tunnel(_target: unknown, signal: AbortSignal): ReturnType<LocalUnits["tunnel"]> {
    return await super.tunnel({ target: { kind: "tcpAddress", value: `127.0.0.1:${this.#port}` } }, signal);
  }
}

function record(masters: readonly string[], expect: Expectation): ClusterRecord {
  const node = (name: string) => ({
    name,
    type: "master",
    host: "*",
    ip: "",
    ingresses: [],
    attributes: [],
    reservation: false,
    expect: "RUN",
  });
  const spec = {
    name: "my",
    version: "1.36",
    network: "net",
    units: masters.map(node),
    ingresses: [],
    attributes: [],
    role: "",
    expect,
  };
  return clusterRecordSchema.parse({ kind: "kubernetes", spec, createdAtMs: 1, deleting: false });
}
