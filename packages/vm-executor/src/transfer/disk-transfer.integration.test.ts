// The files of a VM go from one directory to another: whole, in pieces, cut, changed and torn.
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, readdir, readFile, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Duplex, duplexPair, Transform } from "node:stream";
import { afterEach, expect, test } from "vitest";
import { readDiskRecord, writeDiskRecord } from "../disks/disk-record.ts";
import type { VmPlace } from "../ports/vm-place.ts";
import { giveDisks } from "./disk-giver.ts";
import { takeDisks } from "./disk-taker.ts";
import { pieceBytes } from "./transfer-messages.ts";
import { checkRoom, takenBytes } from "./transfer-room.ts";

const tops: string[] = [];
afterEach(() => {
  for (const top of tops.splice(0)) rmSync(top, { recursive: true, force: true });
});

function place(): VmPlace {
  const top = mkdtempSync(join(tmpdir(), "cke-transfer-"));
  tops.push(top);
  return { vm: "web", uuid: "6f1c1d1e-0000-4000-8000-000000000001", instance: "i1", directory: top, runDirectory: top };
}

const sum = async (path: string) =>
  createHash("sha256")
    .update(await readFile(path))
    .digest("hex");

/** A disk of some pieces with a hole, a small base, and variables of a firmware. */
async function filled(): Promise<VmPlace> {
  const from = place();
  await mkdir(join(from.directory, "disks"));
  const disk = join(from.directory, "disks", "disk-system.qcow2");
  await writeFile(disk, randomBytes(pieceBytes + 5), { mode: 0o600 });
  await truncate(disk, 4 * pieceBytes + 3);
  await writeFile(join(from.directory, "disks", "image-abc"), "base", { mode: 0o444 });
  await writeFile(join(from.directory, "disks", "disk-x.qcow2.making-1"), "unfinished");
  await writeFile(join(from.directory, "firmware-variables.fd"), "nvram");
  await writeFile(join(from.directory, "console.log"), "not a disk");
  const images = { system: { source: "debian.qcow2", sha256: "", file: "image-abc" } };
  await writeDiskRecord(from, { ...from, images, claims: { data: "/mnt/shared.qcow2" } });
  return from;
}

interface Moved {
  /** Bytes after which the way is cut. */
  readonly cutAfter?: number;
  /** What becomes of the bytes on the way to the one that takes. */
  readonly change?: (chunk: Buffer) => Buffer;
}

/** Bytes that came through. */
async function move(from: VmPlace, to: VmPlace, { cutAfter, change = (chunk) => chunk }: Moved = {}) {
  const [giver, way] = duplexPair();
  const [taker, far] = duplexPair();
  let bytes = 0;
  const through = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      bytes += chunk.length;
      if (cutAfter !== undefined && bytes > cutAfter) {
        for (const one of [giver, way, taker, far]) one.destroy();
        done();
      } else done(null, change(chunk));
    },
  });
  way.pipe(through).pipe(far);
  far.pipe(way);
  const words: string[] = [];
  let whole = 0;
  const signal = new AbortController().signal;
  const give = giveDisks(giver, from, signal);
  give.catch(() => {});
  const progress = (one: string) => words.push(one);
  const onWhole = async () => {
    whole += 1;
  };
  await takeDisks(taker satisfies Duplex, { place: to, progress, onWhole });
  await give;
  return { bytes, words, whole };
}

async function expectSame(from: VmPlace, to: VmPlace): Promise<void> {
  for (const file of ["disks/disk-system.qcow2", "disks/image-abc", "firmware-variables.fd"]) {
    expect([file, await sum(join(to.directory, file))]).toEqual([file, await sum(join(from.directory, file))]);
    const [left, right] = [await stat(join(to.directory, file)), await stat(join(from.directory, file))];
    expect([file, left.mode]).toEqual([file, right.mode]);
  }
  expect((await readdir(join(to.directory, "disks"))).toSorted()).toEqual([
    "disk-system.qcow2",
    "image-abc",
    "record.json",
  ]);
  expect(await readdir(to.directory)).not.toContain("incoming");
}

