// What node-zookeeper-client must be kept from doing, for everybody who speaks with ZooKeeper through it (see
// docs/decisions/etcd-and-zookeeper-clients.md). Names no module of the library, so it costs nothing to import.

/** The part of the library's client that is used here. */
export interface ZooKeeperClient {
  on(event: "disconnected", listener: () => void): unknown;
}

function managerOf(client: ZooKeeperClient): object {
  const manager: unknown = Reflect.get(client, "connectionManager");
  if (typeof manager !== "object" || manager === null)
    throw new TypeError("not the node-zookeeper-client that is known");
  return manager;
}

/** Breaks the connection; the library makes another one, to the next server, unless the session was closed. */
export function breakZooKeeperConnection(client: ZooKeeperClient): void {
  const socket: unknown = Reflect.get(managerOf(client), "socket");
  if (typeof socket === "object" && socket !== null && "destroy" in socket && typeof socket.destroy === "function") {
    socket.destroy();
  }
}

/**
 * Two faults of the library: the rest of a torn answer is put before the first one of the next connection, and an error
 * code that it does not know is thrown where nobody can catch it, which would end the process. Call it before `connect`.
 * It keeps to itself why a connection fails; `onError` is told.
 */
export function tameZooKeeperClient(client: ZooKeeperClient, onError: (error: unknown) => void = () => {}): void {
  const manager = managerOf(client);
  client.on("disconnected", () => Reflect.set(manager, "pendingBuffer", null));
  const original: unknown = Reflect.get(manager, "onSocketData");
  const failed: unknown = Reflect.get(manager, "onSocketError");
  if (typeof original !== "function" || typeof failed !== "function")
    throw new TypeError("not the node-zookeeper-client that is known");
  Reflect.set(manager, "onSocketError", (error: unknown) => {
    onError(error);
    failed.call(manager, error);
  });
  Reflect.set(manager, "onSocketData", (chunk: Buffer) => {
    try {
      original.call(manager, chunk);
    } catch {
      breakZooKeeperConnection(client);
    }
  });
}
