// Connections that are no HTTP any more after the answer to a request.
import { once } from "node:events";
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** The answer, the connection, and what has come on it. */
export function upgraded(request: ClientRequest): Promise<[IncomingMessage, Socket, Buffer]> {
  return new Promise((resolve, reject) => {
    request.once("upgrade", (answer, socket, head) => resolve([answer, socket, head]));
    request.once("response", ({ statusCode }) => reject(new Error(`no upgrade: ${statusCode}`)));
    request.once("error", reject);
  });
}

export function connected(request: ClientRequest): Promise<[IncomingMessage, Socket]> {
  return new Promise((resolve, reject) => {
    request.once("connect", (answer, socket) => resolve([answer, socket]));
    request.once("error", reject);
  });
}

/** Resolves when the connection is closed. */
export async function closed(socket: Socket): Promise<void> {
  socket.resume();
  socket.on("error", () => {});
  if (!socket.closed) await once(socket, "close");
}
