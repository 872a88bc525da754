// The store contract against a real etcd and a real ZooKeeper.
import { silentLogger } from "@cke/foundation";
import { EtcdServer, ZooKeeperServer } from "@cke/test-servers";
import { afterAll, beforeAll, describe } from "vitest";
import type { Storage, Term } from "./election.ts";
import { openStorage } from "./storage/open-storage.ts";
import { type OpenedStore, storeContract } from "./testing/store-contract.ts";

let etcd: EtcdServer;
let zookeeper: ZooKeeperServer;
let places = 0;
beforeAll(async () => {
  [etcd, zookeeper] = await Promise.all([EtcdServer.start(), ZooKeeperServer.start()]);
});
afterAll(() => Promise.all([etcd.stop(), zookeeper.stop()]));

async function openTerm(type: string, servers: string, prefix: string | undefined): Promise<OpenedStore> {
  const never = new AbortController().signal;
  const campaign = async (id: string): Promise<{ storage: Storage; term: Term }> => {
    const storage = await openStorage({ type, servers, prefix, leaderTtl: 120 }, silentLogger);
    return { storage, term: await storage.election.campaign({ id, url: "http://127.0.0.1:1" }, never) };
  };
  let present = await campaign("first");
  const end = async () => {
    await present.term.resign();
    await present.storage.close();
  };
  return {
    store: present.term.store,
    reopen: async () => {
      await end();
      present = await campaign("second");
      return present.term.store;
    },
    end,
  };
}

describe("store contract: etcd", () => {
  storeContract(() => {
    places += 1;
    return openTerm("etcd", etcd.url, `/test/${places}`);
  }, 60);
});

describe("store contract: zookeeper", () => {
  storeContract(() => {
    places += 1;
    return openTerm("zookeeper", `${zookeeper.address}/test/${places}`, undefined);
  }, 60);
});
