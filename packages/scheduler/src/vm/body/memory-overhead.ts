// Memory that the emulator takes beside the guest's. Mesos accounts for it, and the limit of the VM contains it.

/** QEMU with its libraries, devices and buffers, measured with a small guest. */
const baseMib = 128;
/** Stacks and state of each virtual CPU. */
const perCpuMib = 8;
/** Page tables and the like: one byte of 512. */
const pageShare = 512;
const vncMib = 16;
/** Of it is what the emulator needs itself; the executor gives the other third to translated code where a host has no KVM. */
const emulatorShare = 2 / 3;

/** `memMib`, `cpus`: the most that the guest may have. A whole number of MiB. */
export function memoryOverheadMib({
  memMib,
  cpus,
  vnc,
}: {
  readonly memMib: number;
  readonly cpus: number;
  readonly vnc: boolean;
}): number {
  const emulator = baseMib + perCpuMib * cpus + Math.ceil(memMib / pageShare) + (vnc ? vncMib : 0);
  // Which host it will be is not known yet.
  return Math.ceil(emulator / emulatorShare);
}
