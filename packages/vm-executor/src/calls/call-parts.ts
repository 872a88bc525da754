// What a call into a VM that runs is answered with.
import { CkeError, type Clock } from "@cke/foundation";
import type { DomainRef } from "@cke/libvirt";
import type { VirtualMachine } from "../guest/virtual-machine.ts";
import { hasLeft } from "../host/move-notes.ts";
import type { VmHost } from "../host/vm-host.ts";
import type { Hypervisor } from "../hypervisor/hypervisor.ts";
import type { Disks } from "../ports/disks.ts";
import type { VmPlace } from "../ports/vm-place.ts";

export interface CalledVm {
  readonly machine: Pick<
    VirtualMachine,
    "guest" | "hypervisor" | "signal" | "whileHeld" | "stopped" | "expectShutdown"
  >;
  readonly place: VmPlace;
  readonly parts: {
    readonly disks: Pick<Disks, "locate">;
    readonly host: Pick<VmHost, "revertDisks" | "readNote" | "writeNote">;
  };
}

export interface CallParts {
  readonly vm: CalledVm;
  readonly hypervisor: Hypervisor;
  readonly domain: DomainRef;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Throws CkeError `unavailable` while no guest runs. */
export function callParts(vm: CalledVm | undefined, clock: Clock, signal: AbortSignal): CallParts {
  const hypervisor = vm?.machine.hypervisor;
  const domain = vm?.machine.guest?.domain;
  if (vm === undefined || hypervisor === undefined || domain === undefined)
    throw new CkeError(
      "unavailable",
      "the virtual machine's guest does not run; the state of the virtual machine says why",
    );
  return { vm, hypervisor, domain, clock, signal };
}

/** Throws CkeError `guest_away` while another host has the guest, or may have it: what stands still here must not go on. */
export async function mustBeHere({ place, parts }: Pick<CalledVm, "place" | "parts">): Promise<void> {
  if (await hasLeft(parts.host, place))
    throw new CkeError(
      "guest_away",
      "the guest was handed to another host, or may have been: its move finds out where it runs; GET …/state shows how far it is",
    );
}
