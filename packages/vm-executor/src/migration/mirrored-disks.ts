// The disks of a guest that moves, which it writes to meanwhile: described on its old host, made empty on its new one. QEMU fills them.
import { chmod, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CkeError } from "@cke/foundation";
import type { VmDefinition } from "@cke/protocol";
import { locateDisk } from "../disks/disk-files.ts";
import type { VmPlace } from "../ports/vm-place.ts";
import type { QemuImg } from "../qemu-img/qemu-img.ts";
import { cannotMoveCode, type MirroredDisk, mirroredDisk } from "./migration-messages.ts";

type Tool = Pick<QemuImg, "info" | "create" | "createOverlay">;

/** Those that CKE has made; shared ones are on the new host already. `targets`: by name. Throws CkeError. */
export async function describeDisks(
  { disks }: VmDefinition,
  targets: ReadonlyMap<string, string>,
  place: VmPlace,
  qemuImg: Tool,
  signal: AbortSignal,
): Promise<readonly MirroredDisk[]> {
  const own = disks.filter(({ path, role }) => path === "" && role !== "cdrom");
  return await Promise.all(
    own.map(async (disk) => {
      const { name, path, format } = locateDisk(disk, place);
      const { virtualBytes, backing, backingFormat } = await qemuImg.info(path, format, { signal, shared: true });
      const base = backing === undefined ? {} : { base: { file: backing, format: backingFormat } };
      const read = mirroredDisk.safeParse({ name, target: targets.get(name), format, bytes: virtualBytes, ...base });
      if (read.success) return read.data;
      throw new CkeError(cannotMoveCode, `disk ${name} is no disk as CKE makes it`);
    }),
  );
}

/** Makes those that the definition of this host has too. What is there of an earlier attempt goes. Throws CkeError. */
export async function makeDisks(
  described: readonly MirroredDisk[],
  { disks }: VmDefinition,
  place: VmPlace,
  qemuImg: Tool,
  signal: AbortSignal,
): Promise<void> {
  for (const { name, format, bytes, base } of described) {
    const disk = disks.find((one) => one.name === name && one.path === "" && one.role !== "cdrom");
    const at = disk && locateDisk(disk, place);
    if (at === undefined || at.format !== format)
      throw new CkeError(cannotMoveCode, `disk ${name} (${format}) is not in the VM's definition`);
    await rm(at.path, { force: true });
    if (base === undefined) await qemuImg.create(at.path, format, bytes, signal);
    else {
      await qemuImg.info(join(dirname(at.path), base.file), base.format, { signal });
      await qemuImg.createOverlay(at.path, { path: base.file, format: base.format }, bytes, signal);
    }
    await chmod(at.path, 0o600);
  }
}

/** Names of their files. */
export const filesOf = (
  described: readonly MirroredDisk[],
  { disks }: VmDefinition,
  place: VmPlace,
): ReadonlySet<string> =>
  new Set(
    disks
      .filter(({ name }) => described.some((one) => one.name === name))
      .map((disk) => basename(locateDisk(disk, place).path)),
  );
