// The processes of guests, found by the uuid on their command line: for when libvirt cannot say or do it.
import { constants } from "node:fs";
import { open, readdir, readFile, readlink } from "node:fs/promises";
import { CkeError, type Clock, messageOf } from "@cke/foundation";

const termMs = 5_000;
const killMs = 30_000;
const pollMs = 100;

/** True for the command line (separated by NUL) of a QEMU with that uuid. Pure. */
export function isGuest(commandLine: string, uuid: string): boolean {
  const words = commandLine.split("\0");
  return words.some((word, index) => word === "-uuid" && words[index + 1] === uuid);
}

/** Undefined when there is none. */
export async function findGuest(uuid: string): Promise<number | undefined> {
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    // Reading the command line of every process is dear: most are no QEMU.
    const program = await readFile(`/proc/${name}/comm`, "utf8").catch(() => "");
    if (!/^(qemu|kvm)/.test(program)) continue;
    const line = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "");
    if (isGuest(line, uuid)) return Number(name);
  }
  return undefined;
}

/** SIGTERM, then SIGKILL. Throws CkeError `guest_unkillable`. */
export async function killGuest(uuid: string, clock: Clock): Promise<void> {
  const begun = clock.monotonic();
  for (;;) {
    const pid = await findGuest(uuid);
    const spent = clock.monotonic() - begun;
    if (pid === undefined || !(await runs(pid))) return;
    if (spent > killMs)
      throw new CkeError(
        "guest_unkillable",
        `the guest's process ${pid} does not end, not even by SIGKILL: look at its storage`,
      );
    try {
      process.kill(pid, spent > termMs ? "SIGKILL" : "SIGTERM");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ESRCH") return;
      throw new CkeError("guest_unkillable", `the guest's process ${pid} cannot be ended: ${messageOf(error)}`);
    }
    await clock.sleep(pollMs);
  }
}

/** False for one that has ended and waits for its parent. */
async function runs(pid: number): Promise<boolean> {
  return await readlink(`/proc/${pid}/exe`).then(
    () => true,
    () => false,
  );
}

/** True when lines of the kernel's log say that it killed this process for want of memory. Pure. */
export function killedForMemory(log: string, pid: number): boolean {
  return new RegExp(`(out of memory|oom).*kill(ed)? process ${pid} |oom-kill:.*\\bpid=${pid}\\b`, "i").test(log);
}

const logBytes = 1 << 20;

/** The kernel's log; "" when this process may not read it. */
export async function kernelLog(): Promise<string> {
  try {
    const file = await open("/dev/kmsg", constants.O_RDONLY | constants.O_NONBLOCK);
    const lines: string[] = [];
    const record = Buffer.alloc(8_192);
    try {
      // One record for each read; the end of them is EAGAIN.
      for (let size = 0; size < logBytes; ) {
        const { bytesRead } = await file.read(record, 0, record.length);
        if (bytesRead === 0) break;
        size += bytesRead;
        lines.push(record.toString("utf8", 0, bytesRead));
        if (lines.length > 5_000) lines.shift();
      }
    } catch {
      // There are no more.
    } finally {
      await file.close();
    }
    return lines.join("");
  } catch {
    return "";
  }
}
