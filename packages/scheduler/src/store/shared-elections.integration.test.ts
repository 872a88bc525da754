// Leadership in a real etcd and a real ZooKeeper, with paused processes, silent networks, lost answers and dead servers.
import { silentLogger } from "@cke/foundation";
import { EtcdServer, TcpProxy, type TestServer, ZooKeeperServer } from "@cke/test-servers";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Storage, Term } from "./election.ts";
import { openStorage, type StorageOptions } from "./storage/open-storage.ts";
import { LeaderChild } from "./testing/leader-child.ts";

/** Of a leader that is to lose its lease, which a busy machine must renew until then. */
const ttl = 8;
/** For a leader that must stay the leader, however busy the machine is. */
const longTtl = 60;
const never = new AbortController().signal;
const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
const soon = { timeout: 120_000, interval: 20 };

describe.each(["etcd", "zookeeper"] as const)("%s", (type) => {
  let server: TestServer & { readonly port: number };
  let places = 0;
  let place = "";
  beforeAll(async () => {
    server = type === "etcd" ? await EtcdServer.start() : await ZooKeeperServer.start();
  });
  afterAll(() => server.stop());

  const options = (port: number, leaderTtl = ttl): StorageOptions =>
    type === "etcd"
      ? { type, servers: `http://127.0.0.1:${port}`, prefix: place, leaderTtl }
      : { type, servers: `127.0.0.1:${port}${place}`, leaderTtl };
  const newPlace = () => {
    places += 1;
    place = `/election/${places}`;
  };
  const open = async (port = server.port, leaderTtl = ttl): Promise<Storage> => {
    const storage = await openStorage(options(port, leaderTtl), silentLogger);
    ends.push(() => storage.close());
    return storage;
  };
  const lead = async (storage: Storage, id: string): Promise<Term> => {
    const term = await storage.election.campaign({ id, url: `http://${id}` }, never);
    ends.push(() => term.resign());
    return term;
  };
  const proxied = async (leaderTtl = ttl) => {
    const proxy = await TcpProxy.start(server.port);
    ends.push(() => proxy.stop());
    return { proxy, storage: await open(proxy.port, leaderTtl) };
  };
  const put = (value: unknown) => [{ op: "put", key: "k", value } as const];

  test("one leads, everybody knows who, and resigning hands over at once", async () => {
    newPlace();
    const [one, other] = [await open(server.port, longTtl), await open(server.port, longTtl)];
    const first = await lead(one, "a");
    await first.store.commit(put(1));
    await vi.waitFor(() => expect(other.election.leader()).toEqual({ id: "a", url: "http://a" }), soon);
    let taken = false;
    const campaign = lead(other, "b").finally(() => {
      taken = true;
    });
    // The storage answers again and again, and nobody takes the leadership over.
    for (let count = 0; count < 200; count += 1) await first.store.commit(put(1));
    expect(taken).toBe(false);
    const last = await first.store.get("k");
    const begun = performance.now();
    await first.resign();
    expect(first.holds()).toBe(false);
    const second = await campaign;
    expect(performance.now() - begun).toBeLessThan(longTtl * 500); // it did not wait for the end of the lease
    expect(await second.store.get("k")).toEqual(last);
    await expect(first.store.commit(put(2))).rejects.toMatchObject({ code: "not_leader" });
    await vi.waitFor(() => expect(one.election.leader()).toMatchObject({ id: "b" }), soon);
  });

  test("a campaign ends when it is told to, and leaves nothing behind", async () => {
    newPlace();
    const [one, other, third] = [
      await open(server.port, longTtl),
      await open(server.port, longTtl),
      await open(server.port, longTtl),
    ];
    const first = await lead(one, "a");
    const abort = new AbortController();
    const campaign = other.election.campaign({ id: "b", url: "http://b" }, abort.signal);
    const refused = expect(campaign).rejects.toThrow("enough");
    await vi.waitFor(() => expect(other.election.leader()).toMatchObject({ id: "a" }), soon);
    abort.abort(new Error("enough"));
    await refused;
    const next = lead(third, "c");
    await first.resign();
    expect((await next).holds()).toBe(true);
  });

  test("B8: a leader that was stopped by SIGSTOP cannot write when it wakes after another one took over", async () => {
    newPlace();
    const child = new LeaderChild(options(server.port));
    ends.push(() => child.kill("SIGKILL"));
    await vi.waitFor(() => expect(child.acked).toBeGreaterThan(20), soon);
    child.kill("SIGSTOP");
    const term = await lead(await open(), "b");
    await term.store.commit([{ op: "put", key: "owner", value: "b" }]);
    const count = await term.store.get("count");
    // One commit may have been carried out although the stopped process had not read its answer.
    expect([child.acked, child.acked + 1]).toContain(count?.value);
    child.kill("SIGCONT");
    expect(await child.ended()).toBe(3);
    expect(child.said).toMatch(/refused not_leader holds false/);
    expect(await term.store.get("owner")).toMatchObject({ value: "b" });
    expect(await term.store.get("count")).toEqual(count);
  });

  test("B8: a leader behind a silent network has stopped to believe in itself before the next one begins", async () => {
    newPlace();
    const { proxy, storage } = await proxied();
    const first = await lead(storage, "a");
    await first.store.commit(put("a"));
    proxy.stall();
    // This commit waits in the proxy and reaches the storage after the take-over.
    const late = first.store.commit(put("late")).catch((error: unknown) => error);
    const second = await lead(await open(), "b");
    expect(first.holds()).toBe(false);
    expect(first.lost.aborted).toBe(true);
    expect(first.lost.reason).toMatchObject({ code: "not_leader", status: 503 });
    await second.store.commit([{ op: "put", key: "other", value: "b" }]);
    proxy.heal();
    expect(await late).toMatchObject({ code: "not_leader" });
    // What waited in the proxy has arrived before this question.
    await vi.waitFor(async () => expect(await storage.healthy()).toBe(true), soon);
    expect(await second.store.list("")).toMatchObject([
      { key: "k", value: "a" },
      { key: "other", value: "b" },
    ]);
    expect(second.holds()).toBe(true);
  });

  test("B9: a commit whose answer was lost is carried out once and answered", async () => {
    newPlace();
    const { proxy, storage } = await proxied(longTtl);
    const term = await lead(storage, "a");
    expect(await term.store.commit(put(1))).toEqual({ revision: 1 });
    proxy.stall("down");
    const { up } = proxy.passed;
    const commits = [2, 3, 4].map((value) => term.store.commit(put(value)));
    await vi.waitFor(() => expect(proxy.passed.up).toBeGreaterThan(up), soon);
    proxy.reset();
    proxy.heal();
    expect(await Promise.all(commits)).toEqual([{ revision: 2 }, { revision: 3 }, { revision: 4 }]);
    expect(await term.store.get("k")).toMatchObject({ value: 4, revision: 4 });
    expect(term.holds()).toBe(true);
  });

  test("a storage that dies and comes back within the lease costs no term and no commit", async () => {
    newPlace();
    // A server may take long to start on a busy machine.
    const term = await lead(await open(server.port, longTtl), "a");
    await term.store.commit(put(1));
    await server.kill();
    const commit = term.store.commit(put(2));
    await server.start();
    expect(await commit).toEqual({ revision: 2 });
    expect(term.holds()).toBe(true);
  });

  test("a longer outage ends the term, refuses commits, and ends by itself", async () => {
    newPlace();
    const storage = await open();
    const term = await lead(storage, "a");
    await term.store.commit(put(1));
    await server.kill();
    const commits = [2, 3].map((value) => term.store.commit([{ op: "put", key: `k${value}`, value }]));
    for (const commit of commits) {
      await expect(commit).rejects.toMatchObject({
        status: 503,
        code: expect.stringMatching(/not_leader|store_unavailable/),
      });
    }
    expect(term.holds()).toBe(false);
    expect(await storage.healthy()).toBe(false);
    const campaign = lead(storage, "a");
    await vi.waitFor(() => expect(storage.election.leader()).toBeUndefined(), soon);
    await server.start();
    const next = await campaign;
    expect(await next.store.get("k")).toMatchObject({ value: 1 });
    expect(await next.store.commit(put(5))).toEqual({ revision: 2 });
    expect(await storage.healthy()).toBe(true);
  });

  test("B6: what was committed survives kill -9 of scheduler and storage", async () => {
    newPlace();
    const child = new LeaderChild(options(server.port));
    await vi.waitFor(() => expect(child.acked).toBeGreaterThan(50), soon);
    child.kill("SIGKILL");
    await server.kill();
    await child.ended();
    await server.start();
    const term = await lead(await open(), "b");
    const count = (await term.store.get("count"))?.value;
    expect([child.acked, child.acked + 1]).toContain(count);
  });

  test("schedulers of two frameworks on one storage do not see each other", async () => {
    newPlace();
    const one = await lead(await open(server.port, longTtl), "a");
    await one.store.commit(put("one"));
    place = `${place}x`;
    const other = await lead(await open(server.port, longTtl), "b");
    expect(one.holds()).toBe(true);
    expect(await other.store.list("")).toEqual([]);
  });
});
