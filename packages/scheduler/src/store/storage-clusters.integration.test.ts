// A storage of three servers loses one: the leader stays the leader and its commits go on. The lease is 60 s, because
// on a loaded machine the servers may need many seconds to elect their own leader.
import { silentLogger } from "@cke/foundation";
import { EtcdServer, type TestServer, ZooKeeperServer } from "@cke/test-servers";
import { test } from "vitest";
import { openStorage, type StorageOptions } from "./storage/open-storage.ts";

const never = new AbortController().signal;
const leaseSeconds = 60;

async function start(type: "etcd" | "zookeeper"): Promise<{ servers: readonly TestServer[]; options: StorageOptions }> {
  const servers = type === "etcd" ? await EtcdServer.startCluster() : await ZooKeeperServer.startEnsemble(3);
  const addresses = servers.map((server) => (server instanceof EtcdServer ? server.url : `127.0.0.1:${server.port}`));
  return { servers, options: { type, servers: addresses.join(","), leaderTtl: leaseSeconds } };
}

const types = ["etcd", "zookeeper"] as const;

// One after the other: both write as fast as they can.
test.for(types)("%s: each of its servers in turn is paused, then killed", async (type, context) => {
  const { expect, onTestFinished } = context;
  const { servers, options } = await start(type);
  onTestFinished(async () => void (await Promise.all(servers.map((server) => server.stop()))));
  const storage = await openStorage(options, silentLogger);
  onTestFinished(() => storage.close());
  const term = await storage.election.campaign({ id: "a", url: "http://a" }, never);
  onTestFinished(() => term.resign());
  let count = 0;
  /** Commits until `ms` have passed. Every commit must be answered, and none may take longer than the lease. */
  const write = async (ms: number) => {
    const until = performance.now() + ms;
    while (performance.now() < until) {
      count += 1;
      expect(await term.store.commit([{ op: "put", key: "k", value: count }])).toEqual({ revision: count });
    }
  };
  await write(500);
  for (const server of servers) {
    await server.pause();
    await write(4_000);
    server.resume();
    await write(500);
    await server.kill();
    await write(1_500);
    await server.start();
    await write(1_000);
  }
  expect(term.holds()).toBe(true);
  expect(await term.store.get("k")).toEqual({ key: "k", value: count, revision: count });
});
