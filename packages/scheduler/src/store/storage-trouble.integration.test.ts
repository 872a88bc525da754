// Shared storages that answer but do not work as they should: full, slow, with an expired certificate, emptied by hand.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Logger, silentLogger } from "@cke/foundation";
import { EtcdServer, makeTlsFiles, TcpProxy, ZooKeeperServer } from "@cke/test-servers";
import { ZooKeeperSession } from "@cke/zookeeper";
import { afterEach, expect, test, vi } from "vitest";
import type { Storage, Term } from "./election.ts";
import { openStorage, type StorageOptions } from "./storage/open-storage.ts";

const never = new AbortController().signal;
const soon = { timeout: 120_000, interval: 50 };
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function open(options: StorageOptions, logger: Logger = silentLogger): Promise<Storage> {
  const storage = await openStorage({ leaderTtl: 30, ...options }, logger);
  ends.push(() => storage.close());
  return storage;
}

async function lead(storage: Storage, id = "a"): Promise<Term> {
  const term = await storage.election.campaign({ id, url: `http://${id}:1` }, never);
  ends.push(() => term.resign());
  return term;
}

const put = (value: unknown, key = "k") => [{ op: "put", key, value } as const];
const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

test("an etcd without space: what cannot be stored is refused, the term goes on, a campaign waits, and all goes on by itself", async () => {
  const etcd = await EtcdServer.start({ arguments: ["--quota-backend-bytes", "16777216"] });
  ends.push(() => etcd.stop());
  const options = { type: "etcd", servers: etcd.url, prefix: "/cke/full" };
  const warnings: string[] = [];
  const logger = { ...silentLogger, warning: (text: string) => void warnings.push(text) };
  const [one, other] = [await open(options), await open(options, logger)];
  const term = await lead(one);
  await term.store.commit(put("before"));
  let refused: unknown;
  for (let size = 0; size < 60 && refused === undefined; size += 1)
    refused = await failure(term.store.commit(put("x".repeat(600_000), `big/${size}`)));
  expect(refused).toMatchObject({ code: "store_full", status: 503, retryable: true });
  expect(String(refused)).toMatch(/space exceeded.*defragment/);
  expect(await term.store.get("k")).toMatchObject({ value: "before" });
  expect(term.holds()).toBe(true);
  let leads = false;
  const next = lead(other, "b").finally(() => {
    leads = true;
  });
  await term.resign();
  await vi.waitFor(() => expect(warnings).not.toEqual([]), soon);
  expect(leads).toBe(false);
  const prefix = (text: string) => Buffer.from(text).toString("base64");
  // Compact at the revision of the deletion. Up to the revision before it, the values still count and cannot be
  // removed.
  const { header } = JSON.parse(
    await etcd.call("/v3/kv/deleterange", {
      key: prefix("/cke/full/data/big/"),
      range_end: prefix("/cke/full/data/big0"),
    }),
  );
  await etcd.call("/v3/kv/compaction", { revision: header.revision, physical: true });
  await etcd.call("/v3/maintenance/defragment", {});
  await etcd.call("/v3/maintenance/alarm", { action: "DEACTIVATE", memberID: header.member_id, alarm: "NOSPACE" });
  const second = await next;
  await second.store.commit(put("after"));
  expect(await second.store.get("k")).toMatchObject({ value: "after" });
});

test("an etcd prefix of any letters", async () => {
  const etcd = await EtcdServer.start();
  ends.push(() => etcd.stop());
  const options = { type: "etcd", servers: etcd.url, prefix: "/cké/мой" };
  const first = await lead(await open(options));
  await first.store.commit(put("kept"));
  await first.resign();
  const second = await lead(await open(options), "b");
  expect(await second.store.list("")).toMatchObject([{ key: "k", value: "kept" }]);
});

