// One VM twice: by CKE, and by `virsh create` of the domain that CKE has made.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import type { Deployment } from "../../../test/e2e/deployment.ts";
import { tinyVm } from "../../../test/e2e/virtual-machines/tiny-vm.ts";
import { VmClient } from "../../../test/e2e/virtual-machines/vm-client.ts";
import type { Cable, VmMachine } from "../../../test/e2e/virtual-machines/vm-machine.ts";

/** Milliseconds from the beginning. */
export interface Marks {
  readonly running: number;
  readonly packet: number;
}

const mac = "52:54:00:be:4c:01";
const bridge = "vmbench";

/** Waits for the first frame of the guest at this machine's end of the cable. */
const listener = `
import socket, sys
port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
port.bind((sys.argv[1], 0))
source = bytes.fromhex(sys.argv[2].replace(":", ""))
sys.stdout.write("ready\\n")
sys.stdout.flush()
while port.recv(2048)[6:12] != source: pass
sys.stdout.write("seen\\n")
sys.stdout.flush()
`;

class FirstPacket {
  readonly #child: ChildProcess;
  readonly #seen: Promise<number>;

  private constructor(child: ChildProcess, lines: Interface) {
    this.#child = child;
    this.#seen = new Promise((resolve, reject) => {
      // By lines: what a program writes in one go may come in two.
      lines.once("line", () => resolve(performance.now()));
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`the listener has ended with ${code}`)));
    });
    this.#seen.catch(() => {});
  }

  static async listen({ outsideLink }: Cable): Promise<FirstPacket> {
    const child = spawn("python3", ["-c", listener, outsideLink, mac], { stdio: ["ignore", "pipe", "inherit"] });
    const lines = createInterface(child.stdout);
    await once(lines, "line");
    return new FirstPacket(child, lines);
  }

  /** When it came, by performance.now(). */
  async time(): Promise<number> {
    try {
      return await this.#seen;
    } finally {
      this.#child.kill("SIGKILL");
    }
  }
}

export interface OrderedVm {
  readonly marks: Marks;
  /** Of its domain as it is defined: limits that were set while it ran are not in it, for libvirt cannot create a domain with them here. */
  readonly xml: string;
  /** Its disk stays. */
  stop(): Promise<void>;
  remove(): Promise<void>;
}

/** From POST until it is told to run, and until its guest sends something. */
export async function orderVm(
  deployment: Deployment,
  machine: VmMachine,
  cable: Cable,
  name: string,
): Promise<OrderedVm> {
  const vm = new VmClient(deployment, name);
  const ip = `${cable.prefix}.9/24`;
  const body = await tinyVm(
    { disk: { system: { size: 16 } }, network: { name: bridge, uplink: cable.link, mac, ip } },
    `cke.ip=${ip}`,
  );
  const packet = await FirstPacket.listen(cable);
  const began = performance.now();
  await vm.create(body);
  while ((await vm.state())?.status !== "running") await delay(20);
  const running = performance.now() - began;
  const marks = { running, packet: (await packet.time()) - began };
  await vm.booted(1);
  const { uuid } = (await vm.state()) ?? {};
  return {
    marks,
    xml: await machine.sh(`virsh dumpxml --inactive ${uuid}`),
    stop: async () => {
      await vm.does("POST", "stop");
      await vm.until("stopped");
    },
    remove: () => vm.remove(),
  };
}

/** The same domain with the same disk. What CKE prepares for it, a network and directories, is there before the clock starts. */
export async function createByVirsh(machine: VmMachine, cable: Cable, xml: string): Promise<Marks> {
  const [, device] = /<target dev=['"](ckt\w+)['"]/.exec(xml) ?? [];
  if (device === undefined) throw new Error(`the domain has no tap:\n${xml}`);
  const sockets = [...xml.matchAll(/path=['"](\/[^'"]+)\/[^/'"]+['"]/g)].map(([, directory = ""]) => directory);
  await machine.sh(
    [
      `mkdir -p ${[...new Set(sockets)].filter((path) => path.startsWith("/run/")).join(" ")} /tmp`,
      `ip link add ${bridge} type bridge stp_state 0 forward_delay 0`,
      `ip link set ${bridge} up`,
      `ip link set ${cable.link} master ${bridge}`,
      `ip tuntap add dev ${device} mode tap`,
      `ip link set ${device} master ${bridge} up`,
    ].join("; "),
  );
  const file = `${machine.server.directory}/bench.xml`;
  await machine.sh(`cat >${file} <<'END'\n${xml}\nEND`);
  const packet = await FirstPacket.listen(cable);
  const began = performance.now();
  await machine.sh(`virsh -q create ${file}`);
  const running = performance.now() - began;
  const marks = { running, packet: (await packet.time()) - began };
  const [, uuid = ""] = /<uuid>([^<]+)</.exec(xml) ?? [];
  await machine.sh(
    [
      `virsh -q destroy ${uuid}`,
      `ip link delete ${device} || true`,
      `ip link set ${cable.link} nomaster`,
      `ip link delete ${bridge}`,
    ].join("; "),
  );
  return marks;
}
