// A cluster of a hundred nodes is more than one transaction of a shared storage: it is created and deleted all the same.
import { silentLogger, systemClock } from "@cke/foundation";
import { EtcdServer, ZooKeeperServer } from "@cke/test-servers";
import { expect, test, vi } from "vitest";
import { PkiVault } from "../../kubernetes/pki/pki-vault.ts";
import { smallBody } from "../../kubernetes/testing/user-bodies.ts";
import type { RunningClusterService } from "../../kubernetes/views/cluster-service.ts";
import { openStorage } from "../../store/storage/open-storage.ts";
import type { Store } from "../../store/store.ts";
import { FakeMesos } from "../testing/fake-mesos.ts";
import { testOptions } from "../testing/scenario.ts";
import { testClusters } from "../testing/test-scheduler.ts";

const count = 100;
const nodes = Array.from({ length: count }, (_, index) => ({
  name: `n${index}`,
  type: index === 0 ? "master" : "node",
  node_ip: `10.1.0.${1 + index}`,
}));

async function scheduler(store: Store, mesos: FakeMesos): Promise<RunningClusterService> {
  const service = testClusters({
    options: testOptions,
    store,
    pki: new PkiVault({ store, logger: silentLogger }),
    connect: mesos.connect,
    clock: systemClock,
    logger: silentLogger,
  });
  await service.start();
  return service;
}

const keysOf = async (store: Store) => (await store.list("")).map(({ key }) => key);

test.each(["etcd", "zookeeper"] as const)(
  "%s: a cluster of 100 nodes is created, launched, read by the next scheduler and deleted",
  async (type) => {
    const server = type === "etcd" ? await EtcdServer.start() : await ZooKeeperServer.start();
    const address = server instanceof EtcdServer ? server.url : `127.0.0.1:${server.port}`;
    const storage = await openStorage({ type, servers: address, leaderTtl: 120 }, silentLogger);
    const term = await storage.election.campaign({ id: "a", url: "http://a" }, new AbortController().signal);
    const { store } = term;
    const mesos = new FakeMesos(() => Date.now());
    // A host has reported the network, so that no node waits for a pilot.
    const networks = [{ name: "net", driver: "bridge", scope: "local", ranges: [] }];
    const known = { hostname: "known", atMs: Date.now(), networks, images: [] };
    await store.commit([{ op: "put", key: "agents/known", value: known }]);
    let service = await scheduler(store, mesos);
    const patience = { timeout: 120_000, interval: 100 };
    try {
      await service.create(smallBody({ name: "large", nodes }));
      for (const { name } of nodes) mesos.addAgent(`agent-${name}`);
      // Each node is a cluster record's part, a record, a rendering and its certificates.
      await vi.waitFor(
        async () =>
          expect((await keysOf(store)).filter((key) => key.startsWith("pki/large/nodes/"))).toHaveLength(count),
        patience,
      );
      await vi.waitFor(() => expect(service.connected()).toBe(true), patience);
      mesos.offer();
      await vi.waitFor(
        () => expect(service.get("large").nodes.every(({ status }) => status !== "init")).toBe(true),
        patience,
      );
      await service.stop();
      service = await scheduler(store, mesos);
      expect(service.get("large").nodes).toHaveLength(count);
      expect(service.get("large").nodes.every(({ status }) => status !== "init")).toBe(true);
      await vi.waitFor(() => expect(service.connected()).toBe(true), patience);
      await service.remove("large");
      await vi.waitFor(() => expect(service.list()).toEqual([]), patience);
      expect(await keysOf(store)).toEqual(["agents/known", "framework"]);
      expect(mesos.violations).toEqual([]);
    } finally {
      await service.stop();
      await term.resign();
      await storage.close();
      await server.stop();
    }
  },
  600_000,
);
