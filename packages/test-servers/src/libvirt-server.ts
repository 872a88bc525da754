// A private libvirt daemon for tests (Debian's libvirt-daemon-system and qemu-system-x86): its own directories, socket and guests.

import { randomUUID } from "node:crypto";
import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LibvirtNamespace } from "./libvirt-namespace.ts";
import { missingHere } from "./missing-here.ts";
import { privateDirectory, TestServer } from "./test-server.ts";

export interface LibvirtServerOptions {
  /** A network namespace of its own, with nothing but a loopback interface. Default: the test's. */
  readonly ownNetwork?: boolean;
  /**
   * The same, for guests with macvtap devices. The kernel has one /dev/tap<number of the link> for all network namespaces: with links of equal
   * numbers, an emulator would open the device of another namespace. So no two of these servers on a machine have links of equal numbers.
   */
  readonly ownTaps?: boolean;
  /**
   * Guests get control groups of their own, below the group `machine` of each hierarchy, as libvirt makes it. Default false: they stay in
   * the group of the test, and limits of processor and memory are refused.
   */
  readonly controlGroups?: boolean;
  /** Further lines of qemu.conf and libvirtd.conf. */
  readonly qemuConf?: readonly string[];
  readonly daemonConf?: readonly string[];
}

/** A program and the Debian package that has it. */
const needed: Readonly<Record<string, string>> = {
  libvirtd: "libvirt-daemon",
  "qemu-system-x86_64": "qemu-system-x86",
  "qemu-img": "qemu-utils",
};

/** What QEMU can do, as a daemon found out in 4 s of an earlier test: it is the same for all of this host. */
const capabilities = fileURLToPath(new URL("../../../node_modules/.cache/cke-libvirt", import.meta.url));

export class LibvirtServer extends TestServer {
  /** The daemon's UNIX socket. */
  readonly socketPath: string;
  /** UUID of the host that the daemon takes itself for. Daemons with different ones can migrate guests to each other. */
  readonly hostUuid: string;
  readonly #namespace: LibvirtNamespace;

  private constructor(directory: string, namespace: LibvirtNamespace, hostUuid: string) {
    const socketPath = join(directory, "run/libvirt-sock");
    super(directory, {
      argv: namespace.enter("libvirtd", "--pid-file", "/run/libvirt/libvirtd.pid"),
      ready: () => answers(socketPath),
    });
    this.socketPath = socketPath;
    this.hostUuid = hostUuid;
    this.#namespace = namespace;
  }

  /** What is missing on this machine, with the Debian packages that have it; undefined when tests can run. Throws in CI instead. */
  static missing(): string | undefined {
    return missingHere(LibvirtServer.#missing());
  }

  static #missing(): string | undefined {
    const missing = Object.entries(needed).filter(([program]) => !onPath(program));
    if (missing.length > 0)
      return `no ${missing.map(([program]) => program).join(", ")}: install ${missing.map(([, name]) => name).join(" ")}`;
    if (!existsSync("/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so"))
      return "libvirtd has no driver for QEMU: install libvirt-daemon-driver-qemu";
    if (process.getuid?.() !== 0) return "a private libvirt daemon needs root";
    return undefined;
  }

  static async start(options: LibvirtServerOptions = {}): Promise<LibvirtServer> {
    const missing = LibvirtServer.missing();
    if (missing !== undefined) throw new Error(missing);
    const directory = privateDirectory("libvirt");
    const hostUuid = randomUUID();
    const etc = join(directory, "etc");
    mkdirSync(etc);
    writeFileSync(
      join(etc, "qemu.conf"),
      lines(
        ['user = "root"', 'group = "root"', "dynamic_ownership = 0", "remember_owner = 0", 'security_driver = "none"'],
        ["namespaces = []", 'stdio_handler = "file"'],
        options.controlGroups ? [] : ["cgroup_controllers = []"],
        options.qemuConf ?? [],
      ),
    );
    writeFileSync(
      join(etc, "libvirtd.conf"),
      lines(
        ['unix_sock_rw_perms = "0700"', 'auth_unix_rw = "none"', `host_uuid = "${hostUuid}"`],
        options.daemonConf ?? [],
      ),
    );
    const namespace = await LibvirtNamespace.make(directory, {
      network: options.ownTaps === true ? "taps" : options.ownNetwork === true ? "own" : "host",
      groups: options.controlGroups ?? false,
    });
    const server = new LibvirtServer(directory, namespace, hostUuid);
    const known = join(directory, "cache/qemu/capabilities");
    if (existsSync(capabilities)) cpSync(capabilities, known, { recursive: true });
    await server.start();
    return server;
  }

  /** Path of its network namespace, for `nsenter --net=…`. */
  get networkNamespace(): string {
    return `/proc/${this.#namespace.pid}/ns/net`;
  }

  /** Logs of guests: `qemu/<name>.log` below it. */
  get logDirectory(): string {
    return join(this.directory, "log");
  }

  /** Processes of its guests, also of those that outlived a daemon. */
  guestPids(): readonly number[] {
    const own = `/proc/${this.#namespace.pid}/ns/mnt`;
    const namespace = readlinkSync(own);
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => {
        try {
          return (
            readlinkSync(`/proc/${pid}/ns/mnt`) === namespace &&
            readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("qemu-system")
          );
        } catch {
          return false; // it has ended
        }
      });
  }

  /** Command and arguments that run a program where the daemon runs. */
  enter(...argv: readonly string[]): [string, ...string[]] {
    return this.#namespace.enter(...argv);
  }

  /** Ends the daemon and its guests and removes the directory. */
  override async stop(): Promise<void> {
    await this.kill();
    this.#keepCapabilities();
    await this.#namespace.end();
  }

  #keepCapabilities(): void {
    const known = join(this.directory, "cache/qemu/capabilities");
    if (!existsSync(known) || readdirSync(known).length === 0 || existsSync(capabilities)) return;
    const draft = `${capabilities}.${process.pid}.${this.pid}`;
    cpSync(known, draft, { recursive: true });
    try {
      renameSync(draft, capabilities);
    } catch {
      rmSync(draft, { recursive: true, force: true }); // another test was faster
    }
  }
}

const lines = (...groups: readonly (readonly string[])[]) =>
  groups
    .flat()
    .map((line) => `${line}\n`)
    .join("");

function onPath(program: string): boolean {
  return `${process.env.PATH ?? ""}:/usr/sbin:/sbin`.split(":").some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** True when a daemon takes connections. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
