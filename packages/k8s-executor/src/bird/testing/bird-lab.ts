// Hosts on one switch, or on a second one for what is outside, each a network namespace of its own, with a real BIRD. Everything ends with the lab. Their names,
// addresses and ports are inside of the namespaces, so that labs do not meet.
import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bgpSecretsFile } from "@cke/protocol";
import { missingHere } from "@cke/test-servers";
import { type BgpSession, readSessions, showSessions } from "../sessions.ts";

const execute = promisify(execFile);
/** The image's own. */
const launcher = fileURLToPath(
  new URL("../../../../../images/kube-node/rootfs/usr/local/bin/cke-bird", import.meta.url),
);
/** What a configuration includes; each host has one of its own beside its configuration. */
export const secretsFile = "secrets.conf";
/** Of the sessions between hosts, unless a host is given another one. */
export const labSecret = "q7Kx-not.a.secret";
/** For what comes in a moment, and on a busy machine later. */
const longestMs = 240_000;

/** What is missing for these tests; undefined when they can run. */
export function birdLabMissing(): string | undefined {
  if (process.getuid?.() !== 0) return missingHere("network namespaces need root");
  const missing = ["ip", "bird", "birdc"].filter(
    (program) => spawnSync("sh", ["-c", `command -v ${program}`]).status !== 0,
  );
  return missingHere(missing.length === 0 ? undefined : `no ${missing.join(", ")}: install iproute2 and bird2`);
}

/** Waits until `look` returns something, and returns it. `what`: for the error. */
export async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (const end = performance.now() + longestMs; ; await delay(50)) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`${what} has not come in ${longestMs / 1000} s`);
  }
}

