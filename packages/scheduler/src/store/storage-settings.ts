// The storage flags as one checked value: which flags go with which -storage_type, and the files that they name.
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { CkeError, messageOf } from "@cke/foundation";

export interface StorageOptions {
  /** -storage_type: empty, sqlite, etcd or zookeeper. */
  readonly type: string;
  /** -storage_servers. */
  readonly servers: string | undefined;
  /** -name: the framework's name. The default of `prefix` contains it. */
  readonly name?: string;
  /** -storage_prefix. */
  readonly prefix?: string | undefined;
  /** -leader_ttl, seconds; default 10. */
  readonly leaderTtl?: number;
  /** -storage_ca_file, -storage_cert_file, -storage_key_file, -storage_password_file: paths. */
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly user?: string | undefined;
  readonly passwordFile?: string | undefined;
}

export interface EtcdSettings {
  readonly servers: readonly string[];
  /** Ends with `/`. */
  readonly prefix: string;
  readonly ttlSeconds: number;
  readonly tls?: { readonly ca?: Buffer; readonly certificate?: Buffer; readonly key?: Buffer };
  readonly auth?: { readonly user: string; readonly password: string };
}

export interface ZooKeeperSettings {
  /** `host:port`; the chroot is not part of it. */
  readonly servers: readonly string[];
  /** Begins with `/` and does not end with one. */
  readonly chroot: string;
  readonly ttlSeconds: number;
  readonly auth?: { readonly user: string; readonly password: string };
}

/**
 * Refuses flags that have no effect with this -storage_type, because their user expects an effect, and malformed
 * addresses. Reads the flags only, no files. Throws CkeError `flag_missing` or `flag_invalid`.
 */
export function checkStorageFlags(options: StorageOptions): void {
  const { type } = options;
  const shared = type === "etcd" || type === "zookeeper";
  const refuse = (flag: string, value: unknown, fits: boolean, words: string) => {
    if (value !== undefined && !fits)
      throw new CkeError("flag_invalid", `-${flag} does not go with -storage_type ${type}: ${words}`);
  };
  const tlsWords =
    type === "zookeeper"
      ? "the ZooKeeper client speaks no TLS; protect the connection otherwise, for example with stunnel"
      : "it is for etcd over https";
  refuse("storage_servers", options.servers, type !== "empty", "give -storage_type sqlite, etcd or zookeeper too");
  refuse("storage_ca_file", options.caFile, type === "etcd", tlsWords);
  refuse("storage_cert_file", options.certFile, type === "etcd", tlsWords);
  refuse("storage_key_file", options.keyFile, type === "etcd", tlsWords);
  refuse("storage_user", options.user, shared, "it is for etcd and zookeeper");
  refuse("storage_password_file", options.passwordFile, shared, "it is for etcd and zookeeper");
  refuse(
    "storage_prefix",
    options.prefix,
    type === "etcd",
    type === "zookeeper" ? "give the path in -storage_servers, h1:2181,h2:2181/path" : "it is for etcd",
  );
  if ((options.certFile === undefined) !== (options.keyFile === undefined)) {
    throw new CkeError("flag_missing", "-storage_cert_file and -storage_key_file go together");
  }
  if ((options.user === undefined) !== (options.passwordFile === undefined)) {
    throw new CkeError("flag_missing", "-storage_user and -storage_password_file go together");
  }
  if (type === "sqlite" && (options.servers ?? "") === "")
    throw new CkeError("flag_missing", "-storage_type sqlite needs -storage_servers <path of the file>");
  if (type === "etcd") etcdServers(options);
  if (type === "zookeeper") zooKeeperPlace(options);
}

/** The URLs of the servers. All must have the same scheme. */
function etcdServers(options: StorageOptions): { readonly servers: readonly string[]; readonly secure: boolean } {
  const servers = listOf(options.servers).map((server) => {
    // The error does not show the address, because a password may stand before the @.
    if (server.includes("@")) {
      throw new CkeError(
        "flag_invalid",
        "-storage_servers: an etcd address has no user in it; give -storage_user and -storage_password_file",
      );
    }
    const url = /^(https?):\/\/([^/]+:\d+)\/?$/.exec(server.includes("://") ? server : `http://${server}`);
    if (url === null) {
      throw new CkeError("flag_invalid", `-storage_servers: "${server}" is no etcd address, write http://1.2.3.4:2379`);
    }
    return `${url[1]}://${url[2]}`;
  });
  if (servers.length === 0) {
    throw new CkeError("flag_missing", "-storage_type etcd needs -storage_servers http://1.2.3.4:2379,…");
  }
  const secure = servers.filter((server) => server.startsWith("https:")).length;
  if (secure !== 0 && secure !== servers.length) {
    throw new CkeError("flag_invalid", "-storage_servers: all etcd addresses are http://, or all are https://");
  }
  if (secure === 0 && (options.caFile ?? options.certFile) !== undefined) {
    throw new CkeError("flag_invalid", "-storage_ca_file and -storage_cert_file need https:// in -storage_servers");
  }
  return { servers, secure: secure > 0 };
}

