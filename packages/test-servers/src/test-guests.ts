// Guests for tests of virtual machines, made of Debian's packages by scripts/guests and kept in the cache of this machine.
import { execFile } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** For any of the guests. A starved emulator's timer is late, and a kernel that checks it panics. */
export const guestCommandLine = "console=ttyS0 quiet no_timer_check";

/** Directory of all that scripts/guests has made, for -vm_image_path. */
export const guestDirectory = (): string =>
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "cke", "guests");

/** Boots in seconds from its kernel, without a disk. What it says and understands is in scripts/guests/tiny.d/init. */
export interface TinyGuest {
  readonly kernel: string;
  readonly initrd: string;
  /** The same with QEMU's guest agent, see scripts/guests/tiny.d/agent. It takes a second more to boot. */
  readonly agentInitrd: string;
  /** The guest's own, which runs on this machine too: a server of DHCP, for example. */
  readonly busybox: string;
}

/** Debian with cloud-init on a disk; it boots from its kernel with `root=/dev/vda`. */
export interface DebianGuest extends Pick<TinyGuest, "kernel" | "initrd"> {
  /** qcow2; the guest makes its file system as large as the disk. */
  readonly image: string;
}

/** Seconds the first time, on a machine that must download the packages. */
export async function tinyGuest(): Promise<TinyGuest> {
  const directory = await build("tiny");
  const file = (name: string) => join(directory, name);
  return {
    kernel: file("vmlinuz"),
    initrd: file("initrd.gz"),
    agentInitrd: file("initrd-agent.gz"),
    busybox: file("busybox"),
  };
}

/** Some minutes the first time. */
export async function debianGuest(): Promise<DebianGuest> {
  const directory = await build("debian");
  const file = (name: string) => join(directory, name);
  return { kernel: file("vmlinuz"), initrd: file("initrd.img"), image: file("base.qcow2") };
}

async function build(name: "tiny" | "debian"): Promise<string> {
  const script = fileURLToPath(new URL(`../../../scripts/guests/${name}`, import.meta.url));
  const { stdout } = await promisify(execFile)(script, { timeout: 3_600_000 });
  return stdout.trim();
}
