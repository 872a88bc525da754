// What is looked for and not there.
import { isLibvirtError, type LibvirtErrorName } from "../../wire/libvirt-error.ts";

/** Undefined where the daemon refuses with one of these reasons. */
export async function orMissing<T>(
  promise: Promise<T>,
  ...reasons: readonly LibvirtErrorName[]
): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (isLibvirtError(error, ...reasons)) return undefined;
    throw error;
  }
}
