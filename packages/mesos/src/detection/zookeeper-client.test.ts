import { EventEmitter } from "node:events";
import zookeeper from "node-zookeeper-client";
import { expect, test } from "vitest";
import { breakZooKeeperConnection, tameZooKeeperClient } from "./zookeeper-client.ts";

/** A client of the real library that is never connected, with a socket of ours. */
function connected() {
  const client = zookeeper.createClient("127.0.0.1:1");
  const manager: unknown = Reflect.get(client, "connectionManager");
  if (!(manager instanceof EventEmitter)) throw new TypeError("another library");
  let destroyed = 0;
  const socket = { destroy: () => (destroyed += 1) };
  Reflect.set(manager, "socket", socket);
  tameZooKeeperClient(client);
  const receive: unknown = Reflect.get(manager, "onSocketData");
  if (typeof receive !== "function") throw new TypeError("another library");
  return { client, manager, receive: (bytes: Buffer) => void receive.call(manager, bytes), destroyed: () => destroyed };
}

/** An answer: length, then xid, zxid and error code. */
function answer(xid: number, code: number): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.writeInt32BE(16, 0);
  bytes.writeInt32BE(xid, 4);
  bytes.writeInt32BE(code, 16);
  return bytes;
}

test("an answer that the library does not understand breaks the connection and not the process", () => {
  const { manager, receive, destroyed } = connected();
  // As it is after the handshake, with one request under way.
  Reflect.set(manager, "state", 4);
  const pending: unknown = Reflect.get(manager, "pendingQueue");
  if (!Array.isArray(pending)) throw new TypeError("another library");
  Reflect.set(manager, "connectTimeoutHandler", undefined);
  pending.push({ request: { header: { xid: 1, type: 8 } }, callback: () => undefined });
  receive(answer(1, -1_385_037_812));
  expect(destroyed()).toBe(1);
});

test("half an answer does not outlive its connection", () => {
  const { client, manager } = connected();
  Reflect.set(manager, "pendingBuffer", Buffer.from([0, 0]));
  client.emit("disconnected");
  expect(Reflect.get(manager, "pendingBuffer")).toBeNull();
});

test("a connection can be broken, also when there is none", () => {
  const { client, manager, destroyed } = connected();
  breakZooKeeperConnection(client);
  expect(destroyed()).toBe(1);
  Reflect.set(manager, "socket", undefined);
  breakZooKeeperConnection(client);
});
