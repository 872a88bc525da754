import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeTlsFiles, type TlsFiles } from "@cke/test-servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { etcdSettings, type StorageOptions, zooKeeperSettings } from "./storage-settings.ts";

let directory: string;
let tls: TlsFiles;
const file = (name: string) => join(directory, name);
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "cke-settings-"));
  tls = makeTlsFiles(directory);
  writeFileSync(file("text"), "no certificate");
  writeFileSync(file("password"), "s3cret\n");
  writeFileSync(file("empty"), "\n");
});
afterAll(() => rmSync(directory, { recursive: true }));

const settings = (options: StorageOptions): Promise<unknown> =>
  options.type === "etcd" ? etcdSettings(options) : zooKeeperSettings(options);

test("etcd: addresses, prefix, files", async () => {
  expect(await settings({ type: "etcd", servers: "http://1.2.3.4:2379, 5.6.7.8:2379/", name: "my/name" })).toEqual({
    servers: ["http://1.2.3.4:2379", "http://5.6.7.8:2379"],
    prefix: "/cke/my%2Fname/",
    ttlSeconds: 10,
  });
  const all = {
    type: "etcd",
    servers: "https://e:2379",
    prefix: "/x/y",
    leaderTtl: 5,
    caFile: tls.authority,
    certFile: tls.clientCertificate,
    keyFile: tls.clientKey,
    user: "me",
    passwordFile: file("password"),
  };
  expect(await settings(all)).toEqual({
    servers: ["https://e:2379"],
    prefix: "/x/y/",
    ttlSeconds: 5,
    tls: {
      ca: readFileSync(tls.authority),
      certificate: readFileSync(tls.clientCertificate),
      key: readFileSync(tls.clientKey),
    },
    auth: { user: "me", password: "s3cret" },
  });
});

test("zookeeper: servers and chroot", async () => {
  expect(await settings({ type: "zookeeper", servers: "h1:2181,h2/cke/a/", leaderTtl: 6 })).toEqual({
    servers: ["h1:2181", "h2:2181"],
    chroot: "/cke/a",
    ttlSeconds: 6,
  });
  expect(await settings({ type: "zookeeper", servers: "h1", name: "fw" })).toMatchObject({ chroot: "/cke/fw" });
});

const etcd = { type: "etcd", servers: "http://e:2379" };
const zookeeper = { type: "zookeeper", servers: "z:2181/a" };
test.each<[StorageOptions, RegExp]>([
  [{ ...etcd, servers: undefined }, /-storage_type etcd needs -storage_servers http/],
  [{ ...etcd, servers: "e" }, /-storage_servers: "e" is no etcd address, write http:\/\/1.2.3.4:2379/],
  [{ ...etcd, servers: "http://a:1,https://b:2" }, /all etcd addresses are http:\/\/, or all are https/],
  [{ ...etcd, servers: "http://me:s3cret@e:2379" }, /^-storage_servers: (?!.*s3cret).*-storage_password_file$/],
  [{ ...etcd, caFile: "ca" }, /-storage_ca_file and -storage_cert_file need https:\/\//],
  [{ ...etcd, servers: "https://e:1", certFile: "c" }, /-storage_cert_file and -storage_key_file go together/],
  [{ ...etcd, servers: "https://e:1", caFile: "/none" }, /-storage_ca_file \/none: ENOENT/],
  [{ ...etcd, user: "me" }, /-storage_user and -storage_password_file go together/],
  [{ ...zookeeper, servers: "" }, /-storage_type zookeeper needs -storage_servers h1:2181/],
  [{ ...zookeeper, servers: "z:2181/a/../b" }, /"\/a\/..\/b" is no path for this/],
  [{ ...zookeeper, servers: "z:2181/zookeeper" }, /is no path for this/],
  [{ ...zookeeper, caFile: "x" }, /-storage_ca_file does not go with -storage_type zookeeper: .*no TLS.*stunnel/],
  [
    { ...zookeeper, prefix: "/x" },
    /-storage_prefix does not go with -storage_type zookeeper: give the path in -storage_servers/,
  ],
])("refuses %j", async (options, words) => {
  await expect(settings(options)).rejects.toThrow(words);
});

test("refuses an empty password file", async () => {
  await expect(settings({ ...etcd, user: "me", passwordFile: file("empty") })).rejects.toThrow(/empty is empty/);
});

test.each([
  ["caFile", "text", /^-storage_ca_file .*text is no PEM certificate: /],
  ["certFile", "text", /^-storage_cert_file .*text is no PEM certificate: /],
  ["keyFile", "text", /^-storage_key_file .*text is not the private key .* of -storage_cert_file: /],
  ["keyFile", "server.key", /^-storage_key_file .*server.key is not the private key /],
] as const)("refuses files that no connection can be made with: %s %s", async (flag, name, words) => {
  const { authority: caFile, clientCertificate: certFile, clientKey: keyFile } = tls;
  const options = { type: "etcd", servers: "https://e:1", caFile, certFile, keyFile, [flag]: file(name) };
  await expect(settings(options)).rejects.toThrow(words);
});
