// A network namespace that stands for a host, for tests. Everything in it ends with it.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { VmNic, type VmNicInit } from "@cke/protocol";
import { missingHere } from "@cke/test-servers";
import type { PortWork, VmPlace } from "../../ports/vm-place.ts";
import { commandRunner, type Run } from "../command-runner.ts";
import { HostNetworks } from "../host-networks.ts";
import { NetworkRecords } from "../network-records.ts";

/** What is missing for these tests; undefined when they can run. */
export function networkLabMissing(programs: readonly string[] = ["ip", "nft", "python3"]): string | undefined {
  if (process.getuid?.() !== 0) return missingHere("network namespaces need root");
  const missing = programs.filter((program) => spawnSync("sh", ["-c", `command -v ${program}`]).status !== 0);
  return missingHere(missing.length === 0 ? undefined : `no ${missing.join(", ")}`);
}

/** For what comes in a moment, and on a busy machine later. */
const longestMs = 240_000;

export class NetworkLab {
  readonly directory = mkdtempSync(join(tmpdir(), "cke-net-"));
  /** Path of the namespace. */
  readonly path: string;
  readonly #holder: ChildProcess;
  readonly #namespaces: string[] = [];
  readonly #guests: ChildProcess[] = [];
  readonly environment = { ...process.env, OVS_RUNDIR: this.directory, OVS_LOGDIR: this.directory };

  private constructor(holder: ChildProcess, path = `/proc/${holder.pid}/ns/net`) {
    this.#holder = holder;
    this.path = path;
  }

  /** `path`: a namespace that is there already. */
  static async start(path?: string): Promise<NetworkLab> {
    const script = "ip link set lo up; echo ready; read -r _ || true";
    const holder = spawn("unshare", ["--net", "sh", "-c", script], { stdio: ["pipe", "pipe", "inherit"] });
    await once(holder.stdout, "data");
    return new NetworkLab(holder, path);
  }

  get run(): Run {
    return commandRunner(["nsenter", `--net=${this.path}`], this.environment);
  }

  /** Runs a line of words in the lab. */
  sh(line: string): Promise<string> {
    return this.run({ argv: ["sh", "-ec", line] });
  }

  networks(run: Run = this.run): HostNetworks {
    return new HostNetworks({
      run,
      records: new NetworkRecords(join(this.directory, "records")),
      hostNamespace: this.path,
    });
  }

  /** A name for a namespace of this test's own; it is removed with the lab. */
  namespace(): string {
    const name = `cke-test-${randomBytes(4).toString("hex")}`;
    this.#namespaces.push(name);
    return name;
  }

  /** Names of all links and namespaces, and of tables of nftables. */
  async listing(): Promise<readonly string[]> {
    const links = await this.sh("ip -o link | sed 's/^[0-9]*: \\([^:@]*\\).*/link \\1/'; nft list tables");
    const namespaces = this.#namespaces.filter((name) => existsSync(`/run/netns/${name}`));
    return [...links.trim().split("\n"), ...namespaces].sort();
  }

  /** Starts an Open vSwitch of the lab's own, which moves frames by itself where the kernel has no module for it. */
  async startOvs(): Promise<void> {
    const database = join(this.directory, "conf.db");
    const socket = join(this.directory, "db.sock");
    await this.sh(`ovsdb-tool create ${database} /usr/share/openvswitch/vswitch.ovsschema`);
    this.#serve("ovsdb-server", database, `--remote=punix:${socket}`, `--pidfile=${this.directory}/ovsdb.pid`);
    await this.#until("ovs-vsctl --timeout=60 --no-wait init");
    this.#serve("ovs-vswitchd", `unix:${socket}`, `--pidfile=${this.directory}/vswitchd.pid`);
  }