async function namespace(): Promise<ChildProcess> {
  const script = "ip link set lo up; echo ready; read -r _ || true";
  const holder = spawn("unshare", ["--net", "sh", "-c", script], { stdio: ["pipe", "pipe", "inherit"] });
  if (holder.stdout === null) throw new Error("the pipe was asked for");
  await once(holder.stdout, "data");
  return holder;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

export class BirdLab {
  readonly directory = mkdtempSync(join(tmpdir(), "cke-bird-"));
  readonly #switch: ChildProcess;
  readonly #hosts: LabHost[] = [];
  readonly #ports: { readonly host: LabHost; readonly port: string }[] = [];

  private constructor(holder: ChildProcess) {
    this.#switch = holder;
  }

  static async start(): Promise<BirdLab> {
    const lab = new BirdLab(await namespace());
    await lab.#inSwitch("for name in br0 br1; do ip link add $name type bridge && ip link set $name up; done");
    return lab;
  }

  #inSwitch(line: string) {
    return execute("nsenter", [`--net=/proc/${this.#switch.pid}/ns/net`, "sh", "-ec", line]);
  }

  /** A host with this address, on the switch of nodes or on the one outside, and with a bridge of its own for pods where it has a block. */
  async host(address: string, pods?: string, on: "br0" | "br1" = "br0"): Promise<LabHost> {
    const holder = await namespace();
    const host = new LabHost(holder, join(this.directory, `h${this.#hosts.length}`));
    this.#hosts.push(host);
    await this.plug(host, "eth0", address, on);
    if (pods !== undefined) {
      const [first = "", length = ""] = pods.split("/");
      const gateway = first.replace(/\.\d+$/, ".1");
      await host.sh(`ip link add cni0 type bridge && ip addr add ${gateway}/${length} dev cni0 && ip link set cni0 up`);
    }
    return host;
  }

  /** A pod of a host: a name space on its bridge. */
  async pod(host: LabHost, address: string): Promise<LabHost> {
    const pod = new LabHost(await namespace(), join(this.directory, `h${this.#hosts.length}`));
    await host.sh(
      `ip link add v${this.#hosts.length} type veth peer name eth0 netns ${pod.pid} && ip link set v${this.#hosts.length} master cni0 up`,
    );
    this.#hosts.push(pod);
    const gateway = address.replace(/\.\d+$/, ".1");
    await pod.sh(`ip addr add ${address}/24 dev eth0 && ip link set eth0 up && ip route add default via ${gateway}`);
    return pod;
  }

  /** Puts a host on a switch, with this address there: `br0` for nodes, `br1` for what is outside. */
  async plug(host: LabHost, device: string, address: string, on: "br0" | "br1"): Promise<void> {
    const port = `p${this.#ports.length}`;
    this.#ports.push({ host, port });
    await this.#inSwitch(
      `ip link add ${port} type veth peer name ${device} netns ${host.pid} && ip link set ${port} master ${on} up`,
    );
    await host.sh(`ip addr add ${address}/24 dev ${device} && ip link set ${device} up`);
  }

  /** The switches pass on nothing from or to the host any more; it does not notice. Or they do again. */
  async cut(host: LabHost, silent = true): Promise<void> {
    for (const { port } of this.#ports.filter((one) => one.host === host))
      await this.#inSwitch(`bridge link set dev ${port} state ${silent ? 0 : 3}`);
  }

  async stop(): Promise<void> {
    for (const host of this.#hosts) await host.stop();
    await end(this.#switch);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export class LabHost {
  readonly #holder: ChildProcess;
  readonly #path: string;
  #bird: ChildProcess | undefined;
  #log = "";

  constructor(holder: ChildProcess, path: string) {
    this.#holder = holder;
    this.#path = path;
    this.secret(labSecret);
  }

  /** The file of its daemon. */
  get #configuration() {
    return join(this.#path, "etc/cke/bird/bird.conf");
  }

  get pid(): number | undefined {
    return this.#holder.pid;
  }

  /** Where its daemon has /etc and /run. */
  get root(): string {
    return this.#path;
  }

  get #enter() {
    return `--net=/proc/${this.#holder.pid}/ns/net`;
  }

  /** A program in the host; it dies with the test. */
  run(...argv: readonly string[]): ChildProcess {
    return spawn("setpriv", ["--pdeathsig", "KILL", "nsenter", this.#enter, ...argv], {
      stdio: ["pipe", "pipe", "inherit"],
    });
  }

  /** What a line of words prints in the host. */
  async sh(line: string): Promise<string> {
    return (await execute("nsenter", [this.#enter, "sh", "-ec", line])).stdout;
  }

  birdc(line: string): Promise<string> {
    return this.sh(`birdc -r -s ${this.#path}/run/bird/bird.ctl ${line}`);
  }

  /** Signs the host's sessions with this secret, from the next start or change of its configuration on. */
  secret(cluster: string): void {
    mkdirSync(join(this.#path, "etc/cke/bird"), { recursive: true });
    writeFileSync(join(this.#path, "etc/cke/bird", secretsFile), bgpSecretsFile(cluster, {}));
  }

  /** Starts the daemon with this configuration, as a node does; it dies with the test. */
  async start(configuration: string): Promise<void> {
    writeFileSync(this.#configuration, configuration);
    this.#bird = spawn("setpriv", ["--pdeathsig", "KILL", "nsenter", this.#enter, "sh", launcher], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, CKE_ROOT: this.#path },
    });
    this.#bird.stderr?.on("data", (chunk: Buffer) => {
      this.#log += chunk.toString();
    });
    await until("an answer of bird", () => this.birdc("show status").catch(() => undefined));
  }

  /** Changes the configuration of the daemon that runs. Returns the protocols that it ended or began anew for that. */
  async configure(configuration: string): Promise<readonly string[]> {
    writeFileSync(this.#configuration, configuration);
    const [before, said] = [this.#log.length, await this.sh(`birdc -s ${this.#path}/run/bird/bird.ctl configure`)];
    if (!/^Reconfigur(ed|ation in progress)/m.test(said)) throw new Error(said);
    const lines = await until("the end of the reconfiguration", async () => {
      const log = this.#log.slice(before);
      return /> Reconfigured\b/.test(log) ? log.split("\n") : undefined;
    });
    return lines.flatMap((line) => /(?:Restarting|Removing) protocol (\S+)/.exec(line)?.[1] ?? []);
  }

  /** The daemon ends at once, without a word to its neighbours. */
  async killBird(): Promise<void> {
    if (this.#bird !== undefined) await end(this.#bird);
  }

  /** By the names of their protocols. */
  async sessions(): Promise<ReadonlyMap<string, BgpSession>> {
    const all = readSessions(await this.birdc(showSessions));
    return new Map(all.map((session) => [session.name, session]));
  }

  /** Notes routes that the kernel loses from now on. Call the result for them. */
  async watchLosses(): Promise<() => Promise<readonly string[]>> {
    const argv = ["--pdeathsig", "KILL", "nsenter", this.#enter, "ip", "-4", "monitor", "route"];
    const monitor = spawn("setpriv", argv, { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    monitor.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    /** A route that only this makes and removes: what came before it has been heard then. */
    const mark = (net: string) =>
      until("a line of ip monitor", async () => {
        await this.sh(`ip route add blackhole ${net} && ip route del blackhole ${net}`);
        return said.includes(`Deleted blackhole ${net}`) ? true : undefined;
      });
    await mark("192.0.2.1");
    return async () => {
      await mark("192.0.2.2");
      await end(monitor);
      return said.split("\n").filter((line) => line.startsWith("Deleted ") && !line.includes("192.0.2."));
    };
  }

  /** Routes that BIRD has put into the kernel, as "10.244.1.0/24 10.88.0.22"; those that lead nowhere are left out. */
  async routes(): Promise<readonly string[]> {
    const lines = (await this.sh("ip -4 route show proto bird")).trim().split("\n");
    return lines
      .flatMap((line) => {
        const [, net, way] = /^(\S+) via (\S+)/.exec(line) ?? [];
        return net === undefined || way === undefined ? [] : [`${net} ${way}`];
      })
      .sort();
  }

  async stop(): Promise<void> {
    await this.killBird();
    await end(this.#holder);
  }
}
