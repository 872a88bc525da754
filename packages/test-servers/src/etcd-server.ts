// A real etcd for tests (Debian's etcd-server), alone or as a cluster, with or without TLS and users.
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { freePort } from "./free-port.ts";
import { privateDirectory, startAll, TestServer } from "./test-server.ts";
import { readTlsFiles, type TlsFiles } from "./tls-files.ts";

export interface EtcdOptions {
  /** Serve clients over https with these files. */
  readonly tls?: TlsFiles;
  /** With `tls`: refuse clients without a certificate of its authority. Default true. */
  readonly clientCertificates?: boolean;
  /** Further arguments, e.g. `--quota-backend-bytes`. */
  readonly arguments?: readonly string[];
}

interface Ports {
  readonly client: number;
  readonly peer: number;
  readonly metrics: number;
}

const freePorts = async (): Promise<Ports> => ({
  client: await freePort(),
  peer: await freePort(),
  metrics: await freePort(),
});

export class EtcdServer extends TestServer {
  /** `http://127.0.0.1:port`, or https. */
  readonly url: string;
  readonly port: number;
  readonly name: string;
  /** Where other members reach it. */
  readonly peerUrl: string;
  readonly dataDirectory: string;
  /** The flags of its membership, as `etcdctl snapshot restore` takes them. */
  readonly member: readonly string[];
  readonly #options: EtcdOptions;
  readonly #ports: Ports;

  private constructor(name: string, ports: Ports, cluster: string, options: EtcdOptions) {
    const scheme = options.tls === undefined ? "http" : "https";
    const url = `${scheme}://127.0.0.1:${ports.client}`;
    const peer = `http://127.0.0.1:${ports.peer}`;
    const metrics = `http://127.0.0.1:${ports.metrics}`;
    const directory = privateDirectory("etcd");
    const dataDirectory = `${directory}/data`;
    const member = ["--name", name, "--initial-advertise-peer-urls", peer, "--initial-cluster", cluster];
    const tls = options.tls === undefined ? [] : tlsArguments(options.tls, options.clientCertificates ?? true);
    super(directory, {
      argv: [
        "etcd",
        ...member,
        ...["--data-dir", dataDirectory, "--logger", "zap", "--log-level", "warn"],
        ...["--listen-client-urls", url, "--advertise-client-urls", url, "--listen-metrics-urls", metrics],
        ...[
          "--listen-peer-urls",
          peer,
          "--heartbeat-interval",
          "100",
          "--election-timeout",
          "1000",
          ...tls,
          ...(options.arguments ?? []),
        ],
      ],
      ready: async () => (await fetch(`${metrics}/health`, { signal: AbortSignal.timeout(2_000) })).ok,
    });
    this.url = url;
    this.port = ports.client;
    this.name = name;
    this.peerUrl = peer;
    this.#ports = ports;
    this.dataDirectory = dataDirectory;
    this.member = member;
    this.#options = options;
  }

  /** One member. */
  static async start(options: EtcdOptions = {}): Promise<EtcdServer> {
    const [server] = await EtcdServer.startCluster(1, options);
    if (server === undefined) throw new Error("no etcd");
    return server;
  }

  /** A cluster of `size` members. */
  static async startCluster(size = 3, options: EtcdOptions = {}): Promise<readonly EtcdServer[]> {
    return startAll(async () => {
      const members = await Promise.all(
        Array.from({ length: size }, async (_, index) => ({
          name: `m${index + 1}`,
          ports: await freePorts(),
        })),
      );
      const cluster = members.map(({ name, ports }) => `${name}=http://127.0.0.1:${ports.peer}`).join(",");
      return members.map(({ name, ports }) => new EtcdServer(name, ports, cluster, options));
    });
  }

  /**
   * A further member of a cluster with these others. It is not started: the cluster must know its `peerUrl` first.
   * `place`: a server that it replaces; it gets that one's ports and a directory of its own.
   */
  static async joining(
    name: string,
    others: readonly EtcdServer[],
    options: EtcdOptions = {},
    place?: EtcdServer,
  ): Promise<EtcdServer> {
    const ports = place === undefined ? await freePorts() : place.#ports;
    const members = [
      ...others.map((other) => `${other.name}=${other.peerUrl}`),
      `${name}=http://127.0.0.1:${ports.peer}`,
    ];
    const existing = ["--initial-cluster-state", "existing"];
    return new EtcdServer(name, ports, members.join(","), {
      ...options,
      arguments: [...(options.arguments ?? []), ...existing],
    });
  }

  /**
   * Switches authentication on. `user` may read and write only keys below `prefix`; root has the same password and may
   * do everything.
   */
  async enableAuth(user: string, password: string, prefix: string): Promise<void> {
    const end = prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
    await this.call("/v3/auth/user/add", { name: "root", password });
    await this.call("/v3/auth/user/grant", { user: "root", role: "root" }).catch(async () => {
      await this.call("/v3/auth/role/add", { name: "root" });
      await this.call("/v3/auth/user/grant", { user: "root", role: "root" });
    });
    await this.call("/v3/auth/role/add", { name: "cke" });
    const perm = { permType: "READWRITE", key: base64(prefix), range_end: base64(end) };
    await this.call("/v3/auth/role/grant", { name: "cke", perm });
    await this.call("/v3/auth/user/add", { name: user, password });
    await this.call("/v3/auth/user/grant", { user, role: "cke" });
    await this.call("/v3/auth/enable", {});
  }

  /** The value of one key; undefined when there is none. Works without authentication only. */
  async read(key: string): Promise<string | undefined> {
    const { kvs } = JSON.parse(await this.call("/v3/kv/range", { key: base64(key) }));
    return kvs === undefined ? undefined : Buffer.from(kvs[0].value, "base64").toString();
  }

  /** Writes one key, as an operator would by hand. Works without authentication only. */
  async write(key: string, value: string): Promise<void> {
    await this.call("/v3/kv/put", { key: base64(key), value: base64(value) });
  }

  /** Calls etcd's JSON gateway and returns the body of the answer. */
  async call(path: string, body: object): Promise<string> {
    const { tls } = this.#options;
    const send = tls === undefined ? httpRequest : httpsRequest;
    const files = tls === undefined ? {} : readTlsFiles(tls);
    return new Promise((resolve, reject) => {
      const request = send(`${this.url}${path}`, { method: "POST", timeout: 60_000, ...files }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          if (response.statusCode === 200) resolve(text);
          else reject(new Error(`etcd ${path}: ${response.statusCode} ${text}`));
        });
      });
      request.on("error", reject);
      request.on("timeout", () => request.destroy(new Error(`etcd ${path}: no answer`)));
      request.end(JSON.stringify(body));
    });
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

function tlsArguments(tls: TlsFiles, clientCertificates: boolean): readonly string[] {
  const server = ["--cert-file", tls.serverCertificate, "--key-file", tls.serverKey];
  return clientCertificates ? [...server, "--client-cert-auth", "--trusted-ca-file", tls.authority] : server;
}
