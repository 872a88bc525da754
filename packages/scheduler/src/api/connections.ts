// Tracks the connections of the API's server, so that a stop waits for running requests only. Node's own server.close() leaves two
// kinds of connections open until the grace period ends: those without a first request, and those whose request was running when
// the stop began and that the client keeps open.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

interface Connection {
  /** Answers that are not finished yet. */
  readonly answers: Set<ServerResponse>;
  /** Bytes read when the last answer was finished. When more have been read, the next request has begun to arrive. */
  readBefore: number;
}

export class Connections {
  readonly #open = new Map<Socket, Connection>();
  #draining = false;

  /** Tracks a server's connections; call it before the server listens. */
  watch(server: Server): void {
    server.on("connection", (socket) => {
      this.#open.set(socket, { answers: new Set(), readBefore: 0 });
      socket.once("close", () => this.#open.delete(socket));
    });
    // Runs before every other handler, because it decides about a header of the answer.
    server.prependListener("request", (request, response) => this.#begin(request, response));
    // A WebSocket is closed by its route, a tunnel by what has opened it.
    server.prependListener("upgrade", ({ socket }) => this.#open.delete(socket));
    server.prependListener("connect", ({ socket }) => this.#open.delete(socket));
  }

  /** From now on every answer says `Connection: close`, and connections without a request are closed. */
  drain(): void {
    this.#draining = true;
    for (const [socket, { answers }] of this.#open) {
      for (const answer of answers) answer.shouldKeepAlive = false;
      this.#endIdle(socket);
    }
  }

  #begin(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const connection = this.#open.get(socket);
    if (connection === undefined) return;
    connection.answers.add(response);
    if (this.#draining) response.shouldKeepAlive = false;
    const over = () => {
      connection.answers.delete(response);
      connection.readBefore = socket.bytesRead;
      if (this.#draining) this.#endIdle(socket);
    };
    // A client that still sends its body must be able to read the answer, so its connection is closed when the body has arrived.
    response.once("close", () => (request.complete || request.destroyed ? over() : request.once("close", over)));
  }

  #endIdle(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection !== undefined && connection.answers.size === 0 && socket.bytesRead === connection.readBefore)
      socket.destroySoon();
  }
}
