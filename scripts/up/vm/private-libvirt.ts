// The libvirt daemon of `make up VM=1`: its own directories lie over those of the system, so it meets no other daemon of this host, and no
// domain of others. Guests outlive it; a later daemon finds them again.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { waitWhileProgress } from "../progress/progress-wait.ts";
import { say } from "../progress/stage.ts";

/** libvirt's fixed directories, by the name of the private one that lies over each. */
const directories = {
  run: "/run/libvirt",
  lib: "/var/lib/libvirt",
  cache: "/var/cache/libvirt",
  log: "/var/log/libvirt",
  etc: "/etc/libvirt",
} as const;

/** Guests are processes of root, for their files are in a directory of root: the example is for one person on one machine. */
const qemuConf = `user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
stdio_handler = "file"
`;
const daemonConf = `unix_sock_rw_perms = "0700"
auth_unix_rw = "none"
`;

/** A daemon that answers nothing for this time will not. */
const silenceMs = 300_000;
const graceMs = 60_000;

/** A process that outlives the command that started it. */
export interface BackgroundProcess {
  /** While it runs. */
  pid(): number | undefined;
  /** Its output is appended to `log`. Returns its pid. */
  start(program: string, args: readonly string[], log: string): number;
  stop(graceMs: number, tell: (line: string) => void): Promise<void>;
}

export class PrivateLibvirt {
  readonly #directory: string;
  readonly #daemon: BackgroundProcess;

  /** `directory`: short, for paths of sockets have at most 107 bytes. */
  constructor(directory: string, daemon: BackgroundProcess) {
    this.#directory = directory;
    this.#daemon = daemon;
  }

  get uri(): string {
    return `qemu:///system?socket=${this.#socket}`;
  }

  /** Where it writes what QEMU says, as everything outside of its mount namespace sees it. */
  get guestLogs(): string {
    return join(this.#directory, "log/qemu");
  }

  get #socket(): string {
    return join(this.#directory, "run/libvirt-sock");
  }

  get #log(): string {
    return join(this.#directory, "libvirtd.log");
  }

  pid(): number | undefined {
    return this.#daemon.pid();
  }

  /** Resolves when it answers; at once when it runs. */
  async start(): Promise<void> {
    if (this.#daemon.pid() === undefined) {
      for (const name of Object.keys(directories))
        mkdirSync(join(this.#directory, name), { recursive: true, mode: 0o700 });
      writeFileSync(join(this.#directory, "etc/qemu.conf"), qemuConf);
      writeFileSync(join(this.#directory, "etc/libvirtd.conf"), daemonConf);
      const binds = Object.entries(directories).map(
        ([name, path]) => `mkdir -p ${path}; mount --bind "$1/${name}" ${path}`,
      );
      const script = `set -e; ${binds.join("; ")}; exec libvirtd --pid-file /run/libvirt/libvirtd.pid`;
      const pid = this.#daemon.start("unshare", ["--mount", "sh", "-c", script, "sh", this.#directory], this.#log);
      say(`libvirtd started (pid ${pid}, log ${this.#log})`);
    }
    await waitWhileProgress({
      what: "libvirtd to answer",
      look: async () => ((await answers(this.#socket)) ? { done: true } : { progress: "", words: "" }),
      lost: () => (this.#daemon.pid() === undefined ? `libvirtd has ended; its log is ${this.#log}` : ""),
      silentMs: silenceMs,
      tell: say,
      pollMs: 100,
    });
  }

  /** Ends it, and guests that it still has. */
  async stop(): Promise<void> {
    await this.#daemon.stop(graceMs, say);
    for (const pid of this.#emulators()) {
      say(`ending a guest that was left (pid ${pid})`);
      try {
        process.kill(pid, "SIGKILL");
      } catch {} // it has ended meanwhile
    }
  }

  /** It was started, and not removed since. */
  get known(): boolean {
    return existsSync(join(this.#directory, "etc/qemu.conf"));
  }

  /** Emulators of its guests, also when it does not run: libvirt notes the pid of each. */
  #emulators(): readonly number[] {
    const notes = join(this.#directory, "run/qemu");
    if (!existsSync(notes)) return [];
    return readdirSync(notes)
      .filter((name) => name.endsWith(".pid"))
      .map((name) => Number(readFileSync(join(notes, name), "utf8")))
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("qemu-system");
        } catch {
          return false; // it has ended
        }
      });
  }
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