export async function etcdSettings(options: StorageOptions): Promise<EtcdSettings> {
  checkStorageFlags(options);
  const { servers, secure } = etcdServers(options);
  const ca = await readOptional("storage_ca_file", options.caFile);
  const certificate = await readOptional("storage_cert_file", options.certFile);
  const key = await readOptional("storage_key_file", options.keyFile);
  checkTls(options, { ca, certificate, key });
  const auth = await credentials(options);
  const prefix = (options.prefix ?? defaultPrefix(options.name ?? "cke-framework")).replace(/\/*$/, "/");
  return {
    servers,
    prefix,
    ttlSeconds: options.leaderTtl ?? 10,
    ...(secure
      ? {
          tls: {
            ...(ca === undefined ? {} : { ca }),
            ...(certificate === undefined ? {} : { certificate }),
            ...(key === undefined ? {} : { key }),
          },
        }
      : {}),
    ...(auth === undefined ? {} : { auth }),
  };
}

/** Refuses certificate and key files with which no connection can be made. The error names the flag. */
function checkTls(
  { caFile, certFile, keyFile }: StorageOptions,
  { ca, certificate, key }: { readonly [_ in "ca" | "certificate" | "key"]: Buffer | undefined },
): void {
  const check = (words: string, work: () => unknown) => {
    try {
      work();
    } catch (error) {
      throw new CkeError("flag_invalid", `${words}: ${messageOf(error)}`, { cause: error });
    }
  };
  if (ca !== undefined) check(`-storage_ca_file ${caFile} is no PEM certificate`, () => new X509Certificate(ca));
  if (certificate === undefined || key === undefined) return;
  check(`-storage_cert_file ${certFile} is no PEM certificate`, () => new X509Certificate(certificate));
  check(`-storage_key_file ${keyFile} is not the private key (PEM, without a passphrase) of -storage_cert_file`, () =>
    createSecureContext({ cert: certificate, key }),
  );
}

function zooKeeperPlace(options: StorageOptions): Pick<ZooKeeperSettings, "servers" | "chroot"> {
  const text = options.servers ?? "";
  const slash = text.indexOf("/");
  const servers = listOf(slash < 0 ? text : text.slice(0, slash)).map((server) =>
    /:\d+$/.test(server) ? server : `${server}:2181`,
  );
  const given = slash < 0 ? "" : text.slice(slash).replace(/\/+$/, "");
  if (servers.length === 0 || servers.some((server) => !/^[^\s:/]+:\d+$/.test(server))) {
    throw new CkeError("flag_missing", "-storage_type zookeeper needs -storage_servers h1:2181,h2:2181/chroot");
  }
  if (
    given !== "" &&
    (!/^(\/[A-Za-z0-9._-]*[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/.test(given) || given.startsWith("/zookeeper"))
  ) {
    throw new CkeError(
      "flag_invalid",
      `-storage_servers: "${given}" is no path for this: letters, digits and ._- between single slashes`,
    );
  }
  const chroot = given === "" ? defaultPrefix(options.name ?? "cke-framework").slice(0, -1) : given;
  return { servers, chroot };
}

export async function zooKeeperSettings(options: StorageOptions): Promise<ZooKeeperSettings> {
  checkStorageFlags(options);
  const { servers, chroot } = zooKeeperPlace(options);
  const auth = await credentials(options);
  return { servers, chroot, ttlSeconds: options.leaderTtl ?? 10, ...(auth === undefined ? {} : { auth }) };
}

/** The default of -storage_prefix. It contains the framework's name, so that two frameworks never share their data. */
function defaultPrefix(name: string): string {
  return `/cke/${encodeURIComponent(name)}/`;
}

function listOf(text: string | undefined): readonly string[] {
  return (text ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

async function credentials({ user, passwordFile }: StorageOptions) {
  if (user === undefined || passwordFile === undefined) return undefined;
  const password = (await readOptional("storage_password_file", passwordFile))?.toString().trimEnd() ?? "";
  if (password === "") throw new CkeError("flag_invalid", `-storage_password_file ${passwordFile} is empty`);
  return { user, password };
}

async function readOptional(flag: string, path: string | undefined): Promise<Buffer | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path);
  } catch (error) {
    throw new CkeError("flag_invalid", `-${flag} ${path}: ${messageOf(error)}`, { cause: error });
  }
}
