// What is known of a VM while its executor runs: shared by what launches it, watches it and changes it.

import type { DomainMetadata } from "../domain/metadata.ts";
import type { RunningGuest } from "../domain/running-guest.ts";
import type { HostAbilities } from "../host/host-abilities.ts";
import type { HeldLock } from "../host/vm-host.ts";
import type { Hypervisor } from "../hypervisor/hypervisor.ts";
import { noFacts, type VmFacts } from "../reports/vm-report.ts";
import type { Domain } from "./domain.ts";

/** The host, once its daemon has answered. */
export interface OpenedHost {
  readonly hypervisor: Hypervisor;
  readonly domain: Domain;
  readonly abilities: HostAbilities;
}

export class MachineRecord {
  facts: VmFacts = noFacts;
  opened: OpenedHost | undefined;
  /** While the host is opened. */
  opening: Promise<OpenedHost> | undefined;
  lock: HeldLock | undefined;
  /** While a guest runs. */
  guest: RunningGuest | undefined;
  /** Of the guest that ran last in this process. */
  previous: DomainMetadata | undefined;
  /** Its process; undefined when it is not known. */
  pid: number | undefined;
  /** An operator has asked the guest to shut down: its end is one, whatever the policy. */
  shutdownAsked = false;

  change(facts: Partial<VmFacts>): void {
    this.facts = { ...this.facts, ...facts };
  }

  /** False when this is known already. */
  warn(words: string): boolean {
    if (words === "" || this.facts.warnings.includes(words)) return false;
    this.change({ warnings: [...this.facts.warnings, words] });
    return true;
  }

  began(guest: RunningGuest): void {
    this.guest = guest;
    this.previous = guest.metadata;
  }

  /** Another executor may have the VM. */
  async unlock(): Promise<void> {
    const { lock } = this;
    this.lock = undefined;
    await lock?.release();
  }

  over(): void {
    this.guest = undefined;
    this.pid = undefined;
  }
}