test("everything of the disks comes, holes stay holes, and claims of shared disks are not taken along", async () => {
  const [from, to] = [await filled(), place()];
  const { bytes, words, whole } = await move(from, to);
  await expectSame(from, to);
  expect(bytes).toBeLessThan(2.1 * pieceBytes);
  const { blocks } = await stat(join(to.directory, "disks", "disk-system.qcow2"));
  expect(blocks * 512).toBeLessThan(3 * pieceBytes);
  expect(words.at(-1)).toMatch(/100 % of all$/);
  expect(whole).toBe(1);
  expect(await readDiskRecord(to)).toMatchObject({ images: { system: { source: "debian.qcow2" } }, claims: {} });
});

test.each([10, 2_000, pieceBytes / 2, pieceBytes + 100, 2 * pieceBytes])(
  "cut after %i bytes, it is not there, and comes whole the next time",
  async (cutAfter) => {
    const [from, to] = [await filled(), place()];
    const first = await move(from, to, { cutAfter }).catch((error: unknown) => error);
    if (first instanceof Error) expect(await readdir(to.directory)).not.toContain("disks");
    await move(from, to);
    await expectSame(from, to);
  },
);

test("what the disks take is known before anything moves; more than there is free is refused, also where nothing is yet", async () => {
  const [from, to] = [await filled(), place()];
  const taken = await takenBytes(from);
  expect(taken).toBeGreaterThan(pieceBytes);
  expect(taken).toBeLessThan(2 * pieceBytes);
  expect(await takenBytes(to)).toBe(0);
  const absent = { ...to, directory: join(to.directory, "vms", "absent") };
  await checkRoom(absent, 1);
  await expect(checkRoom(absent, 2 ** 60)).rejects.toMatchObject({
    code: "disk_full",
    message: expect.stringContaining(`no room in ${to.directory}`),
  });
});

test("what is there already is not copied again, also when its place was not given to it yet", async () => {
  const [from, to] = [await filled(), place()];
  await move(from, to);
  const again = await move(from, to);
  expect(again.bytes).toBeLessThan(2_000);
  await expectSame(from, to);
});

test("disks that have changed since are copied anew, whatever came before", async () => {
  const [from, to] = [await filled(), place()];
  await move(from, to);
  const disk = join(from.directory, "disks", "disk-system.qcow2");
  await writeFile(disk, randomBytes(pieceBytes));
  await utimes(disk, new Date(), new Date(Date.now() + 5_000));
  await move(from, to);
  expect(await sum(join(to.directory, "disks", "disk-system.qcow2"))).toBe(await sum(disk));
});

test("a byte that changes on the way is found", async () => {
  const [from, to] = [await filled(), place()];
  let seen = 0;
  const change = (chunk: Buffer) => {
    seen += chunk.length;
    if (seen < 100_000) return chunk;
    seen = Number.NEGATIVE_INFINITY;
    const torn = Buffer.from(chunk);
    torn[torn.length - 1] = (torn.at(-1) ?? 0) ^ 1;
    return torn;
  };
  await expect(move(from, to, { change })).rejects.toMatchObject({ code: "transfer_checksum" });
  expect(await readdir(to.directory)).not.toContain("disks");
  await move(from, to);
  await expectSame(from, to);
});

test.each(["../etc/passwd", "/etc/passwd", "disks/../x", "owner.lock"])(
  "%s is neither given nor taken",
  async (path) => {
    const from = await filled();
    const [giver, other] = duplexPair();
    const give = giveDisks(giver, from, new AbortController().signal);
    const head = Buffer.from(JSON.stringify({ ask: "piece", path, offset: 0, bytes: 10 }));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(head.length);
    other.write(Buffer.concat([length, head]));
    other.resume();
    await expect(give).rejects.toThrow();
  },
);
