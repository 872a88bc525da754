// What libvirt or QEMU say when a guest does not start, as a word for programs and with what to do. Pure.
import { CkeError, messageOf } from "@cke/foundation";
import { isLibvirtError } from "@cke/libvirt";
import { VmFailure } from "./vm-failure.ts";

/** Any failure as one of the VM. */
export function asFailure(error: unknown): VmFailure {
  if (error instanceof VmFailure) return error;
  const code = error instanceof CkeError ? error.code : "internal";
  return new VmFailure(code, messageOf(error), { cause: error });
}

/** What a port has thrown says all by itself; what libvirt refuses gets a cause and advice. */
export function startFailure(error: unknown): VmFailure {
  if (!isLibvirtError(error)) return asFailure(error);
  const words = messageOf(error);
  const told = (code: string, advice: string) => new VmFailure(code, `${advice}. libvirt: ${words}`, { cause: error });
  if (/failed to get "?(write|shared "?write"?|consistent read)"? lock|is another process using the image/i.test(words))
    return told(
      "disk_busy",
      "another process has a disk of this VM open: end it (lsof names it); a disk is never used twice",
    );
  if (/no space left on device/i.test(words)) return told("disk_full", "the host's storage is full: make space");
  if (/hugetlbfs|huge ?page|unable to map backing store/i.test(words))
    return told(
      "huge_pages",
      "the host has no huge pages for this guest: reserve enough of them (vm.nr_hugepages), mount hugetlbfs, and restart libvirtd",
    );
  if (/cannot allocate memory|cannot set up guest memory/i.test(words))
    return told("host_memory", "the host has not the memory for this guest: free some, or give the VM less");
  if (/does not support O_DIRECT|not support direct i\/o|O_DIRECT/i.test(words))
    return told(
      "disk_cache",
      "the storage of a disk cannot be used without the page cache: give the disk another cache mode (writeback)",
    );
  if (/permission denied/i.test(words))
    return told("permission_denied", "QEMU's user may not open a file of this VM: see the path in libvirt's words");
  if (/CPU model|unsupported.*cpu|host doesn't support/i.test(words))
    return told(
      "cpu_model",
      "this host's processor cannot be the CPU model of the definition: choose another cpu.model",
    );
  return told("start_failed", "the guest does not start");
}
