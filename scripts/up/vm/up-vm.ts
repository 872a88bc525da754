// The virtual machine of `make up VM=1` and `make up-vm`: prepares what it needs, brings it up until one can log in, shows it, and removes it.
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { guestDirectory } from "@cke/test-servers";
import { waitWhileProgress } from "../progress/progress-wait.ts";
import { CommandFailedError, command, say } from "../progress/stage.ts";
import { exampleVm, freeVmPrefix, vmName, vmUsage, vmUser } from "./example-vm.ts";
import { type BackgroundProcess, PrivateLibvirt } from "./private-libvirt.ts";
import { VmApi, vmLine } from "./vm-api.ts";

/** A guest whose console has said nothing new for this time, and that lets nobody in, will not. */
const guestSilenceMs = 30 * 60_000;
const deleteSilenceMs = 10 * 60_000;

export interface UpVmParts {
  /** URL of the scheduler. */
  readonly url: string;
  /** Why waiting for it is useless; "" while it is useful. */
  readonly lost: () => string;
  /** Directory of this example's own files; short, for paths of sockets have at most 107 bytes. */
  readonly state: string;
  /** Of the executables, and of the checkout. */
  readonly dist: string;
  readonly top: string;
  /** Makes the libvirt daemon a process that outlives this one; its pid is noted in the file. */
  readonly background: (pidFile: string) => BackgroundProcess;
}

export class UpVm {
  readonly #parts: UpVmParts;
  readonly #libvirt: PrivateLibvirt;
  readonly #data: string;
  readonly #key: string;
  readonly #passwordFile: string;

  constructor(parts: UpVmParts) {
    const { state, background } = parts;
    this.#parts = parts;
    const directory = join(state, "libvirt");
    this.#libvirt = new PrivateLibvirt(directory, background(join(directory, "libvirtd.pid")));
    this.#data = join(state, "vms");
    this.#key = join(state, "vm-key");
    this.#passwordFile = join(state, "vm-password");
  }

  /** Flags of a scheduler that has this daemon; none before the first VM. */
  flags(): readonly string[] {
    if (!this.#libvirt.known) return [];
    return [
      ...["-vm_libvirt_uri", this.#libvirt.uri, "-vm_log_path", this.#libvirt.guestLogs],
      ...["-vm_data_path", this.#data, "-vm_image_path", guestDirectory()],
    ];
  }

  /** Before the scheduler starts, for it is told of the daemon. One that was started before is started again also when it is not `wanted` now. */
  async startLibvirt(wanted: boolean): Promise<void> {
    if (!wanted && !this.#libvirt.known) return;
    mkdirSync(this.#parts.state, { recursive: true, mode: 0o700 });
    await this.#libvirt.start();
  }

  /** Creates the VM, or starts it again, and resolves when its user can log in. */
  async bringUp(): Promise<void> {
    const api = new VmApi(this.#parts.url);
    const now = await api.state(vmName);
    if (now === undefined) {
      const guest = (await command("scripts/guests/debian", [], { cwd: this.#parts.top, progress: true })).trim();
      await this.#makeCredentials();
      await api.create(
        exampleVm({
          guest: {
            kernel: join(guest, "vmlinuz"),
            initrd: join(guest, "initrd.img"),
            image: join(guest, "base.qcow2"),
          },
          prefix: freeVmPrefix(addressesHere()),
          publicKey: readFileSync(`${this.#key}.pub`, "utf8").trim(),
          password: readFileSync(this.#passwordFile, "utf8").trim(),
        }),
      );
      say(`virtual machine ${vmName} posted`);
    } else if (now.expect !== "RUN" || now.status === "finished") {
      say(`virtual machine ${vmName} is ${now.status}: it is started`);
      await api.start(vmName);
    } else say(`virtual machine ${vmName} is there already`);
    await waitWhileProgress({
      what: `${vmUser} to log in to ${vmName} (some minutes without KVM)`,
      look: async () => {
        const state = await api.state(vmName);
        if (state === undefined) throw new Error(`virtual machine ${vmName} was deleted meanwhile`);
        const words = [state.status, state.step, state.detail, state.status_reason]
          .filter((word) => word !== "")
          .join(", ");
        if (state.status !== "running") return { progress: words, words };
        if (await this.#letsIn(await api.address(vmName))) return { done: true };
        const said = await api.consoleLength(vmName);
        return { progress: `${words} ${said}`, words: `its guest boots (${said} bytes on its console)` };
      },
      lost: this.#parts.lost,
      silentMs: guestSilenceMs,
      tell: say,
      pollMs: 2_000,
    });
    say(`virtual machine ${vmName} is up`);
    console.log(vmUsage(this.#parts.url, await api.address(vmName), this.#key, this.#passwordFile));
  }

  /** A key pair and a password of this example. */
  async #makeCredentials(): Promise<void> {
    if (!existsSync(this.#key))
      await command("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "make-up", "-f", this.#key]);
    if (!existsSync(this.#passwordFile))
      writeFileSync(this.#passwordFile, `${randomBytes(9).toString("base64url")}\n`, { mode: 0o600 });
  }

  async #letsIn(address: string): Promise<boolean> {
    const options = ["BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "ConnectTimeout=20"];
    try {
      await command("ssh", [
        "-i",
        this.#key,
        ...options.flatMap((option) => ["-o", option]),
        `${vmUser}@${address}`,
        "true",
      ]);
      return true;
    } catch (error) {
      if (error instanceof CommandFailedError) return false;
      throw error;
    }
  }

  /** Lines of `make status`. */
  async status(): Promise<readonly string[]> {
    const api = new VmApi(this.#parts.url);
    const lines: string[] = [];
    for (const name of await api.names()) {
      const state = await api.state(name);
      if (state === undefined) continue;
      lines.push(vmLine(state));
      if (name === vmName && existsSync(this.#key))
        lines.push(vmUsage(this.#parts.url, await api.address(name), this.#key, this.#passwordFile));
    }
    return lines;
  }

  /** What runs without a scheduler; "" for nothing. */
  leftWords(): string {
    return this.#libvirt.pid() === undefined ? "" : `libvirtd of make up runs (pid ${this.#libvirt.pid()})`;
  }

  /** Deletes all VMs with their disks by the scheduler. Rejects when a delete does not end. */
  async deleteAll(): Promise<void> {
    const api = new VmApi(this.#parts.url);
    const names = await api.names();
    for (const name of names) {
      say(`deleting virtual machine ${name}`);
      await api.remove(name);
    }
    await waitWhileProgress({
      what: `${names.join(", ")} to be deleted`,
      look: async () => {
        const left = await api.names();
        return left.length === 0 ? { done: true } : { progress: left.join(), words: left.join(", ") };
      },
      lost: this.#parts.lost,
      silentMs: deleteSilenceMs,
      tell: say,
    });
  }

  /** After scheduler and executors have ended: removes what is left of VMs, and the daemon. */
  async removeLeftovers(): Promise<void> {
    if (!this.#libvirt.known) return;
    if (existsSync(join(this.#data, "vms"))) {
      await this.#libvirt.start();
      await command(join(this.#parts.dist, "exec/cke-vm-exec"), ["-cleanup", vmName], {
        environment: { CKE_LIBVIRT_URI: this.#libvirt.uri, CKE_VM_DIR: this.#data },
      }).catch((error) => say(`${error instanceof Error ? error.message : error}`));
    }
    await this.#libvirt.stop();
    rmSync(this.#data, { recursive: true, force: true });
  }
}

const addressesHere = () =>
  Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
