// Takes a VM's lock on this host and reaches its daemon: for whoever is to run its guest here, and for its end.
import type { Clock } from "@cke/foundation";
import type { VmTask } from "@cke/protocol";
import { directoryProblem, type VmOwner } from "../adoption/ownership.ts";
import type { Hypervisor } from "../hypervisor/hypervisor.ts";
import { withConnection } from "../hypervisor/with-connection.ts";
import { Domain, type ReachedDomain } from "./domain.ts";
import type { MachineRecord, OpenedHost } from "./machine-record.ts";
import { domainName } from "./preparation.ts";
import type { VmIdentityParts, VmParts } from "./vm-parts.ts";

/** How long a host without a daemon is waited for when no guest of this VM can run on it. */
const firstPatienceMs = 30_000;

type HostParts = Pick<VmParts, "host" | "link" | "clock">;

/**
 * `onWait` is told for what it waits. Opened before: the same again. Whoever comes while it is opened waits for that, and takes no second
 * lock, which would wait for the first one for ever. Throws CkeError.
 */
export async function openHost(
  identity: VmIdentityParts,
  parts: HostParts,
  record: MachineRecord,
  onWait: (words: string) => void,
  signal: AbortSignal,
): Promise<OpenedHost> {
  if (record.opened !== undefined && record.lock !== undefined) return record.opened;
  record.opening ??= open(identity, parts, record, onWait, signal).finally(() => {
    record.opening = undefined;
  });
  return await record.opening;
}

async function open(
  { task, place, executorId }: VmIdentityParts,
  { host, link, clock }: HostParts,
  record: MachineRecord,
  onWait: (words: string) => void,
  signal: AbortSignal,
): Promise<OpenedHost> {
  const name = domainName(task);
  await host.makeDirectories(place, { uuid: task.uuid, name, labels: task.labels });
  record.lock ??= await host.lock(place, executorId, onWait, signal);
  // Where a guest may run, giving up would be its end at the scheduler. Only the lock's holder knows: another executor may just have begun.
  const started = await host.wasStarted(place);
  const hypervisor = await link.open(started ? Number.POSITIVE_INFINITY : firstPatienceMs, onWait, signal);
  const domain = domainOf(task, hypervisor, clock);
  const abilities = await withConnection(hypervisor, () => host.abilities(hypervisor, signal), signal);
  record.opened = { hypervisor, domain, abilities };
  return record.opened;
}

/** For the end of a VM: its domain on this host. Throws CkeError when another executor has the VM. */
export async function reachDomain(
  { task, place, executorId }: VmIdentityParts,
  { host, link, clock }: HostParts,
  record: MachineRecord,
): Promise<ReachedDomain> {
  const { signal } = new AbortController();
  const problem = directoryProblem(ownerOfTask(task), place.directory, await host.directory(place));
  if (problem !== undefined) return { kind: "foreign", words: problem };
  if (!(await host.wasStarted(place))) return { kind: "none" };
  record.lock ??= await host.lock(place, executorId, () => {}, signal);
  const domain = record.opened?.domain ?? domainOf(task, await link.open(firstPatienceMs, () => {}, signal), clock);
  const { decision, labelled } = await domain.find(signal);
  // What this executor has started or adopted is this VM's guest, also when somebody has removed its labels meanwhile.
  const known = record.previous !== undefined && !labelled;
  return decision.kind === "foreign" && !known ? decision : { kind: "ours", domain };
}

export const ownerOfTask = ({ vm, instance, frameworkId }: VmTask): VmOwner => ({ vm, instance, frameworkId });

const domainOf = (task: VmTask, hypervisor: Hypervisor, clock: Clock): Domain =>
  new Domain(hypervisor, { ...ownerOfTask(task), name: domainName(task), uuid: task.uuid }, clock);
