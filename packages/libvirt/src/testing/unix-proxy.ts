// A proxy between a client and a daemon's UNIX socket. It passes bytes on in pieces of any size, or cuts after a number of them.
import { connect, createServer, type Server, type Socket } from "node:net";

export class UnixProxy {
  readonly path: string;
  readonly #target: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Bytes of a piece in both directions; 0 is as they come. */
  pieces = 0;
  /** Ends a connection after this many bytes of the daemon. */
  cutAfter = Number.POSITIVE_INFINITY;
  /** Bytes that the daemon sent over the last connection. */
  down = 0;

  private constructor(path: string, target: string) {
    this.path = path;
    this.#target = target;
    this.#server = createServer((client) => this.#accept(client));
  }

  static async start(path: string, target: string): Promise<UnixProxy> {
    const proxy = new UnixProxy(path, target);
    await new Promise<void>((resolve) => proxy.#server.listen(path, resolve));
    return proxy;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    const daemon = connect(this.#target);
    this.down = 0;
    const end = () => {
      client.destroy();
      daemon.destroy();
    };
    for (const socket of [client, daemon]) {
      this.#sockets.add(socket);
      socket.on("error", end);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        end();
      });
    }
    client.on("data", (chunk: Buffer) => this.#pass(chunk, daemon));
    daemon.on("data", (chunk: Buffer) => {
      const room = this.cutAfter - this.down;
      this.down += chunk.length;
      if (chunk.length <= room) return this.#pass(chunk, client);
      client.end(chunk.subarray(0, Math.max(0, room)));
      daemon.destroy();
    });
  }

  #pass(chunk: Buffer, to: Socket): void {
    const size = this.pieces === 0 ? chunk.length : this.pieces;
    for (let at = 0; at < chunk.length; at += size) to.write(chunk.subarray(at, at + size));
  }
}
