// Sets the limits of a guest that runs. At its start they cannot be given: without CAP_SYS_RESOURCE libvirt refuses a domain that has
// a memory limit, and one without control groups.
import { messageOf } from "@cke/foundation";
import { type DomainRef, isLibvirtError } from "@cke/libvirt";
import type { VmDefinition } from "@cke/protocol";
import type { Hypervisor } from "../hypervisor/hypervisor.ts";
import type { Account } from "./accounted-resources.ts";
import { memoryParameters, schedulerParameters } from "./limits.ts";

export interface LimitOptions {
  readonly weights: boolean;
  readonly account: Account;
  readonly signal: AbortSignal;
}

/** What could not be set, in words; [] when all is set. Throws LibvirtConnectionError. */
export async function writeLimits(
  hypervisor: Pick<Hypervisor, "sizing">,
  domain: DomainRef,
  definition: VmDefinition,
  { weights, account, signal }: LimitOptions,
): Promise<readonly string[]> {
  const { sizing } = hypervisor;
  const problems: string[] = [];
  const attempt = async (what: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (!isLibvirtError(error)) throw error;
      problems.push(`${what} not enforced: ${messageOf(error)}`);
    }
  };
  const live = { affect: "live", signal } as const;
  const processor = schedulerParameters(definition.cpu, weights, account);
  await attempt("the VM's share of the processor is", () => sizing.setSchedulerParameters(domain, processor, live));
  const memory = memoryParameters(definition, account);
  if (memory !== undefined)
    await attempt("the VM's limit of memory is", () => sizing.setMemoryParameters(domain, memory, live));
  return problems;
}
