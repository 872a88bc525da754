// `-cleanup`: removes what a virtual machine has left on this host, for an operator whose scheduler is gone for good or gave the host up.
// It finds things by their labels, so it never touches anything foreign. It removes one instance at a time, so that it never takes
// a present VM for a deleted one of the same name.
import type { Clock, Logger } from "@cke/foundation";
import type { Domain as LibvirtDomain } from "@cke/libvirt";
import { ownerOf, type VmOwner } from "../adoption/ownership.ts";
import { vmLabels } from "../domain/metadata.ts";
import { Domain, metadataOf } from "../guest/domain.ts";
import type { VmIdentity } from "../host/vm-host.ts";
import type { Hypervisor } from "../hypervisor/hypervisor.ts";
import type { VmPlace } from "../ports/vm-place.ts";
import { type RemovalParts, removeData } from "./vm-removal.ts";

export interface CleanupTarget {
  readonly vm: string;
  /** Absent: the only one that is there. */
  readonly instance?: string;
}

/** "vm" or "vm@instance"; undefined when it is neither. */
export function parseCleanupTarget(text: string): CleanupTarget | undefined {
  const [, vm, instance] = /^([A-Za-z0-9][A-Za-z0-9._-]*)(?:@([A-Za-z0-9_-]+))?$/.exec(text) ?? [];
  if (vm === undefined) return undefined;
  return { vm, ...(instance === undefined ? {} : { instance }) };
}

export type CleanupResult =
  | { readonly kind: "removed"; readonly domains: number; readonly directories: number }
  /** Several instances are on this host. One line for each: the target to ask for, and what it has. */
  | { readonly kind: "several"; readonly choices: readonly string[] };

export interface CleanupParts {
  readonly hypervisor: Hypervisor;
  readonly removal: RemovalParts;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What has a directory on this host. */
  readonly directories: readonly VmIdentity[];
  /** `data`: the directory that the VM's labels name; "" when they name none. */
  readonly placeOf: (
    vm: { readonly vm: string; readonly uuid: string; readonly instance: string },
    data: string,
  ) => VmPlace;
}

interface Found {
  readonly uuid: string;
  readonly name: string;
  readonly instance: string;
  /** Label cke.vm-data; "" when it has none. */
  readonly data: string;
  readonly domain: LibvirtDomain | undefined;
  readonly owner: VmOwner;
}

/** Removes the target's domain, disks and directories. Throws CkeError. */
export async function cleanUp(target: CleanupTarget, parts: CleanupParts): Promise<CleanupResult> {
  const { hypervisor, removal, clock, logger } = parts;
  const found = (await findAll(target.vm, parts)).filter(
    ({ instance }) => target.instance === undefined || instance === target.instance,
  );
  const byInstance = Map.groupBy(found, ({ instance }) => instance);
  if (byInstance.size > 1)
    return { kind: "several", choices: [...byInstance].map((entry) => choice(target.vm, entry)) };
  let domains = 0;
  for (const { uuid, name, instance, data, domain, owner } of found) {
    // Also where none was found with these labels: one of the same uuid may be somebody else's.
    await removeData(
      new Domain(hypervisor, { ...owner, name, uuid }, clock),
      owner,
      parts.placeOf({ vm: target.vm, uuid, instance }, data),
      removal,
    );
    if (domain !== undefined) domains += 1;
    logger.info("removed the virtual machine", { domain: name, uuid });
  }
  return { kind: "removed", domains, directories: found.length };
}

async function findAll(vm: string, { hypervisor, directories }: CleanupParts): Promise<readonly Found[]> {
  const found = new Map<string, Found>();
  for (const { uuid, name, labels } of directories)
    if (labels[vmLabels.vm] === vm)
      // It lies where it was looked for.
      found.set(uuid, { uuid, name, ...described(labels), data: "", domain: undefined });
  for (const domain of await hypervisor.domains.list()) {
    const labels = (await metadataOf(hypervisor, domain))?.labels;
    if (labels?.[vmLabels.vm] === vm)
      found.set(domain.uuid, {
        uuid: domain.uuid,
        name: domain.name,
        ...described(labels),
        data: found.has(domain.uuid) ? "" : (labels[vmLabels.data] ?? ""),
        domain,
      });
  }
  return [...found.values()];
}

const described = (labels: Readonly<Record<string, string>>) => {
  const owner = ownerOf(labels);
  return { owner, instance: owner.instance };
};

function choice(vm: string, [instance, held]: readonly [string, readonly Found[]]): string {
  const what = ({ name, domain }: Found) =>
    domain === undefined ? `${name} (data)` : domain.id === undefined ? name : `${name} (running)`;
  return `${vm}@${instance}: ${held.map(what).join(", ")}`;
}
