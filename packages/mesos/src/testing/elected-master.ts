// A master's place in an election, as Mesos keeps it: a session with ZooKeeper of its own, and in it an ephemeral sequential
// node `json.info_` with MasterInfo as JSON.
import zookeeper, { type Client } from "node-zookeeper-client";

export class ElectedMaster {
  readonly #client: Client;

  private constructor(client: Client) {
    this.#client = client;
  }

  /** Joins the election below `path`, which is made when it is not there. */
  static async join(address: string, path: string, port: number): Promise<ElectedMaster> {
    const client = zookeeper.createClient(address, { sessionTimeout: 4_000, spinDelay: 100 });
    await new Promise<void>((resolve) => {
      client.once("connected", resolve);
      client.connect();
    });
    const master = new ElectedMaster(client);
    await answered<string>((done) => client.mkdirp(path, done));
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
    const mode = zookeeper.CreateMode.EPHEMERAL_SEQUENTIAL;
    await answered<string>((done) => client.create(`${path}/json.info_`, data, mode, done));
    return master;
  }

  /** Leaves the election: its node goes with its session. */
  async leave(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#client.once("disconnected", resolve);
      this.#client.close();
    });
  }
}

/** A question to ZooKeeper as a promise. */
function answered<T>(ask: (done: (error: unknown, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) =>
    ask((error, value) => (error === null || error === undefined ? resolve(value) : reject(error))),
  );
}
