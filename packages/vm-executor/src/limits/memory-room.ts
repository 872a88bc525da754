// An emulator takes more memory while its guest moves: buffers of what is sent, for memory and for each disk. Without room for them the kernel
// would end the guest in the middle.
import type { DomainRef } from "@cke/libvirt";
import { isLibvirtError } from "@cke/libvirt";
import type { Hypervisor } from "../hypervisor/hypervisor.ts";

const memoryKib = 128 * 1_024;
const diskKib = 64 * 1_024;

/**
 * Does the work with a limit of memory that has room for a move. When it resolves to false, or throws, the limit is as before. `limitKib`: of the
 * guest; undefined when it has none. Limits that the host does not enforce are no error.
 */
export async function withMemoryRoom<T extends { readonly arrived: boolean }>(
  sizing: Hypervisor["sizing"],
  domain: DomainRef,
  { limitKib, disks }: { readonly limitKib: number | undefined; readonly disks: number },
  work: () => Promise<T>,
): Promise<T> {
  const limit = async (hardLimitKib: number) => {
    await sizing.setMemoryParameters(domain, { hardLimitKib }, { affect: "live" }).catch((error: unknown) => {
      if (!isLibvirtError(error)) throw error;
    });
  };
  if (limitKib === undefined) return await work();
  await limit(limitKib + memoryKib + disks * diskKib);
  let arrived = false;
  try {
    const result = await work();
    arrived = result.arrived;
    return result;
  } finally {
    // What is over the limit still is given back by and by, and a guest that has gone has none.
    if (!arrived) await limit(limitKib).catch(() => {});
  }
}
