import { VmDisk } from "@cke/protocol";
import { expect, test } from "vitest";
import { locateDisk } from "./disk-files.ts";

const place = { vm: "web", uuid: "u", instance: "i", directory: "/vms/web.i", runDirectory: "/run/web" };
const image = { source: "http://images.example/a", sha256: "", format: "" };

test.each([
  [
    { name: "root", sizeMib: 5 },
    { path: "/vms/web.i/disks/disk-root.qcow2", format: "qcow2", sizeMib: 5 },
  ],
  [
    { name: "data", format: "raw" },
    { path: "/vms/web.i/disks/disk-data.raw", format: "raw" },
  ],
  [
    { name: "data", path: "/srv/a.img", format: "raw" },
    { path: "/srv/a.img", format: "raw" },
  ],
  [
    { name: "cd", role: "cdrom" },
    { path: "", format: "raw" },
  ],
  [
    { name: "cd", role: "cdrom", image },
    { path: "/vms/web.i/disks/disc-cd", format: "raw" },
  ],
  [
    { name: "cd", role: "cdrom", path: "/srv/a.iso" },
    { path: "/srv/a.iso", format: "raw" },
  ],
])("%j is there", (fields, disk) => {
  expect(locateDisk(VmDisk.create(fields), place)).toMatchObject(disk);
});

test.each([
  [{ name: "../root" }, "a disk's name must be"],
  [{ name: "" }, "a disk's name must be"],
  [{ name: ".hidden" }, "a disk's name must be"],
  [{ name: "a".repeat(64) }, "a disk's name must be"],
  [{ name: "root", path: "srv/a.img" }, "disk root: its path must be absolute"],
  [{ name: "root", path: "/srv/a\0b" }, "disk root: its path must be absolute"],
])("%j is refused", (fields, words) => {
  expect(() => locateDisk(VmDisk.create(fields), place)).toThrow(words);
});
