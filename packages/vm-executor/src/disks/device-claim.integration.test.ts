// Block devices as disks: a node of a device is made for the test, and nothing opens it.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VmDisk } from "@cke/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { QemuImg } from "../qemu-img/qemu-img.ts";
import { claimDisk, deviceClaimPath, releaseDisk } from "./disk-claim.ts";
import { VmDisks } from "./vm-disks.ts";

const signal = new AbortController().signal;
let top: string;
const placeOf = (vm: string, uuid: string) => ({
  vm,
  uuid,
  instance: "i1",
  directory: join(top, "vms", uuid),
  runDirectory: join(top, "run", uuid),
});
const device = () => join(top, "sdx");

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "cke-device-"));
  mkdirSync(join(top, "vms"));
  // Of the range for local use (240 to 254), so that no driver has it.
  execFileSync("mknod", [device(), "b", "240", "77"]);
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

test("a device belongs to one VM of a host, by whatever name", async () => {
  const [one, two] = [placeOf("one", "u1"), placeOf("two", "u2")];
  const alias = join(top, "by-id");
  symlinkSync(device(), alias);
  await claimDisk(device(), one, "here", signal);
  await expect(claimDisk(alias, two, "here", signal)).rejects.toMatchObject({ code: "disk_busy" });
  await claimDisk(alias, one, "here", signal);
  await releaseDisk(device(), two, "here");
  expect(existsSync(deviceClaimPath(device(), one))).toBe(true);
  await releaseDisk(alias, one, "here");
  expect(existsSync(deviceClaimPath(device(), one))).toBe(false);
});

test("a claim by a name that leads elsewhere now is none", async () => {
  const alias = join(top, "by-id");
  symlinkSync(device(), alias);
  await claimDisk(alias, placeOf("one", "u1"), "here", signal);
  rmSync(alias);
  await claimDisk(device(), placeOf("two", "u2"), "here", signal);
});

test("one that hosts share is refused, unless it is fenced", async () => {
  const disks = new VmDisks({
    images: {
      give: async () => {
        throw new Error("no image is wanted");
      },
    },
    qemuImg: new QemuImg({ program: "false" }),
    host: "here",
    diskPaths: [top],
  });
  const place = placeOf("one", "u1");
  const work = { signal, progress: () => {}, warn: () => {} };
  const disk = { name: "data", path: device(), format: "raw", shared: true };
  await expect(disks.prepare([VmDisk.create(disk)], place, work)).rejects.toMatchObject({
    code: "disk_unfenced",
    message: expect.stringMatching(/no lock keeps two of them from it; set fenced/),
  });
  // It comes as far as its claim, and to qemu-img, which is none here.
  await expect(disks.prepare([VmDisk.create({ ...disk, fenced: true })], place, work)).rejects.toMatchObject({
    code: "disk_failed",
  });
  expect(existsSync(deviceClaimPath(device(), place))).toBe(true);
});
