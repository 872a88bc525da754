// Makes single changes to a guest that runs. What the guest or its host refuse waits for the next start.
import { CkeError, type Clock, messageOf } from "@cke/foundation";
import { isLibvirtError } from "@cke/libvirt";
import type { VmDefinition, VmDisk, VmNic } from "@cke/protocol";
import { diskXml, nicXml } from "../domain/device-xml.ts";
import { assignTargets, diskAlias, nicAlias } from "../domain/disk-targets.ts";
import { metadataKey, metadataText, metadataUri } from "../domain/metadata.ts";
import type { RunningGuest } from "../domain/running-guest.ts";
import { renderXml } from "../domain/xml.ts";
import type { Hypervisor } from "../hypervisor/hypervisor.ts";
import { type Account, withHeldMemory } from "../limits/accounted-resources.ts";
import { writeLimits } from "../limits/limits-writer.ts";
import type { Disks } from "../ports/disks.ts";
import type { Networks } from "../ports/networks.ts";
import type { PortWork, VmPlace } from "../ports/vm-place.ts";
import { afterStep, type LiveStep } from "./definition-changes.ts";
import { heldMemory, lowersLimit } from "./held-memory.ts";

export interface LiveChangeParts {
  readonly hypervisor: Hypervisor;
  readonly disks: Disks;
  readonly networks: Networks;
  readonly place: VmPlace;
  readonly clock: Clock;
  readonly weights: boolean;
  readonly account: Account;
  readonly work: PortWork;
}

/** Of the wish for which a change is made. */
export interface Wish {
  readonly definition: VmDefinition;
  readonly paused: boolean;
  /** Aborted when something else is wanted. */
  readonly superseded: AbortSignal;
}

/** The guest does not follow this change while it runs; the message says why. */
export class RefusedChange extends CkeError {
  constructor(words: string) {
    super("change_refused", words);
  }
}

const detachMs = 20_000;
const pollMs = 250;

/**
 * Makes one change. Resolves to the guest as it is afterwards. Throws RefusedChange, and whatever a port or the connection throws: then it
 * is worth another attempt.
 */
export async function makeChange(
  step: LiveStep,
  guest: RunningGuest,
  wish: Wish,
  parts: LiveChangeParts,
): Promise<RunningGuest> {
  let { targets } = guest.metadata;
  try {
    if (step.kind === "attach-disk") targets = await attachDisk(step.disk, guest, parts);
    else await change(step, guest, wish, parts);
  } catch (error) {
    if (isLibvirtError(error)) throw new RefusedChange(`${step.field}: ${messageOf(error)}`);
    throw error;
  }
  if (step.kind === "detach-disk") targets = new Map([...targets].filter(([name]) => name !== step.disk.name));
  const definition = afterStep(guest.metadata.definition, step, wish.definition);
  return await writeMetadata({ ...guest, metadata: { ...guest.metadata, definition, targets } }, parts);
}

/** Writes into the domain what the guest follows, so that the next executor knows it. */
export async function writeMetadata(
  guest: RunningGuest,
  { hypervisor, work: { signal } }: Pick<LiveChangeParts, "hypervisor" | "work">,
): Promise<RunningGuest> {
  const what = { kind: "element", uri: metadataUri, key: metadataKey } as const;
  await hypervisor.domains.setMetadata(guest.domain, what, metadataText(guest.metadata), { affect: "both", signal });
  return guest;
}

async function change(
  step: Exclude<LiveStep, { kind: "attach-disk" }>,
  { domain, metadata }: RunningGuest,
  { definition: wanted, paused, superseded }: Wish,
  parts: LiveChangeParts,
): Promise<void> {
  const { hypervisor, disks, networks, place, weights, account, work } = parts;
  const { signal } = work;
  const live = { affect: "live", signal } as const;
  switch (step.kind) {
    case "title": {
      const title = wanted.title === "" ? undefined : wanted.title.replaceAll("\n", " ");
      return await hypervisor.domains.setMetadata(domain, { kind: "title" }, title, { affect: "both", signal });
    }
    case "limits": {
      const now = metadata.definition;
      const next = neverBelow(now, wanted);
      const waiting = { hypervisor, clock: parts.clock, signal, superseded, brief: paused };
      const held = lowersLimit(now, next, account)
        ? await heldMemory(domain, next.memory?.mib ?? 0, waiting)
        : undefined;
      const limited = held === undefined ? next : { ...next, memory: now.memory };
      const inForce = withHeldMemory(account, limited);
      const problems = await writeLimits(hypervisor, domain, limited, { weights, account: inForce, signal });
      for (const problem of problems) work.warn(problem);
      if (held !== undefined) throw held;
      return;
    }
    case "vcpus":
      return await hypervisor.sizing.setVcpus(domain, step.count, live);
    case "memory":
      return await hypervisor.sizing.setMemory(domain, step.mib * 1_024, live);
    case "grow-disk":
      return await hypervisor.disks.resize(domain, targetOf(step.disk, metadata.targets), step.disk.sizeMib * 2 ** 20, {
        signal,
      });
    case "tune-disk": {
      const limits = step.disk.limits;
      const tune = {
        readBytesSec: limits?.readBytesPerSecond ?? 0,
        writeBytesSec: limits?.writeBytesPerSecond ?? 0,
        readIopsSec: limits?.readIops ?? 0,
        writeIopsSec: limits?.writeIops ?? 0,
      };
      return await hypervisor.disks.setIoTune(domain, targetOf(step.disk, metadata.targets), tune, live);
    }
    case "change-disc": {
      const prepared = await disks.prepareLive(step.disk, place, work);
      const xml = renderXml(diskXml(step.disk, prepared, targetOf(step.disk, metadata.targets)));
      return await hypervisor.devices.update(domain, xml, { ...live, force: true });
    }
    case "detach-disk":
      return await detach(diskAlias(step.disk.name), step.field, domain, parts);
    case "attach-nic":
      return await attachNic(step.nic, wanted, domain, parts);
    case "detach-nic":
      await detach(nicAlias(step.nic.name), step.field, domain, parts);
      for (const words of await networks.releaseNic(step.nic.name, place)) work.warn(words);
      return;
    case "ports": {
      const nics = metadata.definition.nics.map((nic) => (nic.name === step.nic.name ? step.nic : nic));
      return await networks.attached(nics, place, work);
    }
  }
}

