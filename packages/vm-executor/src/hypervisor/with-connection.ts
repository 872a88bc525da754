// Work that has to be done whatever happens to the daemon meanwhile: it is repeated over each new connection.
import { LibvirtConnectionError } from "@cke/libvirt";
import type { Hypervisor } from "./hypervisor.ts";

/** The work reads the state before it acts: an attempt whose connection broke may have been carried out. */
export async function withConnection<T>(
  hypervisor: Pick<Hypervisor, "whenConnected">,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  for (;;) {
    await hypervisor.whenConnected(signal === undefined ? {} : { signal });
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof LibvirtConnectionError) || signal?.aborted === true) throw error;
    }
  }
}
