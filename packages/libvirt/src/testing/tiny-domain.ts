// Domains that start in a moment: no system, no network, and mostly paused.
import { randomUUID } from "node:crypto";

export interface TinyDomain {
  readonly name: string;
  readonly uuid: string;
  readonly xml: string;
}

export interface TinyDomainOptions {
  readonly memoryMib?: number;
  readonly vcpus?: string;
  /** Further elements in `<devices>`. */
  readonly devices?: string;
  /** Further elements in `<domain>`. */
  readonly elements?: string;
}

/** Software emulation of a PC without anything to boot. */
export function tinyDomain({ memoryMib = 32, vcpus, devices, elements }: TinyDomainOptions = {}): TinyDomain {
  const uuid = randomUUID();
  const name = `tiny-${uuid.slice(0, 8)}`;
  const xml = `<domain type='qemu'>
    <name>${name}</name>
    <uuid>${uuid}</uuid>
    <memory unit='MiB'>${memoryMib}</memory>
    ${vcpus ?? "<vcpu>1</vcpu>"}
    <os><type arch='x86_64' machine='pc'>hvm</type></os>
    <features><acpi/></features>
    ${elements ?? ""}
    <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>${devices ?? ""}</devices>
  </domain>`;
  return { name, uuid, xml };
}
