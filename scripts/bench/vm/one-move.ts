// One VM that moves between two machines twice: by CKE, and by `virsh migrate` of the domain that CKE has made, between the same daemons. How
// long it does not answer is seen from outside.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { tinyVm } from "../../../test/e2e/virtual-machines/tiny-vm.ts";
import { VmClient } from "../../../test/e2e/virtual-machines/vm-client.ts";
import type { VmMachine } from "../../../test/e2e/virtual-machines/vm-machine.ts";
import type { VmMachines } from "../../../test/e2e/virtual-machines/vm-machines.ts";

export interface Moved {
  /** The longest time without an answer, ms. */
  readonly silentMs: number;
  /** From the request until the guest runs on its new host, and nothing is left to do, ms. */
  readonly wholeMs: number;
}

const bridge = "vmmovebench";

/** Asks every 10 ms; for each line that comes it prints the longest time without an answer since the line before, in ms. */
const asker = `
import os, select, socket, struct, sys, time
wire = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
wire.connect((sys.argv[1], 0))
mark = os.getpid() & 0xffff
def question(number):
    words = [0x0800, mark, number & 0xffff]
    total = sum(words)
    total = (total & 0xffff) + (total >> 16)
    total += total >> 16
    return struct.pack("!HHHH", words[0], ~total & 0xffff, words[1], words[2])
number, due, longest, last = 0, 0.0, 0.0, time.monotonic()
while True:
    now = time.monotonic()
    if now >= due:
        try: wire.send(question(number))
        except OSError: pass
        number, due = number + 1, now + 0.01
    ready, _, _ = select.select([wire, sys.stdin], [], [], max(0, due - now))
    now = time.monotonic()
    if wire in ready:
        packet = wire.recv(2048)
        at = (packet[0] & 15) * 4
        if packet[at] == 0 and struct.unpack("!H", packet[at + 4:at + 6])[0] == mark:
            longest, last = max(longest, now - last), now
    if sys.stdin in ready:
        if not sys.stdin.readline(): break
        print(round(max(longest, now - last) * 1000, 1), flush=True)
        longest = 0.0
`;

class Answers {
  readonly #child: ChildProcess;
  readonly #lines: Interface;

  private constructor(child: ChildProcess, lines: Interface) {
    this.#child = child;
    this.#lines = lines;
  }

  static ask(address: string): Answers {
    const child = spawn("python3", ["-uc", asker, address], { stdio: ["pipe", "pipe", "inherit"] });
    return new Answers(child, createInterface(child.stdout));
  }

  /** Since this was read last. */
  async silentMs(): Promise<number> {
    const line = once(this.#lines, "line");
    this.#child.stdin?.write("\n");
    const [text] = await line;
    return Number(text);
  }

  /** Resolves when it answers all the time, to the longest time without an answer until then. */
  async steady(): Promise<number> {
    let longest = await this.silentMs();
    for (;;) {
      await delay(1_000);
      const last = await this.silentMs();
      longest = Math.max(longest, last);
      if (last < 500) return longest;
    }
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }
}

/** `name`: of the VM. It is there for this measurement alone. */
export async function measureMoves(
  machines: VmMachines,
  name: string,
): Promise<{ readonly cke: Moved; readonly virsh: Moved }> {
  const { prefix, uplink } = machines.network;
  const ip = `${prefix}.9`;
  const vm = new VmClient(machines.deployment, name);
  const network = { name: bridge, type: "bridge", uplink, ip: `${ip}/24` };
  await vm.create(await tinyVm({ disk: { system: { size: 16 } }, network }, `cke.ip=${ip}/24`));
  await vm.until("running");
  await vm.booted(1);
  const answers = Answers.ask(ip);
  try {
    await answers.steady();
    const began = performance.now();
    await vm.does("POST", "migrate", { live: true });
    const changes = async () => JSON.parse(await vm.text("state")).plan.changes.length;
    while ((await changes()) > 0) await delay(100);
    const wholeMs = performance.now() - began;
    const cke = { silentMs: await answers.steady(), wholeMs };
    const [from, to] = machines.ran()[0] === 1 ? machines.both : [machines.second, machines.first];
    const { uuid = "" } = (await vm.state()) ?? {};
    const xml = await from.sh(`virsh dumpxml --inactive ${uuid}`);
    await vm.does("POST", "stop");
    await vm.until("stopped");
    const virsh = await moveByVirsh(from, to, { xml, uuid, uplink }, answers);
    await vm.remove();
    return { cke, virsh };
  } finally {
    answers.stop();
  }
}

interface MovedDomain {
  readonly xml: string;
  readonly uuid: string;
  readonly uplink: string;
}

/** What CKE prepares for it on both hosts, networks and files, is there before. */
async function moveByVirsh(
  from: VmMachine,
  to: VmMachine,
  { xml, uuid, uplink }: MovedDomain,
  answers: Answers,
): Promise<Moved> {
  const [, device] = /<target dev=['"](ckt\w+)['"]/.exec(xml) ?? [];
  if (device === undefined) throw new Error(`the domain has no tap:\n${xml}`);
  const sockets = [...xml.matchAll(/path=['"](\/run\/[^'"]+)\/[^/'"]+['"]/g)].map(([, directory = ""]) => directory);
  const files = (machine: VmMachine) => `${machine.server.directory}/${machine.data.replaceAll("/", "-")}`;
  await from.sh(`cp -a ${files(from)}/. ${files(to)}/`);
  for (const machine of [from, to])
    await machine.sh(
      [
        `mkdir -p ${[...new Set(sockets)].join(" ")} /tmp`,
        `ip link add ${bridge} type bridge stp_state 0 forward_delay 0`,
        `ip link set ${bridge} up`,
        `ip link set ${uplink} master ${bridge}`,
        `ip tuntap add dev ${device} mode tap`,
        `ip link set ${device} master ${bridge} up`,
      ].join("; "),
    );
  const file = `${from.server.directory}/move.xml`;
  await from.sh(`cat >${file} <<'END'\n${xml}\nEND`);
  await from.sh(`virsh -q create ${file}`);
  await answers.steady();
  const began = performance.now();
  const sockety = (what: string) => `unix://${from.server.directory}/${what}.sock`;
  await from.sh(
    `virsh -q migrate --live --copy-storage-inc --auto-converge --migrateuri ${sockety("m")} --disks-uri ${sockety("d")} ${uuid} '${to.libvirtUri}'`,
  );
  const wholeMs = performance.now() - began;
  const silentMs = await answers.steady();
  await to.sh(`virsh -q destroy ${uuid}; rm -rf ${files(to)}/vms/${uuid}`);
  for (const machine of [from, to])
    await machine.sh(`ip link delete ${device} || true; ip link set ${uplink} nomaster; ip link delete ${bridge}`);
  return { silentMs, wholeMs };
}
