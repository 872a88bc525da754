// A real ZooKeeper for tests (Debian's libzookeeper-java, run with java directly), alone or as an ensemble.
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { privateDirectory, startAll, TestServer } from "./test-server.ts";

export interface ZooKeeperOptions {
  /** Milliseconds of a tick; session timeouts are 2 ticks to `maxSessionMs`. Default 500. */
  readonly tickMs?: number;
  /**
   * The longest session that it grants, in milliseconds. Default ten minutes. ZooKeeper's own default, 20 ticks, is so short that a busy
   * machine ends sessions.
   */
  readonly maxSessionMs?: number;
  /** Further lines of zoo.cfg. */
  readonly configuration?: readonly string[];
}

interface Member {
  readonly id: number;
  readonly client: number;
  readonly quorum: number;
  readonly election: number;
}

const jars = "/usr/share/java";
const needed =
  /^(zookeeper|zookeeper-jute|slf4j-api|slf4j-simple|netty-[a-z-]+|commons-cli|metrics-core|snappy-java)\.jar$/;

export class ZooKeeperServer extends TestServer {
  /** `127.0.0.1:port`. */
  readonly address: string;
  readonly port: number;
  readonly dataDirectory: string;

  private constructor(member: Member, all: readonly Member[], options: ZooKeeperOptions) {
    const directory = privateDirectory("zookeeper");
    const data = join(directory, "data");
    mkdirSync(data);
    const configuration = join(directory, "zoo.cfg");
    writeFileSync(join(data, "myid"), `${member.id}\n`);
    const ensemble =
      all.length === 1 ? [] : all.map(({ id, quorum, election }) => `server.${id}=127.0.0.1:${quorum}:${election}`);
    const lines = [
      `tickTime=${options.tickMs ?? 500}`,
      `maxSessionTimeout=${options.maxSessionMs ?? 600_000}`,
      ...["initLimit=20", "syncLimit=5", `dataDir=${data}`, `clientPort=${member.client}`],
      ...["clientPortAddress=127.0.0.1", "maxClientCnxns=0", "admin.enableServer=false", "4lw.commands.whitelist=*"],
      ...ensemble,
      ...(options.configuration ?? []),
    ];
    writeFileSync(configuration, `${lines.join("\n")}\n`);
    super(directory, {
      argv: [
        "java",
        ...["-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dzookeeper.jmx.log4j.disable=true"],
        ...["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", classPath()],
        "org.apache.zookeeper.server.quorum.QuorumPeerMain",
        configuration,
      ],
      ready: async () => /Mode: /.test(await fourLetters(member.client, "srvr", 2_000)),
    });
    this.port = member.client;
    this.dataDirectory = data;
    this.address = `127.0.0.1:${member.client}`;
  }

  /** One server. */
  static async start(options: ZooKeeperOptions = {}): Promise<ZooKeeperServer> {
    const [server] = await ZooKeeperServer.startEnsemble(1, options);
    if (server === undefined) throw new Error("no ZooKeeper");
    return server;
  }

  /** An ensemble of `size` servers. */
  static async startEnsemble(size = 3, options: ZooKeeperOptions = {}): Promise<readonly ZooKeeperServer[]> {
    return startAll(async () => {
      const members = await Promise.all(
        Array.from({ length: size }, async (_, index) => ({
          id: index + 1,
          client: await freePort(),
          quorum: await freePort(),
          election: await freePort(),
        })),
      );
      return members.map((member) => new ZooKeeperServer(member, members, options));
    });
  }

  /** The server's answer to one of its four-letter commands: `srvr`, `stat`, `dump`, … */
  async ask(word: string): Promise<string> {
    return fourLetters(this.port, word, 120_000);
  }
}

function classPath(): string {
  return readdirSync(jars)
    .filter((name) => needed.test(name))
    .map((name) => join(jars, name))
    .join(":");
}

function fourLetters(port: number, word: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(word));
    let text = "";
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error("no answer")));
    socket.on("data", (chunk) => {
      text += chunk.toString();
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(text));
  });
}