  /** It dies with the test process. */
  #serve(...argv: readonly [string, ...string[]]): void {
    const enter = ["--pdeathsig", "KILL", "nsenter", `--net=${this.path}`];
    const child = spawn("setpriv", [...enter, ...argv], { stdio: "ignore", env: this.environment });
    this.#guests.push(child);
  }

  async #until(line: string): Promise<void> {
    for (const end = performance.now() + longestMs; ; ) {
      try {
        await this.sh(line);
        return;
      } catch (error) {
        if (performance.now() > end) throw error;
        await delay(50);
      }
    }
  }

  /** Opens a tap as QEMU would. */
  async guest(device: string): Promise<TapGuest> {
    const child = spawn("nsenter", [`--net=${this.path}`, "python3", "-u", "-c", tapProgram, device], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#guests.push(child);
    const guest = new TapGuest(child);
    await guest.says("open");
    return guest;
  }

  /** Sends a frame from each MAC out of a link, and tells which of them came to another one. */
  async passed(from: string, to: string, ...macs: readonly string[]): Promise<readonly string[]> {
    const argv = ["python3", "-c", sendProgram, from, to, ...macs] as const;
    return JSON.parse(await this.run({ argv: [...argv] }));
  }

  async stop(): Promise<void> {
    for (const guest of this.#guests.toReversed()) {
      guest.kill("SIGKILL");
      if (guest.exitCode === null && guest.signalCode === null) await once(guest, "exit");
    }
    for (const name of this.#namespaces)
      if (existsSync(`/run/netns/${name}`)) spawnSync("ip", ["netns", "delete", name]);
    this.#holder.stdin?.end();
    if (this.#holder.exitCode === null) await once(this.#holder, "exit");
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/**
 * The last frame is one that always passes, so that nothing is waited for that does not come. All are sent again when nothing comes: a link
 * that was only just switched on loses frames.
 */
const sendProgram = `
import json, socket, sys
source, target, macs = sys.argv[1], sys.argv[2], sys.argv[3:]
heard = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
heard.bind((target, 0))
heard.settimeout(2)
sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sender.bind((source, 0x800))
frame = lambda mac: bytes([255] * 6) + bytes.fromhex(mac.replace(":", "")) + bytes([8, 0]) + b"cke-test" + bytes(40)
def send():
    for mac in [*reversed(macs), macs[0]]:
        try: sender.send(frame(mac))
        except OSError: pass
seen = []
tries = 0
send()
while seen.count(macs[0]) < 2:
    try:
        data = heard.recv(2000)
        if b"cke-test" in data: seen.append(data[6:12].hex(":"))
    except TimeoutError:
        tries += 1
        if tries > 100: sys.exit(f"no frame came from {source} to {target}")
        send()
print(json.dumps([mac for mac in macs if mac in seen]))
`;

/** Asks for addresses (ARP) through a tap, and answers for its own. */
const tapProgram = `
import fcntl, os, select, socket, struct, sys
tap = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tap, 0x400454ca, struct.pack("16sH22x", sys.argv[1].encode(), 0x0002 | 0x1000))
def say(*words): os.write(1, (" ".join(words) + "\\n").encode())
say("open")
asked = 0
mac = lambda text: bytes.fromhex(text.replace(":", ""))
def arp(to, kind, source, address, asked, target):
    head = to + source + b"\\x08\\x06" + struct.pack("!HHBBH", 1, 0x800, 6, 4, kind)
    os.write(tap, head + source + address + asked + target)
buffer = b""
own = None
while True:
    ready, _, _ = select.select([tap, 0], [], [])
    if 0 in ready:
        chunk = os.read(0, 4096)
        if not chunk: break
        buffer += chunk
        while b"\\n" in buffer:
            line, buffer = buffer.split(b"\\n", 1)
            order, source, address, *target = line.decode().split()
            if order == "own": own = (mac(source), socket.inet_aton(address))
            else:
                arp(b"\\xff" * 6, 1, mac(source), socket.inet_aton(address), bytes(6), socket.inet_aton(target[0]))
                asked += 1
                say("asked", str(asked))
    if tap in ready:
        frame = os.read(tap, 65536)
        if frame[12:14] != b"\\x08\\x06": continue
        if frame[20:22] == b"\\x00\\x02":
            say("answer", socket.inet_ntoa(frame[28:32]), "to", socket.inet_ntoa(frame[38:42]))
        elif own and frame[38:42] == own[1]:
            arp(frame[6:12], 2, own[0], own[1], frame[22:28], frame[28:32])
`;

export class TapGuest {
  readonly #child: ChildProcess;
  #heard = "";
  readonly #waiting: (() => void)[] = [];
  #asks = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.on("data", (chunk) => {
      this.#heard += chunk;
      for (const resolve of this.#waiting.splice(0)) resolve();
    });
  }

  /** Asks who has an address. */
  ask(mac: string, address: string, target: string): void {
    this.#asks += 1;
    this.#child.stdin?.write(`ask ${mac} ${address} ${target}\n`);
  }

  /** Answers for an address from now on. */
  own(mac: string, address: string): void {
    this.#child.stdin?.write(`own ${mac} ${address}\n`);
  }

  /**
   * Asks until there is an answer: a bridge passes nothing on before it has seen that the tap is open. Whatever was asked before has gone
   * out then.
   */
  async reach(mac: string, address: string, target: string): Promise<void> {
    const end = performance.now() + longestMs;
    for (let answered = false; !answered; ) {
      if (performance.now() > end) throw new Error(`nobody answers for ${target}; the guest says: ${this.#heard}`);
      this.ask(mac, address, target);
      await this.says(`asked ${this.#asks}`);
      const answer = this.says(`answer ${target} to ${address}`).then(() => true);
      answered = await Promise.race([answer, delay(200, false)]);
    }
  }

  /** Answers since the last time that it was called. */
  answers(): ReadonlySet<string> {
    const lines = this.#lines().filter((line) => line.startsWith("answer"));
    this.#heard = this.#heard.slice(this.#heard.lastIndexOf("\n") + 1);
    return new Set(lines);
  }

  /** Waits for a line that begins so. */
  async says(words: string): Promise<void> {
    while (!this.#lines().some((line) => line.startsWith(words)))
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
  }

  /** Those that have come whole. */
  #lines(): readonly string[] {
    return this.#heard.split("\n").slice(0, -1);
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "exit");
  }
}

export const nic = (init: VmNicInit): VmNic => VmNic.create({ name: "eth0", ...init });

export function placeOf(lab: NetworkLab, vm: string): VmPlace {
  const hex = Buffer.from(vm.padEnd(16, "x").slice(0, 16)).toString("hex");
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  return {
    vm,
    uuid,
    instance: "i",
    directory: join(lab.directory, vm),
    runDirectory: join(lab.directory, `${vm}-run`),
  };
}

/** What a port's work says, in `warnings`. */
export function quietWork(): PortWork & { readonly warnings: string[] } {
  const warnings: string[] = [];
  return {
    signal: new AbortController().signal,
    progress: () => {},
    warn: (words) => warnings.push(words),
    warnings,
  };
}
