// Where one virtual machine has what is its own on this host.

export interface VmPlace {
  /** Its name: for messages, and for names that an operator reads. */
  readonly vm: string;
  /** Of its domain. The same for every launch of one instance, so what is derived of it is found again. */
  readonly uuid: string;
  /** Label cke.instance. */
  readonly instance: string;
  /**
   * What CKE makes for this VM and keeps: disks, seed, firmware's variables. Removed only when that is ordered. Mode 0711:
   * QEMU's own user gets through it to its disks, and every file protects itself. */
  readonly directory: string;
  /** Sockets of what runs: VNC, serial console, guest agent. It may be gone after a restart of the host. */
  readonly runDirectory: string;
}

/** Steps of a launch that a port takes. */
export type PreparingStep = "images" | "disks" | "network" | "seed";

/** How a port's work is followed and ended. */
export interface PortWork {
  /** Aborted when the launch is given up; its reason is thrown. */
  readonly signal: AbortSignal;
  /** Words for an operator: "downloading 120/300 MB". May be called often: what is reported is bounded in time. */
  readonly progress: (step: PreparingStep, detail: string) => void;
  /** What an operator should know though it works: it stands in the VM's report for as long as the VM runs. */
  readonly warn: (words: string) => void;
}
