// The disks of a VM, made with the real qemu-img.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { VmBoot, type VmDisk } from "@cke/protocol";
import { LibvirtServer } from "@cke/test-servers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { baseImage, DiskLab, diskOf, MiB } from "./testing/disk-lab.ts";

const missing = LibvirtServer.missing();
if (missing !== undefined) process.stderr.write(`skipped: disks of virtual machines: ${missing}\n`);

describe.skipIf(missing !== undefined)("disks", () => {
  let lab: DiskLab;
  beforeEach(() => {
    lab = new DiskLab();
  });
  afterEach(() => lab.remove());
  const at = (...names: string[]) => lab.at(...names);
  const prepare = (...wanted: readonly VmDisk[]) => lab.prepare(...wanted);
  const info = (path: string) =>
    JSON.parse(execFileSync("qemu-img", ["info", "-U", "--output=json", path], { encoding: "utf8" }));

  test("an overlay, a raw copy, an overlay of raw and empty ones", async () => {
    const prepared = await prepare(
      diskOf({ image: baseImage, sizeMib: 10 }),
      diskOf({ name: "copy", image: baseImage, format: "raw", sizeMib: 5 }),
      diskOf({ name: "onraw", image: { ...baseImage, source: "base.raw" } }),
      diskOf({ name: "empty", sizeMib: 7 }),
      diskOf({ name: "sparse", format: "raw", sizeMib: 8 }),
      diskOf({ name: "cd", role: "cdrom" }),
    );
    expect(prepared.map(({ format, name, sizeMib }) => [name, format, sizeMib])).toEqual([
      ["root", "qcow2", 10],
      ["copy", "raw", 5],
      ["onraw", "qcow2", 3],
      ["empty", "qcow2", 7],
      ["sparse", "raw", 8],
      ["cd", "raw", 0],
    ]);
    expect(info(at("disk-root.qcow2"))).toMatchObject({
      "virtual-size": 10 * MiB,
      "backing-filename-format": "qcow2",
      "backing-filename": expect.stringMatching(/^image-[0-9a-f]{64}$/),
    });
    expect(info(at("disk-onraw.qcow2"))).toMatchObject({ "backing-filename-format": "raw" });
    expect(
      readFileSync(at("disk-copy.raw"))
        .subarray(0, 3 * MiB)
        .equals(readFileSync(join(lab.named, "base.raw"))),
    ).toBe(true);
    expect(statSync(at("disk-copy.raw")).size).toBe(5 * MiB);
    expect(statSync(at("disk-root.qcow2")).mode & 0o777).toBe(0o600);
    expect(statSync(lab.place.directory).mode & 0o777).toBe(0o711);
    expect(
      prepared.map(
        (made) =>
          lab.disks.locate(
            diskOf({ name: made.name, format: made.format, role: made.path === "" ? "cdrom" : "" }),
            lab.place,
          ).path,
      ),
    ).toEqual(prepared.map(({ path }) => path));
    expect(await lab.disks.describe(prepared[0] ?? fail())).toMatchObject({
      sizeMib: 10,
      allocatedMib: 1,
      problem: "",
    });
    expect(await lab.disks.describe(prepared[1] ?? fail())).toMatchObject({ sizeMib: 5, allocatedMib: 3 });
  });

  test("what is there is kept with its content, grows, and never shrinks", async () => {
    await prepare(diskOf({ image: baseImage }));
    execFileSync("qemu-io", ["-f", "qcow2", "-c", "write -P 0x5a 0 64k", at("disk-root.qcow2")]);
    rmSync(join(lab.named, "base.qcow2")); // nobody asks for it again
    expect(await prepare(diskOf({ image: baseImage, sizeMib: 20 }))).toMatchObject([{ sizeMib: 20 }]);
    expect(await prepare(diskOf({ image: baseImage, sizeMib: 10 }))).toMatchObject([{ sizeMib: 20 }]);
    expect(lab.warnings).toEqual(["disk root keeps its 20 MiB: disks do not shrink to 10 MiB"]);
    expect(
      execFileSync("qemu-io", ["-f", "qcow2", "-c", "read -P 0x5a 0 64k", at("disk-root.qcow2")], { encoding: "utf8" }),
    ).not.toContain("failed");
    await expect(prepare(diskOf({ image: baseImage, format: "raw" }))).rejects.toMatchObject({ code: "disk_format" });
  });

  test("a half-made disk is never used", async () => {
    await prepare(diskOf({ name: "other", sizeMib: 1 }));
    writeFileSync(at("disk-root.qcow2.making-1"), "half");
    expect(await prepare(diskOf({ sizeMib: 4 }))).toMatchObject([{ sizeMib: 4 }]);
    expect(readdirSync(at()).toSorted()).toEqual(["disk-other.qcow2", "disk-root.qcow2", "record.json"]);
  });

  test("a failure leaves nothing half-made", async () => {
    await expect(prepare(diskOf({ image: baseImage, sizeMib: 1 }))).rejects.toMatchObject({ code: "disk_size" });
    await expect(prepare(diskOf({ sizeMib: 0 }))).rejects.toMatchObject({ code: "disk_size" });
    await expect(prepare(diskOf({ sizeMib: 2 ** 44 }))).rejects.toBeDefined();
    expect(readdirSync(at()).filter((name) => name.startsWith("disk-"))).toEqual([]);
  });

  test("a disk that a guest writes to is not touched", async () => {
    const [made] = await prepare(diskOf({ sizeMib: 4 }));
    const path = made?.path ?? fail();
    // Only what opens the disk: no guest, no CPU time.
    const qemu = spawn("qemu-system-x86_64", [
      "-machine",
      "none",
      "-nodefaults",
      "-display",
      "none",
      "-monitor",
      "stdio",
      "-blockdev",
      `driver=qcow2,node-name=d,file.driver=file,file.filename=${path}`,
    ]);
    try {
      await once(qemu.stdout, "data");
      await expect(prepare(diskOf({ sizeMib: 8 }))).rejects.toMatchObject({
        code: "disk_busy",
        message: expect.stringContaining("another process uses the disk"),
      });
      expect(await lab.disks.describe({ name: "root", path, format: "qcow2", sizeMib: 4 })).toMatchObject({
        sizeMib: 4,
        problem: "",
      });
    } finally {
      qemu.kill("SIGKILL");
      await once(qemu, "exit");
    }
    expect(await prepare(diskOf({ sizeMib: 8 }))).toMatchObject([{ sizeMib: 8 }]);
  });

  test("an overlay whose base is gone, and a corrupt disk", async () => {
    await prepare(diskOf({ image: baseImage }));
    for (const name of readdirSync(at())) if (name.startsWith("image-")) renameSync(at(name), at("elsewhere"));
    await expect(prepare(diskOf({ image: baseImage }))).rejects.toMatchObject({ code: "disk_missing" });
    for (const name of readdirSync(at())) if (name.startsWith("elsewhere")) rmSync(at(name));
    await prepare(diskOf({ name: "broken", sizeMib: 1 }));
    const bytes = readFileSync(at("disk-broken.qcow2"));
    bytes[79] = 2; // the feature "corrupt"
    writeFileSync(at("disk-broken.qcow2"), bytes);
    await expect(prepare(diskOf({ name: "broken", sizeMib: 1 }))).rejects.toMatchObject({ code: "disk_corrupt" });
  });

  test("kernel, initrd and disc are given once, and anew when their source changes", async () => {
    writeFileSync(join(lab.named, "vmlinuz"), "kernel");
    writeFileSync(join(lab.named, "initrd"), Buffer.from("1f8b0800", "hex"));
    writeFileSync(join(lab.named, "a.iso"), Buffer.alloc(2 * MiB, 1));
    const boot = VmBoot.create({ type: "kernel", kernel: "vmlinuz", initrd: "initrd" });
    const kernel = await lab.disks.prepareKernel(boot, lab.place, lab.work);
    expect(kernel).toEqual({ kernel: at("boot-kernel"), initrd: at("boot-initrd") });
    expect(readFileSync(kernel.kernel, "utf8")).toBe("kernel");
    const disc = diskOf({ name: "cd", role: "cdrom", image: { ...baseImage, source: "a.iso" } });
    expect(await prepare(disc)).toEqual([{ name: "cd", path: at("disc-cd"), format: "raw", sizeMib: 2 }]);
    for (const name of ["vmlinuz", "initrd", "a.iso"]) rmSync(join(lab.named, name));
    expect(await lab.disks.prepareKernel(boot, lab.place, lab.work)).toEqual(kernel);
    expect(await prepare(disc)).toMatchObject([{ sizeMib: 2 }]);
    writeFileSync(join(lab.named, "new"), "kernel 2");
    await lab.disks.prepareKernel(VmBoot.create({ ...boot, kernel: "new" }), lab.place, lab.work);
    expect(readFileSync(kernel.kernel, "utf8")).toBe("kernel 2");
    await expect(prepare(diskOf({ name: "cd2", role: "cdrom", image: baseImage }))).rejects.toMatchObject({
      code: "image_format",
    });
    expect(existsSync(at("disc-cd2"))).toBe(false);
  });

  test("one disk is removed with the image that it alone used", async () => {
    await prepare(
      diskOf({ image: baseImage }),
      diskOf({ name: "b", image: baseImage }),
      diskOf({ name: "c", image: { ...baseImage, source: "base.raw" } }),
    );
    const images = () => readdirSync(at()).filter((name) => name.startsWith("image-")).length;
    expect(images()).toBe(2);
    await lab.disks.removeDisk("root", lab.place);
    expect(images()).toBe(2);
    await lab.disks.removeDisk("c", lab.place);
    expect(images()).toBe(1);
    await lab.disks.removeDisk("c", lab.place);
    await lab.disks.removeDisk("b", lab.place);
    expect(readdirSync(at())).toEqual(["record.json"]);
  });

  test("all are removed, and nothing else", async () => {
    await prepare(diskOf({ image: baseImage }), diskOf({ name: "b", sizeMib: 1 }));
    writeFileSync(join(lab.place.directory, "seed.iso"), "seed");
    mkdirSync(join(lab.place.directory, "disks.removed-earlier"));
    await lab.disks.remove(lab.place);
    await lab.disks.remove(lab.place);
    expect(readdirSync(lab.place.directory)).toEqual(["seed.iso"]);
    // Made anew, they are empty.
    await prepare(diskOf({ name: "b", sizeMib: 1 }));
    expect(readdirSync(at()).toSorted()).toEqual(["disk-b.qcow2", "record.json"]);
  });

  test("disks of another VM are not touched", async () => {
    await prepare(diskOf({ sizeMib: 1 }));
    const other = { ...lab.place, vm: "db", uuid: "5e1d0c0e-0000-4000-8000-000000000002" };
    await expect(lab.disks.prepare([diskOf({ sizeMib: 1 })], other, lab.work)).rejects.toMatchObject({
      code: "disk_busy",
      message: expect.stringContaining("web (5e1d0c0e"),
    });
    await expect(lab.disks.remove(other)).rejects.toMatchObject({ code: "disk_busy" });
    await expect(lab.disks.removeDisk("root", other)).rejects.toMatchObject({ code: "disk_busy" });
    expect(existsSync(at("disk-root.qcow2"))).toBe(true);
  });

  test("a live disk is made but not grown", async () => {
    const one = diskOf({ name: "hot", sizeMib: 2 });
    expect(await lab.disks.prepareLive(one, lab.place, lab.work)).toMatchObject({ sizeMib: 2 });
    expect(await lab.disks.prepareLive({ ...one, sizeMib: 9 }, lab.place, lab.work)).toMatchObject({ sizeMib: 2 });
  });

  test("two executors of one VM take turns", async () => {
    const all = await Promise.all([1, 2, 3, 4].map(() => prepare(diskOf({ image: baseImage, format: "raw" }))));
    expect(new Set(all.map((prepared) => JSON.stringify(prepared))).size).toBe(1);
    expect(readdirSync(at()).filter((name) => name.startsWith("disk-"))).toEqual(["disk-root.raw"]);
  });

  test("a launch that is given up ends at once", async () => {
    lab.abort.abort(new Error("killed"));
    await expect(prepare(diskOf({ sizeMib: 1 }))).rejects.toThrow("killed");
  });
});

function fail(): never {
  throw new Error("not there");
}
