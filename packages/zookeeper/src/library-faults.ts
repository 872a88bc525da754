// What node-zookeeper-client must be kept from doing (see docs/decisions/etcd-and-zookeeper-clients.md). The library's types
// leave out the part of it that is at fault: it is described here, as version 1.1.3 has it.
import type { Socket } from "node:net";
import type { Client } from "node-zookeeper-client";

declare module "node-zookeeper-client" {
  interface Client {
    readonly connectionManager: {
      readonly socket?: Socket;
      /** The first part of an answer whose rest has not come yet. */
      pendingBuffer: Buffer | null;
      onSocketData(chunk: Buffer): void;
      onSocketError(error: Error): void;
    };
  }
}

/** Breaks the connection; the library makes another one, to the next server, unless the session was closed. */
export function breakConnection(client: Client): void {
  client.connectionManager.socket?.destroy();
}

/**
 * Three faults of the library: the rest of a torn answer is put before the first one of the next connection, an error
 * code that it does not know is thrown where nobody can catch it, which would end the process, and it keeps to itself why
 * a connection fails: `failed` is told. Call it before `connect`.
 */
export function mendLibrary(client: Client, failed: (error: Error) => void): void {
  const manager = client.connectionManager;
  client.on("disconnected", () => {
    manager.pendingBuffer = null;
  });
  const takeData = manager.onSocketData.bind(manager);
  const takeError = manager.onSocketError.bind(manager);
  manager.onSocketError = (error) => {
    failed(error);
    takeError(error);
  };
  manager.onSocketData = (chunk) => {
    try {
      takeData(chunk);
    } catch {
      breakConnection(client);
    }
  };
}
