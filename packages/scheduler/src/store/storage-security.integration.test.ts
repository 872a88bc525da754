// Access to a shared storage: TLS with client certificates, users, and the errors for those who have no access;
// formats.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@cke/foundation";
import { EtcdServer, makeTlsFiles, type TlsFiles, ZooKeeperServer } from "@cke/test-servers";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openStorage, type StorageOptions } from "./storage/open-storage.ts";

const never = new AbortController().signal;
const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
let directory: string;
let tls: TlsFiles;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "cke-security-"));
  tls = makeTlsFiles(directory);
  writeFileSync(join(directory, "password"), "s3cret\n", { mode: 0o600 });
  writeFileSync(join(directory, "wrong"), "wr0ng\n", { mode: 0o600 });
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Opens, leads, writes and reads. */
async function use(options: StorageOptions): Promise<void> {
  const storage = await openStorage(options, silentLogger);
  ends.push(() => storage.close());
  const term = await storage.election.campaign(
    { id: "a", url: "http://a" },
    AbortSignal.any([never, AbortSignal.timeout(60_000)]),
  );
  ends.push(() => term.resign());
  const { revision } = await term.store.commit([{ op: "put", key: "k", value: 1 }]);
  expect(await term.store.get("k")).toEqual({ key: "k", value: 1, revision });
}

test("etcd over https with a client certificate", async () => {
  const etcd = await EtcdServer.start({ tls });
  ends.push(() => etcd.stop());
  const options = { type: "etcd", servers: etcd.url, leaderTtl: 30, caFile: tls.authority };
  await use({ ...options, certFile: tls.clientCertificate, keyFile: tls.clientKey });
  await expect(use({ ...options, caFile: undefined })).rejects.toMatchObject({
    code: "store_refused",
    message: expect.stringMatching(/certificate.*look at -storage_ca_file/),
  });
});

test("etcd with a user that may use its prefix only", async () => {
  const etcd = await EtcdServer.start({ tls, clientCertificates: false });
  ends.push(() => etcd.stop());
  await etcd.enableAuth("me", "s3cret", "/cke/mine/");
  const options = { type: "etcd", servers: etcd.url, caFile: tls.authority, leaderTtl: 30, user: "me" };
  const mine = { ...options, prefix: "/cke/mine", passwordFile: join(directory, "password") };
  await use(mine);
  await etcd.restart(); // the restarted etcd does not know the tokens that it gave out before
  await use(mine);
  for (const [wrong, words] of [
    [{ ...mine, passwordFile: join(directory, "wrong") }, /authentication failed.*look at -storage_user/],
    [{ ...mine, prefix: "/cke/other" }, /permission denied.*read and write on -storage_prefix/],
    [{ ...mine, user: undefined, passwordFile: undefined }, /user name is empty.*give -storage_user/],
  ] as const) {
    const refused = await use(wrong).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "store_refused", message: expect.stringMatching(words) });
    expect(String(refused)).not.toMatch(/s3cret|wr0ng/);
  }
});

test("ZooKeeper with digest authentication, in a chroot that is made", async () => {
  const zookeeper = await ZooKeeperServer.start();
  ends.push(() => zookeeper.stop());
  const options = { type: "zookeeper", servers: `${zookeeper.address}/a/b/c`, leaderTtl: 30 };
  await use({ ...options, user: "me", passwordFile: join(directory, "password") });
  await expect(use({ ...options, user: "me", passwordFile: join(directory, "wrong") })).rejects.toMatchObject({
    code: "store_refused",
    message: expect.stringMatching(/belongs to another user; look at -storage_user/),
  });
  await expect(use(options)).rejects.toMatchObject({ code: "store_refused" });
  await use({ ...options, servers: `${zookeeper.address}/a/open` });
});

test("a format of a newer cke-scheduler is refused, and a head that is none", async () => {
  const etcd = await EtcdServer.start();
  ends.push(() => etcd.stop());
  for (const [head, code, words] of [
    [
      '{"format":7,"revision":1,"id":"x"}',
      "store_format",
      /newer cke-scheduler \(format 7, this one knows \d+\): start that version/,
    ],
    ["{", "store_corrupt", /restore the storage from a backup, or choose another place/],
  ] as const) {
    await etcd.write("/cke/new/head", head);
    const opened = openStorage({ type: "etcd", servers: etcd.url, prefix: "/cke/new" }, silentLogger);
    await expect(opened).rejects.toMatchObject({ code, message: expect.stringMatching(words) });
  }
  // While this scheduler waits for the leadership, a newer version may lead and migrate the store.
  const storage = await openStorage({ type: "etcd", servers: etcd.url, prefix: "/cke/later" }, silentLogger);
  ends.push(() => storage.close());
  await etcd.write("/cke/later/head", '{"format":7,"revision":1,"id":"x"}');
  await expect(storage.election.campaign({ id: "a", url: "http://a" }, never)).rejects.toMatchObject({
    code: "store_format",
  });
  expect(await etcd.read("/cke/later/leader")).toBeUndefined();
});
