// The connections of the API's server, so that a stop waits for requests and for nothing else. Node closes none that has
// yet to send its first request, and none whose request was under way when the stop began: kept open by its client, it
// would be waited for to the end of the grace.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

interface Connection {
  /** What is being answered. */
  readonly answers: Set<ServerResponse>;
  /** Bytes that had been read when the last answer was over; more than that is the next request on its way. */
  readBefore: number;
}

export class Connections {
  readonly #open = new Map<Socket, Connection>();
  #draining = false;

  /** Watches a server; before it listens. */
  watch(server: Server): void {
    server.on("connection", (socket) => {
      this.#open.set(socket, { answers: new Set(), readBefore: 0 });
      socket.once("close", () => this.#open.delete(socket));
    });
    // Before anybody answers: what is decided here goes into the answer's head.
    server.prependListener("request", (request, response) => this.#begin(request, response));
    // A WebSocket ends in its own way.
    server.prependListener("upgrade", ({ socket }) => this.#open.delete(socket));
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
    // A client that still sends a body must get to read the answer: it is cut off when it has sent all.
    response.once("close", () => (request.complete || request.destroyed ? over() : request.once("close", over)));
  }

  #endIdle(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection !== undefined && connection.answers.size === 0 && socket.bytesRead === connection.readBefore)
      socket.destroySoon();
  }
}
