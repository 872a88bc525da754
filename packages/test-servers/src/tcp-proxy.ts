// A TCP proxy between a client under test and a server. A test can make it stall, delay or break connections.
import { connect, createServer, type Server, type Socket } from "node:net";

/** `up`: from the client to the server. `down`: the answers. */
export type Direction = "up" | "down" | "both";

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

export class TcpProxy {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  readonly #stalled = { up: false, down: false };
  readonly #delayMs = { up: 0, down: 0 };
  #cut = false;
  /** Number of chunks that have passed each way. */
  readonly passed = { up: 0, down: 0 };
  /** Number of connections that were refused because of `cut`. */
  refused = 0;

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target;
    this.#server = createServer((client) => this.#accept(client));
  }

  /** Starts a proxy on a port of its own in front of `port`. */
  static async start(port: number, host = "127.0.0.1"): Promise<TcpProxy> {
    const proxy = new TcpProxy({ host, port });
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once("error", reject);
      proxy.#server.listen(0, "127.0.0.1", resolve);
    });
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the proxy is closed");
    return address.port;
  }

  /** `127.0.0.1:port`. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /**
   * Connections stay open, and new ones are taken, but no byte passes until `heal`. Bytes that are sent meanwhile wait.
   */
  stall(direction: Direction = "both"): void {
    this.#set(direction, (way) => {
      this.#stalled[way] = true;
    });
    for (const pair of this.#pairs) this.#apply(pair);
  }

  /** Breaks every connection and every new one until `heal`. Bytes that were stalled or delayed are lost. */
  cut(): void {
    this.#cut = true;
    this.reset();
  }

  /** Breaks the present connections; new ones work. */
  reset(): void {
    for (const { client, server } of this.#pairs) {
      client.destroy();
      server.destroy();
    }
    this.#pairs.clear();
  }

  /** Holds every chunk up for `ms`; their order stays. */
  delay(ms: number, direction: Direction = "both"): void {
    this.#set(direction, (way) => {
      this.#delayMs[way] = ms;
    });
  }

  /** Ends stall, cut and delay. */
  heal(): void {
    this.#cut = false;
    this.#set("both", (way) => {
      this.#stalled[way] = false;
      this.#delayMs[way] = 0;
    });
    for (const pair of this.#pairs) this.#apply(pair);
  }

  /** Number of present connections. */
  get connections(): number {
    return this.#pairs.size;
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #set(direction: Direction, change: (way: "up" | "down") => void): void {
    if (direction !== "down") change("up");
    if (direction !== "up") change("down");
  }

  #accept(client: Socket): void {
    if (this.#cut) {
      this.refused += 1;
      client.destroy();
      return;
    }
    const server = connect(this.#target);
    const pair = { client, server };
    this.#pairs.add(pair);
    const end = () => {
      client.destroy();
      server.destroy();
      this.#pairs.delete(pair);
    };
    for (const socket of [client, server]) {
      socket.setNoDelay();
      socket.on("error", end);
      socket.on("close", end);
    }
    client.on("data", this.#forward(server, "up"));
    server.on("data", this.#forward(client, "down"));
    this.#apply(pair);
  }

  #forward(to: Socket, way: "up" | "down"): (chunk: Buffer) => void {
    // One chain of promises for each connection and direction, so that a shorter delay never overtakes a longer one.
    let last: Promise<void> = Promise.resolve();
    let waiting = 0;
    return (chunk) => {
      const ms = this.#delayMs[way];
      if (ms === 0 && waiting === 0) {
        this.passed[way] += 1;
        to.write(chunk);
        return;
      }
      waiting += 1;
      const due = new Promise<void>((resolve) => setTimeout(resolve, ms).unref());
      last = Promise.all([last, due]).then(() => {
        waiting -= 1;
        this.passed[way] += 1;
        to.write(chunk);
      });
    };
  }

  #apply({ client, server }: Pair): void {
    if (this.#stalled.up) client.pause();
    else client.resume();
    if (this.#stalled.down) server.pause();
    else server.resume();
  }
}
