import { Socket } from "node:net";
import zookeeper from "node-zookeeper-client";
import { expect, test } from "vitest";
import { breakConnection, mendLibrary } from "./library-faults.ts";

/** A client of the real library with a socket of the test. It is never connected. */
function connected() {
  const client = zookeeper.createClient("127.0.0.1:1");
  const manager = client.connectionManager;
  const socket = new Socket();
  Object.assign(manager, { socket });
  mendLibrary(client, () => {});
  return { client, manager, socket };
}

/** An answer: its length, then xid, zxid and error code. */
function answer(xid: number, code: number): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.writeInt32BE(16, 0);
  bytes.writeInt32BE(xid, 4);
  bytes.writeInt32BE(code, 16);
  return bytes;
}

test("an answer that the library does not understand breaks the connection and not the process", () => {
  const { manager, socket } = connected();
  // The state after the handshake, with one request under way.
  const request = { header: { xid: 1, type: 8 } };
  Object.assign(manager, { state: 4, connectTimeoutHandler: undefined, pendingQueue: [{ request, callback() {} }] });
  manager.onSocketData(answer(1, -1_385_037_812));
  expect(socket.destroyed).toBe(true);
});

test("half an answer does not outlive its connection", () => {
  const { client, manager } = connected();
  manager.onSocketData(Buffer.from([0, 0]));
  expect(manager.pendingBuffer).toHaveLength(2);
  client.emit("disconnected");
  expect(manager.pendingBuffer).toBeNull();
});

test("a connection can be broken, also when there is none", () => {
  const { client, manager, socket } = connected();
  breakConnection(client);
  expect(socket.destroyed).toBe(true);
  Object.assign(manager, { socket: undefined });
  breakConnection(client);
});
