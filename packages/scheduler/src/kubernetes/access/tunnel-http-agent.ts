// The agent of node:http for requests to the masters of one cluster: its connections are TLS over tunnels, kept for a while for
// further requests.
import { Agent } from "node:http";
import { Duplex } from "node:stream";

/** Connections without a request that are kept. */
const keptConnections = 4;

export class MasterAgent extends Agent {
  readonly #connect: () => Promise<Duplex>;

  /** `idleMs`: a connection without a request is closed after it, so that its channel can close too. */
  constructor(connect: () => Promise<Duplex>, idleMs: number) {
    super({ keepAlive: true, maxFreeSockets: keptConnections, scheduling: "lifo", timeout: idleMs });
    this.#connect = connect;
  }

  override createConnection(...[, callback]: Parameters<Agent["createConnection"]>): undefined {
    this.#connect().then(
      (connection) => callback?.(null, connection),
      (error: unknown) => callback?.(error instanceof Error ? error : new Error(String(error)), new Duplex()),
    );
  }

  /** Closes the connections without a request that are such. */
  closeKept(isSuch: (connection: Duplex) => boolean): void {
    for (const kept of Object.values(this.freeSockets).flatMap((sockets) => sockets ?? []))
      if (isSuch(kept)) {
        kept.destroy();
        // Node takes a connection that has ended out of its list when that has been told; until then it would use it.
        kept.emit("agentRemove");
      }
  }

  /** True when it has neither a connection nor a request that waits for one. */
  get idle(): boolean {
    return [this.sockets, this.freeSockets, this.requests].every((map) => Object.keys(map).length === 0);
  }
}