/** A guest that was not even asked for its memory, as libvirt has refused it, would be killed by the limit of what it is to have. */
function neverBelow({ memory: now }: VmDefinition, wanted: VmDefinition): VmDefinition {
  const { memory } = wanted;
  return memory === undefined || now === undefined || now.mib <= memory.mib
    ? wanted
    : { ...wanted, memory: { ...memory, mib: now.mib } };
}

async function attachDisk(
  disk: VmDisk,
  { domain, metadata }: RunningGuest,
  { hypervisor, disks, place, work }: LiveChangeParts,
): Promise<ReadonlyMap<string, string>> {
  const prepared = await disks.prepareLive(disk, place, work);
  const others = metadata.definition.disks.filter(({ name }) => name !== disk.name);
  const assigned = assignTargets([...others, disk], metadata.targets);
  const targets = new Map([...metadata.targets, [disk.name, targetOf(disk, assigned)]]);
  const xml = renderXml(diskXml(disk, prepared, targetOf(disk, targets)));
  if (!(await has(diskAlias(disk.name), domain, hypervisor, work.signal)))
    await hypervisor.devices.attach(domain, xml, { affect: "live", signal: work.signal });
  return targets;
}

async function attachNic(
  nic: VmNic,
  wanted: VmDefinition,
  domain: RunningGuest["domain"],
  { hypervisor, networks, place, work }: LiveChangeParts,
): Promise<void> {
  const [prepared] = await networks.prepare([nic], place, work);
  if (prepared === undefined) throw new CkeError("network_missing", `nics.${nic.name}: its network was not made`);
  if (!(await has(nicAlias(nic.name), domain, hypervisor, work.signal)))
    await hypervisor.devices.attach(domain, renderXml(nicXml(prepared)), { affect: "live", signal: work.signal });
  await networks.attached(wanted.nics, place, work);
}

/** Code of the error of a device that the guest has not given back yet: it is asked again. */
export const deviceHeld = "device_held";

/** Asks the guest to give the device back, and waits until it has. Throws CkeError device_held when it takes longer. */
async function detach(
  alias: string,
  field: string,
  domain: RunningGuest["domain"],
  parts: LiveChangeParts,
): Promise<void> {
  const { hypervisor, clock, work } = parts;
  if (!(await has(alias, domain, hypervisor, work.signal))) return;
  await hypervisor.devices
    .detachAlias(domain, alias, { affect: "live", signal: work.signal })
    .catch((error: unknown) => {
      // It was asked before, and has not answered yet.
      if (!isLibvirtError(error) || !/in the process of unplug/.test(error.message)) throw error;
    });
  const deadline = clock.monotonic() + detachMs;
  while (await has(alias, domain, hypervisor, work.signal)) {
    if (clock.monotonic() >= deadline) {
      const words = `${field}: the guest does not give the device back: is its operating system up, and is the device in use?`;
      throw new CkeError(deviceHeld, words, { retryable: true });
    }
    await clock.sleep(pollMs, work.signal);
  }
}

async function has(
  alias: string,
  domain: RunningGuest["domain"],
  hypervisor: Hypervisor,
  signal: AbortSignal,
): Promise<boolean> {
  const xml = await hypervisor.domains.xml(domain, { signal });
  return xml.includes(`<alias name='${alias}'/>`) || xml.includes(`<alias name="${alias}"/>`);
}

function targetOf({ name }: VmDisk, targets: ReadonlyMap<string, string>): string {
  const target = targets.get(name);
  if (target === undefined) throw new RefusedChange(`disks.${name}: the domain has no such disk`);
  return target;
}
