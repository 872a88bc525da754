// What a guest that runs has now: sizes of its disks, addresses of its NICs, whether its agent answers.
import { type Clock, messageOf } from "@cke/foundation";
import type { GuestInterface } from "@cke/libvirt";
import type { VmReportDiskInit, VmReportNicInit } from "@cke/protocol";
import type { RunningGuest } from "../domain/running-guest.ts";
import type { Hypervisor } from "../hypervisor/hypervisor.ts";
import { agentDeadlineMs, within } from "../hypervisor/with-deadline.ts";
import type { Disks } from "../ports/disks.ts";
import type { Networks } from "../ports/networks.ts";
import type { VmPlace } from "../ports/vm-place.ts";
import type { VmFacts } from "../reports/vm-report.ts";

export interface FactParts {
  readonly hypervisor: Pick<Hypervisor, "guest">;
  readonly disks: Disks;
  readonly networks: Networks;
  readonly place: VmPlace;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export type MeasuredFacts = Pick<VmFacts, "nics" | "disks" | "ip" | "guestAgent">;

const mostAddresses = 8;

/** Never throws: what cannot be measured is left out, or its problem is told beside it. */
export async function measureGuest(guest: RunningGuest, parts: FactParts): Promise<MeasuredFacts> {
  const { definition } = guest.metadata;
  const inside = definition.devices?.agent === true ? await askAgent(guest, parts) : undefined;
  const nics: VmReportNicInit[] = [];
  for (const nic of definition.nics) {
    const { mac, device } = parts.networks.locate(nic, parts.place);
    const told = inside?.filter((one) => one.mac?.toLowerCase() === mac).flatMap(({ addresses }) => addresses) ?? [];
    const known = told.length > 0 ? told.map(({ address }) => address) : await knownAddresses(nic, parts);
    const given = nic.ip === "" ? [] : [withoutPrefix(nic.ip)];
    nics.push({ name: nic.name, mac, device, addresses: [...new Set([...given, ...known])].slice(0, mostAddresses) });
  }
  const disks: VmReportDiskInit[] = [];
  for (const disk of definition.disks) {
    const prepared = parts.disks.locate(disk, parts.place);
    if (prepared.path === "") continue;
    const facts = await parts.disks
      .describe(prepared)
      .catch((error: unknown) => ({ sizeMib: 0, allocatedMib: 0, problem: messageOf(error) }));
    disks.push({ name: disk.name, path: prepared.path, ...facts });
  }
  const ip = nics.flatMap(({ addresses }) => addresses ?? []).find((address) => !address.startsWith("fe80:")) ?? "";
  return { nics, disks, ip, guestAgent: inside !== undefined };
}

const withoutPrefix = (address: string) => address.replace(/\/.*$/, "");

async function knownAddresses(
  nic: Parameters<Networks["addresses"]>[0],
  { networks, place }: FactParts,
): Promise<readonly string[]> {
  return await networks.addresses(nic, place).catch(() => []);
}

/** Undefined when the agent does not answer, or not in time. */
async function askAgent(
  { domain }: RunningGuest,
  { hypervisor, clock, signal }: FactParts,
): Promise<readonly GuestInterface[] | undefined> {
  try {
    const ask = async (late: AbortSignal) => await hypervisor.guest.interfaces(domain, "agent", { signal: late });
    return await within(clock, agentDeadlineMs, ask, signal);
  } catch {
    return undefined;
  }
}
