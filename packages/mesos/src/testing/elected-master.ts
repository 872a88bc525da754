// A master's place in an election, as Mesos keeps it: a session with ZooKeeper of its own, and in it an ephemeral sequential
// node `json.info_` with MasterInfo as JSON.
import { ZooKeeperRefused, ZooKeeperSession } from "@cke/zookeeper";

export class ElectedMaster {
  readonly #session: ZooKeeperSession;
  readonly #member: string;

  private constructor(session: ZooKeeperSession, member: string) {
    this.#session = session;
    this.#member = member;
  }

  /** Joins the election below `path`, which is made when it is not there. */
  static async join(address: string, path: string, port: number): Promise<ElectedMaster> {
    const session = new ZooKeeperSession({ servers: [address], sessionMs: 60_000, timeoutMs: 60_000 });
    const segments = path.split("/").slice(1);
    for (const index of segments.keys()) await make(session, `/${segments.slice(0, index + 1).join("/")}`);
    const info = {
      address: { hostname: "localhost", ip: "127.0.0.1", port },
      hostname: "localhost",
      id: `master-${port}`,
      ip: 16777343,
      pid: `master@127.0.0.1:${port}`,
      port,
      version: "1.12.0",
    };
    const data = Buffer.from(JSON.stringify(info));
    return new ElectedMaster(session, await session.createMember(`${path}/json.info_`, data, "everybody"));
  }

  /** Leaves the election. */
  async leave(): Promise<void> {
    await this.#session.remove(this.#member);
    this.#session.close();
  }
}

async function make(session: ZooKeeperSession, path: string): Promise<void> {
  await session.create(path, "everybody").catch((error: unknown) => {
    if (!(error instanceof ZooKeeperRefused) || error.reason !== "node_exists") throw error;
  });
}
