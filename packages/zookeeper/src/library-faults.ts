// Works around three faults of node-zookeeper-client (see docs/decisions/etcd-and-zookeeper-clients.md). The library's
// types leave out the parts at fault, so they are described here, as version 1.1.3 has them.
import type { Socket } from "node:net";
import type { Client } from "node-zookeeper-client";

declare module "node-zookeeper-client" {
  interface Client {
    readonly connectionManager: {
      readonly socket?: Socket;
      /** The first part of an answer whose rest has not arrived yet. */
      pendingBuffer: Buffer | null;
      onSocketData(chunk: Buffer): void;
      onSocketError(error: Error): void;
    };
  }
}

/** Breaks the connection. The library connects to the next server, unless the session was closed. */
export function breakConnection(client: Client): void {
  client.connectionManager.socket?.destroy();
}

/**
 * Three faults of the library: after a broken connection it puts the rest of a torn answer before the first answer of
 * the next connection; it throws for an error code that it does not know, where no caller can catch it, which would end
 * the process; it does not report why a connection fails, so `failed` is called with the reason. Call this before
 * `connect`.
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