test("an expired client certificate, and a first etcd server whose own certificate is not trusted", async () => {
  const directory = mkdtempSync(join(tmpdir(), "cke-trouble-"));
  ends.push(() => rmSync(directory, { recursive: true }));
  const tls = makeTlsFiles(directory);
  const stranger = makeTlsFiles(mkdtempSync(join(directory, "other-")));
  const [etcd, strange] = [await EtcdServer.start({ tls }), await EtcdServer.start({ tls: stranger })];
  ends.push(() => Promise.all([etcd.stop(), strange.stop()]));
  const at = (name: string) => join(directory, name);
  const dates = ["-not_before", "20200101000000Z", "-not_after", "20200102000000Z"];
  const signer = ["-CA", tls.authority, "-CAkey", at("ca.key"), "-CAcreateserial"];
  try {
    execFileSync("openssl", ["x509", "-req", "-in", at("client.csr"), ...signer, ...dates, "-out", at("old.crt")], {
      stdio: "pipe",
    });
  } catch {
    writeFileSync(at("index.txt"), "");
    writeFileSync(
      at("ca.cnf"),
      `[ca]\ndefault_ca=d\n[d]\ndatabase=${at("index.txt")}\nnew_certs_dir=${directory}\nserial=${at("serial")}\ndefault_md=sha256\npolicy=p\n[p]\norganizationName=optional\norganizationalUnitName=optional\n`,
    );
    writeFileSync(at("serial"), "77\n");
    execFileSync(
      "openssl",
      [
        "ca",
        "-batch",
        "-config",
        at("ca.cnf"),
        "-cert",
        tls.authority,
        "-keyfile",
        at("ca.key"),
        "-in",
        at("client.csr"),
        "-startdate",
        "20200101000000Z",
        "-enddate",
        "20200102000000Z",
        "-out",
        at("old.crt"),
      ],
      { stdio: "pipe" },
    );
  }
  const options = { type: "etcd", servers: etcd.url, caFile: tls.authority, keyFile: tls.clientKey };
  expect(await failure(open({ ...options, certFile: at("old.crt") }))).toMatchObject({
    code: "store_refused",
    message: expect.stringMatching(/^etcd https:\/\/[^ ]+: [^\n]*bad certificate[^\n]*-storage_cert_file[^\n]*$/),
  });
  const both = { ...options, servers: `${strange.url},${etcd.url}`, certFile: tls.clientCertificate };
  const term = await lead(await open(both));
  await term.store.commit(put(1));
});

test.concurrent.for(["etcd", "zookeeper"] as const)(
  "%s that takes 1.5 s for every answer: slow, and nothing else",
  { timeout: 600_000 },
  async (type, { expect, onTestFinished }) => {
    const server = type === "etcd" ? await EtcdServer.start() : await ZooKeeperServer.start();
    onTestFinished(() => server.stop());
    const proxy = await TcpProxy.start(server.port);
    onTestFinished(() => proxy.stop());
    const servers = type === "etcd" ? `http://${proxy.address}` : `${proxy.address}/slow`;
    const storage = await openStorage({ type, servers, leaderTtl: 20 }, silentLogger);
    onTestFinished(() => storage.close());
    const campaign = (id: string) => storage.election.campaign({ id, url: `http://${id}:1` }, never);
    const term = await campaign("a");
    await term.store.commit(put(0));
    proxy.delay(1_500, "down");
    const begun = performance.now();
    for (let value = 1; value <= 3; value += 1) await term.store.commit(put(value));
    // The lease of before is over: it was renewed over the slow connection.
    await expect.poll(() => performance.now() - begun, { timeout: 120_000 }).toBeGreaterThan(22_000);
    expect(term.holds()).toBe(true);
    await term.resign();
    const next = await campaign("b");
    await next.store.commit(put("slow"));
    proxy.heal();
    await next.resign();
  },
);

async function removeAll(session: ZooKeeperSession, path: string): Promise<void> {
  for (const child of await session.children(path)) await removeAll(session, `${path}/${child}`);
  await session.remove(path);
}

test("a ZooKeeper session that has ended, and a path that somebody removed, are told in the words of a store", async () => {
  const server = await ZooKeeperServer.start();
  ends.push(() => server.stop());
  const proxy = await TcpProxy.start(server.port);
  ends.push(() => proxy.stop());
  const storage = await open({ type: "zookeeper", servers: `${proxy.address}/gone`, leaderTtl: 8 });
  const term = await lead(storage);
  await term.store.commit(put(1));
  proxy.stall();
  await vi.waitFor(() => expect(term.holds()).toBe(false), soon);
  const session = new ZooKeeperSession({ servers: [server.address], sessionMs: 60_000, timeoutMs: 60_000 });
  ends.push(() => session.close());
  await vi.waitFor(async () => expect(await session.children("/gone/leader")).toEqual([]), soon);
  proxy.heal();
  const words = { code: "store_unavailable", message: expect.stringMatching(/session has ended/) };
  await vi.waitFor(async () => expect(await failure(term.store.list(""))).toMatchObject(words), soon);
  const next = await lead(storage, "b");
  await removeAll(session, "/gone");
  await vi.waitFor(() => expect(next.holds()).toBe(false), soon);
  const third = await lead(storage, "c");
  expect(await third.store.list("")).toEqual([]);
});

test("a ZooKeeper that grants a shorter session than -leader_ttl asks for is named once in the log", async () => {
  const server = await ZooKeeperServer.start({ maxSessionMs: 10_000 });
  ends.push(() => server.stop());
  const warnings: string[] = [];
  const logger = { ...silentLogger, warning: (text: string) => void warnings.push(text) };
  const options = { type: "zookeeper", servers: `${server.address}/cke`, leaderTtl: 15 };
  const storage = await open(options, logger);
  await (await lead(storage)).resign();
  await lead(storage);
  expect(warnings).toEqual([expect.stringMatching(/grants a session of 10 s instead of the 15 s of -leader_ttl/)]);
  await lead(await open({ ...options, servers: `${server.address}/other`, leaderTtl: 10 }, logger));
  expect(warnings).toHaveLength(1);
});
