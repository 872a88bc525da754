// Makes what a guest needs before its start: disks, networks, seed, firmware; and the definition of its domain of them.
import { dirname, join } from "node:path";
import { CkeError } from "@cke/foundation";
import type { VmDefinition, VmNic, VmTask } from "@cke/protocol";
import { assignTargets, seedAmong, seedDisk } from "../domain/disk-targets.ts";
import type { DomainParts, VmSockets } from "../domain/domain-parts.ts";
import { domainXml } from "../domain/domain-xml.ts";
import type { DomainMetadata } from "../domain/metadata.ts";
import type { HostAbilities } from "../host/host-abilities.ts";
import type { DiskCopy } from "../ports/disks.ts";
import type { SeedNic } from "../ports/seed.ts";
import type { PortWork, VmPlace } from "../ports/vm-place.ts";
import type { VmParts } from "./vm-parts.ts";

export const socketsOf = ({ runDirectory }: VmPlace): VmSockets => ({
  vnc: join(runDirectory, "vnc.sock"),
  serial: join(runDirectory, "serial.sock"),
});
export const consoleLogOf = ({ directory }: VmPlace): string => join(directory, "console.log");
const variablesFile = "firmware-variables.fd";
const variablesOf = ({ directory }: VmPlace): string => join(directory, variablesFile);

/** Unique on a host: two VMs of one name, of different frameworks or instances, have different uuids. */
export const domainName = ({ vm, uuid }: Pick<VmTask, "vm" | "uuid">): string => `cke-${vm}-${uuid.slice(0, 8)}`;

export interface Preparation {
  readonly xml: string;
  readonly metadata: DomainMetadata;
}

/** Of what the disks of a clone are made; undefined for any other VM. */
function copyOf({ copyOf }: VmTask, { boot }: VmDefinition, place: VmPlace): DiskCopy | undefined {
  if (copyOf === undefined) return undefined;
  const { vm, uuid, instance, snapshot, disks } = copyOf;
  return {
    source: { vm, uuid, instance, directory: join(dirname(place.directory), uuid), runDirectory: "" },
    snapshot,
    formats: new Map(disks.map(({ name, format }) => [name, format === "raw" ? "raw" : "qcow2"])),
    files: boot?.firmware === "uefi" ? [variablesFile] : [],
  };
}

/** For how a domain's parts were before: the seed is written again only when it changed. */
export interface PreviousStart {
  readonly definition: VmDefinition;
}

/** Throws CkeError, whose code is the cause of the report. */
export async function prepareGuest(
  { task, place }: { readonly task: VmTask; readonly place: VmPlace },
  definition: VmDefinition,
  parts: VmParts,
  options: {
    readonly abilities: HostAbilities;
    readonly previous: PreviousStart | undefined;
    readonly begun: boolean;
    readonly work: PortWork;
  },
): Promise<Preparation> {
  const { host, disks, networks } = parts;
  const { abilities, work } = options;
  // What is missing on the host is said before anything is downloaded.
  const firmware = await host.firmware(definition);
  await host.checkTpm(definition);
  const clashing = definition.disks.find(({ name }) => name === seedDisk);
  if (clashing !== undefined) throw new CkeError("definition_invalid", `disks: the name ${seedDisk} is CKE's own`);
  const copy = copyOf(task, definition, place);
  if (copy !== undefined) await disks.copy(definition.disks, copy, place, options.begun, work);
  const prepared = await disks.prepare(definition.disks, place, work);
  const kernel =
    definition.boot?.type === "kernel" ? await disks.prepareKernel(definition.boot, place, work) : undefined;
  work.progress("network", "");
  // Before: preparing may find another prefix length of an address.
  const written = options.previous && seedContent(options.previous.definition, place, networks);
  const nics = await networks.prepare(definition.nics, place, work);
  const seedPath = await writeSeed(definition, place, parts, { written, work });
  await host.makeRunDirectory(place, abilities.qemuOwner);
  const seedTarget = seedPath === "" ? [] : [seedAmong(definition.disks)];
  const targets = assignTargets([...definition.disks, ...seedTarget]);
  const { type: acceleration } = abilities.acceleration;
  const metadata: DomainMetadata = { labels: task.labels, definition, targets, acceleration };
  const domain: DomainParts = {
    name: domainName(task),
    uuid: task.uuid,
    definition,
    labels: task.labels,
    disks: prepared,
    targets,
    nics,
    seedPath,
    kernel,
    firmware: firmware === undefined ? undefined : { ...firmware, variables: variablesOf(place) },
    acceleration,
    architecture: process.arch,
    sockets: socketsOf(place),
    consoleLog: consoleLogOf(place),
  };
  return { xml: domainXml(domain), metadata };
}

/** As the seed names them. */
export function seedNics(
  nics: readonly VmNic[],
  place: VmPlace,
  networks: Pick<VmParts["networks"], "locate">,
): readonly SeedNic[] {
  return nics.map((nic) => {
    const { mac, ip } = networks.locate(nic, place);
    return { nic: { ...nic, ip }, mac };
  });
}

/** What a seed is made of, to compare. */
const seedContent = ({ seed, nics }: VmDefinition, place: VmPlace, networks: Pick<VmParts["networks"], "locate">) =>
  JSON.stringify([seed, seedNics(nics, place, networks)]);

async function writeSeed(
  definition: VmDefinition,
  place: VmPlace,
  { seeds, networks, fetchSecrets }: VmParts,
  { written, work }: { readonly written: string | undefined; readonly work: PortWork },
): Promise<string> {
  const { seed, nics } = definition;
  if (seed === undefined) return "";
  if (written === seedContent(definition, place, networks)) return seeds.locate(place);
  const names = seeds.secretNames(seed);
  work.progress("seed", names.length === 0 ? "" : "waiting for the secrets from the scheduler");
  const secrets = await fetchSecrets(names, work.signal);
  work.progress("seed", "");
  return await seeds.write({ seed, nics: seedNics(nics, place, networks), secrets, place });
}
