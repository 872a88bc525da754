// A host of virtual machines for tests, as a machine of its own: a mount and a network namespace with a libvirt daemon, and with a cable to
// this machine, on which the test, the Mesos master and the scheduler stand for everything outside. Agent and executors run in it. All
// that is made in it ends with it.
import { execFile } from "node:child_process";
import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { guestDirectory, LibvirtServer } from "@cke/test-servers";
import { command } from "../../../scripts/up/progress/stage.ts";

const run = promisify(execFile);

/** A link from this machine into the other one. */
export interface Cable {
  /** Its end in there. */
  readonly link: string;
  /** Its end on this machine. */
  readonly outsideLink: string;
  /** "10.a.b": the first three bytes of its /24. This machine is .1; the other end has no address by itself. */
  readonly prefix: string;
}

export interface Guest {
  readonly pid: number;
  /** Of the domain. */
  readonly name: string;
}

/** In there, directories of its own lie over these of the host. */
const privateDirectories = ["/run/cke", "/run/netns", "/run/openvswitch", "/mnt"];

/** Makes the kernel fill in the checksums of what it sends over a veth, as it does for a real card without that ability. */
const checksums = `
import fcntl, socket, struct, sys, array
wanted = array.array("B", struct.pack("II", 0x17, 0))
request = struct.pack("16sP", sys.argv[1].encode(), wanted.buffer_info()[0])
fcntl.ioctl(socket.socket(), 0x8946, request)
`;

export class VmMachine {
  readonly server: LibvirtServer;
  /** Of this machine, for the other one. */
  readonly outside: string;
  /** Of the other machine. */
  readonly address: string;
  /** For -vm_data_path. */
  readonly data = "/mnt";
  readonly #tag = randomInt(16 ** 5)
    .toString(16)
    .padStart(5, "0");
  readonly #first = [randomInt(130, 250), randomInt(0, 240)] as const;
  #cables = 0;

  private constructor(server: LibvirtServer) {
    this.server = server;
    const [high, low] = this.#first;
    this.outside = `10.${high}.${low}.1`;
    this.address = `10.${high}.${low}.2`;
  }

  /** Why there can be none here, with what to install; undefined when there can. */
  static missing(): string | undefined {
    return LibvirtServer.missing();
  }

  /** `dataMib`: space for disks of VMs, which can be filled without harm to the host. Without it they are in the temporary directory. */
  static async start({ dataMib }: { readonly dataMib?: number } = {}): Promise<VmMachine> {
    const machine = new VmMachine(await LibvirtServer.start({ ownTaps: true, controlGroups: true }));
    try {
      await machine.#furnish(dataMib);
      return machine;
    } catch (error) {
      await machine.stop();
      throw error;
    }
  }

