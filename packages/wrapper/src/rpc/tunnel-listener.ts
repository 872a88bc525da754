// The UNIX socket for bytes (tunnels and files), beside that of gRPC. Only the owner may connect.
import { rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { basename, dirname, join } from "node:path";
import { WrapperError } from "../errors/wrapper-error.ts";
import type { ByteServices } from "../sessions/byte-connection.ts";
import { bindPrivately, freeSocketPath } from "./socket-file.ts";

/** Beside the wrapper's own socket, and no longer than that: a path of a UNIX socket has 107 bytes at most. */
export const tunnelSocketName = (socket: string): string => `${basename(socket).replace(/\.sock$/, "")}.tun`;

export class TunnelListener {
  readonly #path: string;
  readonly #services: ByteServices;
  readonly #clients = new Set<Socket>();
  readonly #server = createServer({ allowHalfOpen: true }, (client) => this.#serve(client));

  /** `socket`: path of the wrapper's own socket. */
  constructor(socket: string, services: ByteServices) {
    this.#path = join(dirname(socket), tunnelSocketName(socket));
    this.#services = services;
  }

  /** Resolves when the socket is served. Throws WrapperError. */
  async start(): Promise<void> {
    await freeSocketPath(this.#path);
    await bindPrivately(this.#path, async () => {
      const bound = Promise.withResolvers<void>();
      this.#server.once("error", (cause) =>
        bound.reject(
          new WrapperError("failed_precondition", `cannot serve ${this.#path}: ${cause.message}`, { cause }),
        ),
      );
      // More than an executor opens at once: a connection that finds no room there fails.
      this.#server.listen({ path: this.#path, backlog: 2_048 }, bound.resolve);
      await bound.promise;
    });
  }

  /** Ends every connection. */
  stop(): void {
    this.#server.close();
    for (const client of this.#clients) client.destroy();
    rmSync(this.#path, { force: true });
  }

  #serve(client: Socket): void {
    this.#clients.add(client);
    client.once("close", () => this.#clients.delete(client));
    // Loaded with the first connection: most nodes have none.
    void import("../sessions/byte-connection.ts").then(({ serveByteConnection }) =>
      serveByteConnection(client, this.#services),
    );
  }
}
