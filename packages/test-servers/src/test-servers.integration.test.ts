import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { EtcdServer, makeTlsFiles, ZooKeeperServer } from "./index.ts";

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

test("an etcd keeps its data over kill -9 and does not answer while it is paused", async () => {
  const etcd = await EtcdServer.start();
  ends.push(() => etcd.stop());
  await etcd.write("a", "1");
  await etcd.restart();
  expect(await etcd.read("a")).toBe("1");
  await etcd.pause();
  expect(await Promise.race([etcd.read("a"), delay(300, "silent")])).toBe("silent");
  etcd.resume();
  expect(await etcd.read("a")).toBe("1");
});

test("an etcd cluster goes on without one of its members", async () => {
  const members = await EtcdServer.startCluster();
  ends.push(async () => void (await Promise.all(members.map((member) => member.stop()))));
  await members[0]?.write("a", "1");
  await members[0]?.kill();
  await expect.poll(() => members[1]?.read("a"), { timeout: 240_000 }).toBe("1");
});

test("an etcd with TLS asks for a client certificate, one with users for a password", async () => {
  const directory = mkdtempSync(join(tmpdir(), "cke-tls-"));
  ends.push(() => rmSync(directory, { recursive: true }));
  const tls = makeTlsFiles(directory);
  const strict = await EtcdServer.start({ tls });
  ends.push(() => strict.stop());
  await strict.write("a", "1");
  await expect(fetch(`${strict.url}/version`)).rejects.toThrow();
  const etcd = await EtcdServer.start({ tls, clientCertificates: false });
  ends.push(() => etcd.stop());
  await etcd.enableAuth("me", "secret", "/cke/");
  await expect(etcd.read("a")).rejects.toThrow(/user name is empty|permission/);
});

test("a ZooKeeper answers, alone and as an ensemble", async () => {
  const one = await ZooKeeperServer.start();
  ends.push(() => one.stop());
  expect(await one.ask("ruok")).toBe("imok");
  await one.restart();
  expect(await one.ask("srvr")).toMatch(/Mode: standalone/);
  const three = await ZooKeeperServer.startEnsemble();
  ends.push(async () => void (await Promise.all(three.map((server) => server.stop()))));
  // On a busy machine they may elect another leader at any time.
  const modeOf = async (server: ZooKeeperServer) => /Mode: (\w+)/.exec(await server.ask("srvr"))?.[1];
  const modes = async () => (await Promise.all(three.map(modeOf))).toSorted();
  await expect.poll(modes, { timeout: 240_000 }).toEqual(["follower", "follower", "leader"]);
});
