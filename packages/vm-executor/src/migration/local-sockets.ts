// UNIX sockets between an emulator of this host and its executor.
import { once } from "node:events";
import { chmod, chown, rm, stat } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { dirname } from "node:path";
import type { Duplex } from "node:stream";

export interface Listening {
  close(): Promise<void>;
}

/** Takes the connections of whoever owns the directory of the socket. */
export async function listenAt(path: string, onConnection: (stream: Duplex) => void): Promise<Listening> {
  await rm(path, { force: true });
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
    onConnection(socket);
  });
  server.listen(path);
  await once(server, "listening");
  const { uid, gid } = await stat(dirname(path));
  await chown(path, uid, gid);
  await chmod(path, 0o600);
  return {
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(path, { force: true });
    },
  };
}

/** Resolves when it is connected. */
export async function connectTo(path: string): Promise<Duplex> {
  const socket = connect({ path, allowHalfOpen: true });
  await once(socket, "connect");
  socket.on("error", () => {});
  return socket;
}
