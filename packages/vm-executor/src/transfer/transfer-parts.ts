// What an executor that moves disks works with.
import type { Clock, Logger } from "@cke/foundation";
import type { VirtualMachine } from "../guest/virtual-machine.ts";
import type { VmIdentity } from "../host/vm-host.ts";
import type { VmPlace } from "../ports/vm-place.ts";
import type { VmReporter } from "../reports/vm-reporter.ts";
import type { RemovalParts } from "../shutdown/vm-removal.ts";

/** VmTask.part: which end of a move this executor is. */
export const transferParts = ["source", "destination"] as const;
export type TransferPart = (typeof transferParts)[number];

export const isTransferPart = (part: string): part is TransferPart => transferParts.some((one) => one === part);

/** A guest that comes while it runs, as a destination knows of it. */
export interface IncomingGuest {
  /** True when the guest is this host's; it settles what an attempt that was cut has left. Throws CkeError while that is not known. */
  arrived(): Promise<boolean>;
  /** True when it is noted that the guest is this host's. Asks nobody. */
  hasCome(): Promise<boolean>;
  /** True when an emulator may have been prepared for it here. */
  wasExpected(): Promise<boolean>;
  /** True when it may be here, with an emulator that was prepared for it or as this host's. */
  mayBeHere(): Promise<boolean>;
  /** Ends what goes on. A guest that has arrived runs on. */
  letGo(): Promise<void>;
}

export interface TransferParts {
  readonly part: TransferPart;
  /** Of a destination. */
  readonly incoming?: IncomingGuest;
  readonly taskId: string;
  readonly executorId: string;
  /** Never started: it knows the VM's domain and its lock. */
  readonly machine: VirtualMachine;
  readonly place: VmPlace;
  readonly identity: VmIdentity;
  readonly removal: RemovalParts;
  readonly reporter: Pick<VmReporter, "running">;
  readonly clock: Clock;
  readonly logger: Logger;
}
