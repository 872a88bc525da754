// Stops a VM's guest, and removes what CKE has made for the VM: everything when that is ordered, else only what does not hold its data.
import { CkeError, type Clock } from "@cke/foundation";
import { directoryProblem, type VmOwner } from "../adoption/ownership.ts";
import type { Domain, ReachedDomain } from "../guest/domain.ts";
import type { VirtualMachine } from "../guest/virtual-machine.ts";
import type { VmHost } from "../host/vm-host.ts";
import type { Disks } from "../ports/disks.ts";
import type { Networks } from "../ports/networks.ts";
import type { Seeds } from "../ports/seed.ts";
import type { VmPlace } from "../ports/vm-place.ts";

export interface RemovalParts {
  readonly host: VmHost;
  readonly disks: Disks;
  readonly seeds: Seeds;
  readonly networks: Networks;
  readonly clock: Clock;
  /** A line for the VM's log: what stays on the host though CKE has made it. */
  readonly tell: (words: string) => void;
}

export interface StopTimes {
  readonly graceMs: number;
  /** Aborted: the grace is over. */
  readonly hurry?: AbortSignal;
}

/** How long a daemon that is away may keep a guest running that has to end. */
const daemonPatienceMs = 20_000;

/**
 * Ends the guest within `graceMs`: by libvirt as long as that answers, else by its process. Resolves to what the host has of
 * the VM; somebody else's guest is left alone. Throws CkeError.
 */
export async function stopGuest(
  machine: Pick<VirtualMachine, "reach">,
  { uuid }: VmPlace,
  { graceMs, hurry, host, clock }: Pick<RemovalParts, "host" | "clock"> & StopTimes,
): Promise<ReachedDomain> {
  const deadline = clock.monotonic() + graceMs;
  let awayAt: number | undefined;
  for (;;) {
    try {
      const reached = await machine.reach();
      if (reached.kind === "ours") await reached.domain.stop(Math.max(0, deadline - clock.monotonic()), hurry);
      return reached;
    } catch (error) {
      if (!(error instanceof CkeError && error.code === "libvirt_unreachable")) throw error;
      awayAt ??= clock.monotonic();
      if (clock.monotonic() - awayAt > daemonPatienceMs) {
        await host.killGuest(uuid);
        throw error;
      }
      await clock.sleep(500);
    }
  }
}

/** False as long as the guest's process is there, or cannot be looked for. */
export async function noGuestRuns({ uuid }: VmPlace, { host }: Pick<RemovalParts, "host">): Promise<boolean> {
  return await host.guestProcess(uuid).then(
    (pid) => pid === undefined,
    () => false,
  );
}

/** What does not hold data: devices on networks and sockets. The domain stays defined, for its snapshots are known to libvirt only. */
export async function removeRemains(place: VmPlace, { networks, host, tell }: RemovalParts): Promise<void> {
  for (const words of await networks.release(place)) tell(words);
  await host.removeRunDirectory(place);
}

/**
 * All that CKE has made for the VM on this host. Its guest does not run. Throws CkeError `domain_foreign` or `directory_foreign`, before
 * anything is removed, when the domain or the directory of its uuid do not carry the VM's labels.
 */
export async function removeData(
  domain: Pick<Domain, "remove"> | undefined,
  owner: VmOwner,
  place: VmPlace,
  { networks, host, disks, seeds, tell }: RemovalParts,
): Promise<void> {
  const problem = directoryProblem(owner, place.directory, await host.directory(place));
  if (problem !== undefined) throw new CkeError("directory_foreign", problem);
  await domain?.remove();
  for (const words of await networks.release(place)) tell(words);
  await disks.remove(place);
  await seeds.remove(place);
  await host.removeDirectories(place);
}
