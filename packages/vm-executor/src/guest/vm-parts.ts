// The parts that a virtual machine is run with, and what it tells.
import type { Clock, Logger } from "@cke/foundation";
import type { VmTask } from "@cke/protocol";
import type { VmHost } from "../host/vm-host.ts";
import type { HypervisorLink } from "../hypervisor/hypervisor-link.ts";
import type { Account } from "../limits/accounted-resources.ts";
import type { Disks } from "../ports/disks.ts";
import type { Networks } from "../ports/networks.ts";
import type { Seeds } from "../ports/seed.ts";
import type { VmPlace } from "../ports/vm-place.ts";
import type { LaunchStep } from "../reports/launch-step.ts";
import type { VmFailure } from "./vm-failure.ts";

export interface VmParts {
  readonly link: HypervisorLink;
  readonly host: VmHost;
  readonly disks: Disks;
  readonly seeds: Seeds;
  readonly networks: Networks;
  /** Secrets of the unit by name, from the scheduler. */
  readonly fetchSecrets: (names: readonly string[], signal: AbortSignal) => Promise<ReadonlyMap<string, Uint8Array>>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A line for the VM's log at the scheduler. */
  readonly tell: (level: "error" | "warning" | "info", words: string) => void;
}

/** Whose the VM is, and what it is. */
export interface VmIdentityParts {
  readonly task: VmTask;
  readonly place: VmPlace;
  readonly executorId: string;
  /** What Mesos accounts for the task. */
  readonly account: Account;
}

export interface VmListener {
  progress(step: LaunchStep, detail: string): void;
  /** A guest runs: it was started, started again or adopted, as the words say. */
  began(words: string): void;
  /** The guest runs, or will again soon. `cause`: a word for programs, "" when all is well. */
  running(healthy: boolean, words: string, cause: string): void;
  /** The facts have changed. */
  changed(): void;
  /** It has ended by itself: its guest shut down, or it failed. Nothing of it runs. */
  over(failure: VmFailure | undefined, words: string): void;
}
