// The session against a real ZooKeeper: everything that the store and the search for the leading master need.
import { freePort, TcpProxy, ZooKeeperServer } from "@cke/test-servers";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { ZooKeeperDenied, ZooKeeperUnreachable } from "./failure.ts";
import { ZooKeeperSession, type ZooKeeperSessionOptions } from "./session.ts";

let server: ZooKeeperServer;
const sessions: ZooKeeperSession[] = [];
beforeAll(async () => {
  server = await ZooKeeperServer.start();
});
afterEach(() => {
  for (const session of sessions.splice(0)) session.close();
});
afterAll(() => server.stop());

function connect(options: Partial<ZooKeeperSessionOptions> = {}): ZooKeeperSession {
  const session = new ZooKeeperSession({ servers: [server.address], sessionMs: 60_000, timeoutMs: 60_000, ...options });
  sessions.push(session);
  return session;
}

const data = (text: string) => Buffer.from(text);

test("nodes are made, read, changed, listed and removed", async () => {
  const session = connect();
  await session.create("/nodes", "everybody");
  await expect(session.create("/nodes", "everybody")).rejects.toMatchObject({ reason: "node_exists" });
  expect(await session.get("/nodes/a")).toBeUndefined();
  const member = await session.createMember("/nodes/a-", data("one"), "everybody");
  expect(member).toMatch(/^\/nodes\/a-\d{10}$/);
  await session.set(member, data("two"));
  expect(await session.get(member)).toEqual({ data: data("two"), version: 1 });
  expect(await session.children("/nodes")).toEqual([member.slice("/nodes/".length)]);
  await session.remove(member);
  await expect(session.set(member, data("three"))).rejects.toMatchObject({ reason: "no_node" });
  await expect(session.children("/none")).rejects.toMatchObject({ reason: "no_node" });
});

test("a multi is carried out as a whole or names what keeps it from that", async () => {
  const session = connect();
  await session.create("/multi", "everybody");
  const make = (path: string) => ({ op: "create", path, data: data("1"), access: "everybody" }) as const;
  const set = { op: "set", path: "/multi/a", data: data("2") } as const;
  expect(await session.multi([make("/multi/a"), set])).toEqual({ versions: [1] });
  expect(
    await session.multi([
      { op: "check", path: "/multi/a" },
      { ...set, version: 1 },
    ]),
  ).toEqual({ versions: [2] });
  expect(await session.multi([make("/multi/b"), { ...set, version: 1 }])).toEqual({ failed: 1 });
  expect(await session.multi([{ op: "check", path: "/multi/none" }, make("/multi/b")])).toEqual({ failed: 0 });
  expect(await session.children("/multi")).toEqual(["a"]);
  expect(await session.multi([{ op: "remove", path: "/multi/a" }])).toEqual({ versions: [] });
});

test("a change is told once, also of a path that is not there yet", async () => {
  const [session, other] = [connect(), connect()];
  const told: string[] = [];
  expect(await session.exists("/watched", () => told.push("exists"))).toBe(false);
  await other.create("/watched", "everybody");
  await expect.poll(() => told).toEqual(["exists"]);
  await session.children("/watched", () => told.push("children"));
  await other.create("/watched/a", "everybody");
  await other.create("/watched/b", "everybody");
  await expect.poll(() => told).toEqual(["exists", "children"]);
});

test("what one user made is denied to another one", async () => {
  const owner = connect({ auth: { user: "one", password: "x" } });
  await owner.create("/owned", "creator");
  const other = connect({ auth: { user: "two", password: "y" } });
  await expect(other.get("/owned")).rejects.toBeInstanceOf(ZooKeeperDenied);
  const change = { op: "set", path: "/owned", data: data("") } as const;
  await expect(other.multi([change])).rejects.toBeInstanceOf(ZooKeeperDenied);
  expect(await owner.get("/owned")).toMatchObject({ version: 0 });
});

test("a server that says nothing is given up, and the session goes on at another one", async () => {
  const silent = await TcpProxy.start(server.port);
  try {
    const session = connect({ timeoutMs: 500, servers: [silent.address, server.address] });
    // A busy machine needs several times 500 ms.
    await expect
      .poll(() => session.connected().then(() => "connected", String), { timeout: 120_000 })
      .toBe("connected");
    silent.stall();
    await expect.poll(() => session.exists("/", () => {}).catch(() => false), { timeout: 120_000 }).toBe(true);
    const alone = connect({ timeoutMs: 500, servers: [silent.address] });
    await expect(alone.connected()).rejects.toBeInstanceOf(ZooKeeperUnreachable);
  } finally {
    await silent.stop();
  }
});

test("a connection that is refused, and one that breaks, are told", async () => {
  const proxy = await TcpProxy.start(server.port);
  try {
    let lost = 0;
    const session = connect({ servers: [proxy.address], disconnected: () => (lost += 1) });
    await session.connected();
    proxy.cut();
    await expect.poll(() => lost).toBeGreaterThan(0);
    proxy.heal();
    await session.connected();
    let refused = 0;
    connect({ servers: [`127.0.0.1:${await freePort()}`], disconnected: () => (refused += 1) });
    await expect.poll(() => refused).toBeGreaterThan(0);
  } finally {
    await proxy.stop();
  }
});

test("a session that was closed has ended, and what it made with it is gone", async () => {
  const [session, other] = [connect(), connect()];
  await session.create("/ended", "everybody");
  await session.createMember("/ended/m-", data(""), "everybody");
  session.close();
  expect(session.ended).toBe(true);
  await expect(session.get("/ended")).rejects.toMatchObject({ reason: "session_ended" });
  await expect.poll(() => other.children("/ended")).toEqual([]);
});