  async #furnish(dataMib: number | undefined): Promise<void> {
    for (const directory of privateDirectories) {
      const own = join(this.server.directory, directory.replaceAll("/", "-"));
      await this.sh(`mkdir -p ${directory} ${own}; mount --bind ${own} ${directory}`);
    }
    if (dataMib !== undefined) await this.sh(`mount -t tmpfs -o size=${dataMib}m,mode=0755 tmpfs ${this.data}`);
    const { link } = await this.cable();
    await this.sh(
      `ip address add ${this.address}/24 dev ${link}; ip link set ${link} up; sysctl -qw net.ipv4.ip_forward=1`,
    );
  }

  get libvirtUri(): string {
    return `qemu:///system?socket=${this.server.socketPath}`;
  }

  /** The flags of a scheduler whose agent is in there. */
  get flags(): readonly string[] {
    return ["-vm_libvirt_uri", this.libvirtUri, "-vm_data_path", this.data, "-vm_image_path", guestDirectory()];
  }

  /** Command and arguments that run a program in there. */
  enter(...argv: readonly string[]): [string, ...string[]] {
    return this.server.enter(...argv);
  }

  /** Runs a line of words in there, and returns what it prints. virsh asks the daemon of this machine. */
  async sh(line: string): Promise<string> {
    const [program, ...args] = this.enter("sh", "-ec", line);
    const env = { ...process.env, LIBVIRT_DEFAULT_URI: this.libvirtUri };
    return (await run(program, args, { maxBuffer: 2 ** 24, env })).stdout;
  }

  /** Lays another cable, with a network of its own. */
  async cable(): Promise<Cable> {
    const number = this.#cables;
    this.#cables += 1;
    const [here, link] = [`ckh${this.#tag}${number}`, `ckg${this.#tag}${number}`];
    const [high, low] = this.#first;
    const prefix = `10.${high}.${low + number}`;
    await command("ip", ["link", "add", here, "type", "veth", "peer", "name", link, "netns", String(this.server.pid)]);
    await command("python3", ["-c", checksums, here]);
    await command("ip", ["address", "add", `${prefix}.1/24`, "dev", here]);
    await command("ip", ["link", "set", here, "up"]);
    return { link, outsideLink: here, prefix };
  }

  /** Starts an Open vSwitch in there, as it is where the kernel has no module for it. */
  async startOvs(): Promise<void> {
    const schema = "/usr/share/openvswitch/vswitch.ovsschema";
    await this.sh(
      [
        `ovsdb-tool create /run/openvswitch/conf.db ${schema}`,
        "ovsdb-server /run/openvswitch/conf.db --remote=punix:/run/openvswitch/db.sock --pidfile --detach --log-file=/run/openvswitch/db.log",
        "ovs-vsctl --timeout=60 --no-wait init",
        "ovs-vswitchd --pidfile --detach --log-file=/run/openvswitch/switch.log",
      ].join("; "),
    );
  }

  /** Emulators that run a guest. The daemon starts others for a moment to see what they can. */
  guests(): readonly Guest[] {
    return this.server.guestPids().flatMap((pid) => {
      try {
        const [, name] = /\0guest=([^,\0]+)/.exec(readFileSync(`/proc/${pid}/cmdline`, "utf8")) ?? [];
        return name === undefined ? [] : [{ pid, name }];
      } catch {
        return []; // it has ended
      }
    });
  }

  /** All that a VM may leave: links, namespaces, rules, ports of switches, domains, directories, control groups, emulators. */
  async listing(): Promise<readonly string[]> {
    const text = await this.sh(`
      ip -o link | sed 's/^[0-9]*: \\([^:@]*\\).*/link \\1/'
      ls /run/netns | sed 's/^/namespace /'
      iptables -w -S | sed 's/^/rule /'
      nft list tables | sed 's/^/rules /'
      if [ -e /run/openvswitch/db.sock ]; then
        for bridge in $(ovs-vsctl list-br); do echo "switch $bridge"; ovs-vsctl list-ports "$bridge" | sed 's/^/port /'; done
        ovs-vsctl --bare --columns=_uuid list qos | sed 's/^/shaping /'
      fi
      virsh -q list --all --name | sed '/^$/d; s/^/domain /'
      for directory in ${this.data}/vms /run/cke/vm /var/lib/libvirt/swtpm /var/lib/libvirt/qemu/nvram; do
        if [ -d "$directory" ]; then ls -A "$directory" | sed "s|^|file $directory/|"; fi
      done`);
    // The daemon makes control groups in the hierarchies of the whole host, so only those of its own guests count.
    for (const { name } of this.guests()) this.#domains.add(name);
    const groups = await this.sh("find /sys/fs/cgroup -type d -name '*qemu-*' 2>/dev/null || true");
    return [
      ...text.trim().split("\n"),
      ...this.guests().map(({ name }) => `emulator ${name}`),
      ...groups.split("\n").filter((path) => [...this.#domains].some((name) => path.includes(name))),
    ].sort();
  }

  /** Domains that were ever seen to run. */
  readonly #domains = new Set<string>();

  async stop(): Promise<void> {
    await this.server.stop();
  }
}
