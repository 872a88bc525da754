// Makes the disks of a clone: whole copies of those of another VM on this host, each beside its place and renamed when it is whole. What is
// there is never copied again. The caller has the lock of the clone's disks.
import { randomUUID } from "node:crypto";
import { chmod, copyFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { CkeError } from "@cke/foundation";
import type { DiskCopy } from "../ports/disks.ts";
import type { PortWork, VmPlace } from "../ports/vm-place.ts";
import type { DiskFormat, QemuImg, ReadImage } from "../qemu-img/qemu-img.ts";
import { publishFile } from "../storage/durable-file.ts";
import { freeBytes, lacksRoom } from "../storage/free-space.ts";
import { HostLock } from "../storage/host-lock.ts";
import { disksDirectory, disksLock, madeDisk } from "./disk-files.ts";
import { unfinished } from "./disk-maker.ts";
import { readDiskRecord } from "./disk-record.ts";
import { exists } from "./present-disk.ts";

/** A disk that is not there yet. */
export interface MissingDisk {
  readonly name: string;
  readonly path: string;
  readonly format: DiskFormat;
}

/** One copy, and of what: a snapshot is known by more than its name, so that one that was made anew is another one. */
interface Copying {
  readonly disk: MissingDisk;
  readonly from: ReadImage;
  readonly made: string;
}

type Qemu = Pick<QemuImg, "info" | "measure" | "convert">;

/** Throws CkeError: clone_source, clone_snapshot, disk_busy, disk_full, … */
export async function copyDisks(
  missing: readonly MissingDisk[],
  copy: DiskCopy,
  place: VmPlace,
  work: PortWork,
  qemuImg: Qemu,
): Promise<void> {
  const { source, snapshot, files } = copy;
  if (!(await exists(disksDirectory(source))) || (await readDiskRecord(source)) === undefined)
    throw new CkeError(
      "clone_source",
      `the disks of VM ${source.vm} (${source.uuid}), of which this one is a clone, are not on this host: ${disksDirectory(source)} is missing`,
    );
  await whileItRests(copy, work, async (signal) => {
    const all: Copying[] = [];
    for (const disk of missing) all.push(await find(disk, copy, signal, qemuImg));
    let needed = 0;
    for (const { disk, from } of all) needed += await qemuImg.measure(from, disk.format, signal);
    const directory = disksDirectory(place);
    const lack = lacksRoom({ what: `the disks of ${place.vm}`, needed, free: await freeBytes(directory), directory });
    if (lack !== undefined) throw lack;
    for (const name of files) await copyPlain(name, source, place);
    const origin = snapshot === "" ? source.vm : `${source.vm}@${snapshot}`;
    for (const one of all) await copyOne(one, copy, `disk ${one.disk.name} of ${origin}`, { ...work, signal }, qemuImg);
  });
}

/** As they are, disks are copied while nothing changes them: their VM's executors wait. A snapshot never changes. */
async function whileItRests(
  { source, snapshot }: DiskCopy,
  { signal, progress }: PortWork,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  if (snapshot !== "") return await work(signal);
  const onWait = () => progress("disks", `waiting for another executor that works on the disks of ${source.vm}`);
  const lock = await HostLock.acquire(disksLock(source), { signal, onWait });
  try {
    await work(AbortSignal.any([signal, lock.lost]));
  } finally {
    await lock.release();
  }
}

async function find(
  disk: MissingDisk,
  { source, snapshot, formats }: DiskCopy,
  signal: AbortSignal,
  qemuImg: Qemu,
): Promise<Copying> {
  const format = formats.get(disk.name) ?? disk.format;
  const path = madeDisk(source, disk.name, format);
  if (!(await exists(path)))
    throw new CkeError(
      "clone_source",
      `disk ${disk.name} of VM ${source.vm}, which is to be copied, is gone: ${path}; delete this clone, and make another one of what that VM has`,
    );
  const info = await qemuImg.info(path, format, { signal, shared: snapshot !== "" });
  if (info.corrupt)
    throw new CkeError("disk_corrupt", `disk ${disk.name} of VM ${source.vm} is marked as corrupt: ${path}`);
  if (snapshot === "") return { disk, from: { path, format }, made: "" };
  const found = info.snapshots.findLast(({ name }) => name === snapshot);
  if (found !== undefined) return { disk, from: { path, format, snapshot: found.id }, made: found.made };
  const others = [...new Set(info.snapshots.map(({ name }) => name))].filter((name) => !name.startsWith("."));
  const has = others.length === 0 ? "it has none" : `it has ${others.slice(0, 20).join(", ")}`;
  throw new CkeError(
    "clone_snapshot",
    `disk ${disk.name} of VM ${source.vm} has no snapshot ${snapshot}: ${has}; delete this clone, and make one of a snapshot that all of its disks have (or leave the disk out)`,
  );
}

async function copyOne(
  { disk, from, made }: Copying,
  { source, snapshot }: DiskCopy,
  what: string,
  work: PortWork,
  qemuImg: Qemu,
): Promise<void> {
  const draft = `${disk.path}${unfinished}${randomUUID()}`;
  let told = -1;
  const onPercent = (percent: number) => {
    if (Math.floor(percent) === told) return;
    told = Math.floor(percent);
    work.progress("disks", `copying ${what} (${told} %)`);
  };
  try {
    onPercent(0);
    await qemuImg.convert(from, { path: draft, format: disk.format }, { signal: work.signal, onPercent });
    if (from.snapshot !== undefined) {
      // What a snapshot held is free for the guest's writes as soon as it is deleted.
      const { snapshots } = await qemuImg.info(from.path, from.format, { signal: work.signal, shared: true });
      if (!snapshots.some((one) => one.id === from.snapshot && one.name === snapshot && one.made === made))
        throw new CkeError("clone_snapshot", `snapshot ${snapshot} of VM ${source.vm} was deleted while it was copied`);
    }
    await chmod(draft, 0o600);
    await publishFile(draft, disk.path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** A small file beside the disks, where the source has one. */
async function copyPlain(name: string, source: VmPlace, place: VmPlace): Promise<void> {
  const [from, to] = [join(source.directory, name), join(place.directory, name)];
  if ((await exists(to)) || !(await exists(from))) return;
  const draft = join(disksDirectory(place), `${name}${unfinished}${randomUUID()}`);
  await copyFile(from, draft);
  await chmod(draft, 0o600);
  await publishFile(draft, to);
}
