// What this host has for virtual machines, looked at before each launch.
import { constants } from "node:fs";
import { access, open, readFile } from "node:fs/promises";
import { CkeError } from "@cke/foundation";
import type { VmDefinition } from "@cke/protocol";
import type { Hypervisor } from "../hypervisor/hypervisor.ts";
import { type Acceleration, chooseAcceleration } from "./acceleration.ts";

export interface HostAbilities {
  readonly acceleration: Acceleration;
  /** The host has cgroup v2 alone, whose processor shares have another scale. */
  readonly weights: boolean;
  /** User and group of QEMU, as libvirt's DAC driver has them; undefined when it has none. */
  readonly qemuOwner: { readonly uid: number; readonly gid: number } | undefined;
}

/** Throws CkeError `qemu_missing`. */
export async function lookAtHost(hypervisor: Pick<Hypervisor, "host">, signal: AbortSignal): Promise<HostAbilities> {
  const { number } = await hypervisor.host.hypervisorVersion({ signal });
  if (number === 0)
    throw new CkeError(
      "qemu_missing",
      "libvirt finds no QEMU on this host: install it (Debian: apt-get install qemu-system-x86)",
    );
  const capabilities = await hypervisor.host.capabilities({ signal });
  return {
    acceleration: chooseAcceleration({
      kvmDevice: await kvmDevice(),
      architecture: process.arch,
      cpuInfo: await readFile("/proc/cpuinfo", "utf8").catch(() => ""),
      libvirtKnowsKvm: /<domain type=['"]kvm['"]/.test(capabilities),
    }),
    weights: await exists("/sys/fs/cgroup/cgroup.controllers"),
    qemuOwner: qemuOwner(capabilities),
  };
}

/** Of libvirt's capabilities. Pure. */
export function qemuOwner(capabilities: string): HostAbilities["qemuOwner"] {
  const [, dac = ""] = /<secmodel>\s*<model>dac<\/model>(.*?)<\/secmodel>/s.exec(capabilities) ?? [];
  const [, uid, gid] = /<baselabel[^>]*>\+(\d{1,10}):\+(\d{1,10})<\/baselabel>/.exec(dac) ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

/** Code and template of variables, by distribution. */
const firmwares: readonly (readonly [code: string, template: string])[] = [
  ["/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"],
  ["/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"],
  ["/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"],
  ["/usr/share/qemu/ovmf-x86_64-4m-code.bin", "/usr/share/qemu/ovmf-x86_64-4m-vars.bin"],
];
const armFirmwares: typeof firmwares = [
  ["/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_VARS.fd"],
  ["/usr/share/edk2/aarch64/QEMU_EFI-pflash.raw", "/usr/share/edk2/aarch64/vars-template-pflash.raw"],
];

/** Files of the UEFI firmware; undefined for a BIOS. Throws CkeError `firmware_missing`, which says what to install. */
export async function findFirmware({
  boot,
}: VmDefinition): Promise<{ readonly code: string; readonly template: string } | undefined> {
  if (boot?.firmware !== "uefi") return undefined;
  const arm = process.arch === "arm64";
  for (const [code, template] of arm ? armFirmwares : firmwares)
    if ((await exists(code)) && (await exists(template))) return { code, template };
  const name = arm ? "qemu-efi-aarch64" : "ovmf";
  throw new CkeError(
    "firmware_missing",
    `there is no UEFI firmware on this host: install it (Debian: apt-get install ${name}), or let the VM boot with firmware bios`,
  );
}

const swtpm = ["/usr/bin/swtpm", "/usr/local/bin/swtpm"];

/** Throws CkeError `tpm_missing` when a TPM is asked for and no program for it is here. */
export async function checkTpm({ devices }: VmDefinition): Promise<void> {
  if (devices?.tpm !== true) return;
  for (const path of swtpm) if (await exists(path)) return;
  throw new CkeError(
    "tpm_missing",
    "there is no swtpm on this host: install it (Debian: apt-get install swtpm swtpm-tools), or leave devices.tpm out",
  );
}

async function kvmDevice(): Promise<"usable" | "missing" | "denied"> {
  if (!(await exists("/dev/kvm"))) return "missing";
  try {
    await (await open("/dev/kvm", constants.O_RDWR)).close();
    return "usable";
  } catch {
    return "denied";
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
