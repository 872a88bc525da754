// Disks with a path of their own, which one VM has at a time.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LibvirtServer } from "@cke/test-servers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { claimDisk, claimPath, releaseDisk } from "./disk-claim.ts";
import { DiskLab, diskOf, MiB } from "./testing/disk-lab.ts";

const missing = LibvirtServer.missing();
if (missing !== undefined) process.stderr.write(`skipped: claims of disks: ${missing}\n`);

describe.skipIf(missing !== undefined)("a disk with a path of its own", () => {
  let lab: DiskLab;
  afterEach(() => lab.remove());
  const shared = () => join(lab.named, "shared.raw");
  const foreign = (fields: Parameters<typeof diskOf>[0] = {}) =>
    diskOf({ path: shared(), format: "raw", shared: true, ...fields });
  beforeEach(() => {
    lab = new DiskLab();
    writeFileSync(shared(), Buffer.alloc(2 * MiB, "data"));
  });

  test("it is used, grown and left when everything is removed", async () => {
    expect(await lab.prepare(foreign({ sizeMib: 6 }))).toEqual([
      { name: "root", path: shared(), format: "raw", sizeMib: 6 },
    ]);
    expect(existsSync(claimPath(shared()))).toBe(true);
    await lab.disks.remove(lab.place);
    expect(statSync(shared()).size).toBe(6 * MiB);
    expect(existsSync(claimPath(shared()))).toBe(false);
  });

  test("who sees it reads what was written beside it just now, and who sees a copy does not", async () => {
    await lab.prepare(foreign());
    const moved = lab.disksOf("there");
    const there = { ...lab.place, directory: join(lab.directory, "vms", "there") };
    const other = { ...there, vm: "db", uuid: "5e1d0c0e-0000-4000-8000-000000000002" };
    expect(await lab.disks.prove([foreign()], lab.place, "new", AbortSignal.timeout(10_000))).toEqual(["root"]);
    expect(await moved.proofs([foreign()], there)).toEqual([{ name: "root", proof: "new" }]);
    expect(await moved.proofs([foreign()], other)).toEqual([{ name: "root", proof: "" }]);
    const copy = join(lab.named, "copy.raw");
    writeFileSync(claimPath(copy), readFileSync(claimPath(shared())));
    await lab.disks.prove([foreign()], lab.place, "newer", AbortSignal.timeout(10_000));
    expect(await moved.proofs([foreign({ path: copy })], there)).toEqual([{ name: "root", proof: "new" }]);
  });

  test("it belongs to one VM, on whichever host", async () => {
    await lab.prepare(foreign());
    const moved = lab.disksOf("there");
    const there = { ...lab.place, directory: join(lab.directory, "vms", "there") };
    await moved.prepare([foreign()], there, lab.work);
    const other = {
      ...there,
      vm: "db",
      uuid: "5e1d0c0e-0000-4000-8000-000000000002",
      directory: join(lab.directory, "vms", "db"),
    };
    expect(await moved.unclaimed([foreign()], there)).toEqual([]);
    expect(await moved.unclaimed([foreign()], other)).toEqual(["root"]);
    expect(await moved.unclaimed([foreign({ path: join(lab.named, "elsewhere.raw") })], there)).toEqual(["root"]);
    await expect(moved.prepare([foreign()], other, lab.work)).rejects.toMatchObject({
      code: "disk_busy",
      message: expect.stringMatching(
        /belongs to virtual machine web .*here.*if that does not exist any more, remove .*\.cke-claim/,
      ),
    });
    await moved.remove(other); // takes no claim of others with it
    expect(existsSync(claimPath(shared()))).toBe(true);
    await moved.prepare(
      [foreign({ readOnly: true })],
      { ...other, directory: join(lab.directory, "vms", "db2") },
      lab.work,
    );
    // Its guest is there now: what is removed here takes nothing from it.
    await lab.disks.removeDisk("root", lab.place);
    expect(existsSync(claimPath(shared()))).toBe(true);
    await moved.removeDisk("root", there);
    expect(existsSync(claimPath(shared()))).toBe(false);
    expect(existsSync(shared())).toBe(true);
  });

  test.each([false, true])(
    "the base of a disk goes with its guest to another host (read only: %s)",
    async (readOnly) => {
      const create = (...args: readonly string[]) => execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", ...args]);
      const base = join(lab.named, "golden.qcow2");
      const overlay = join(lab.named, "overlay.qcow2");
      create(base, "2M");
      create("-b", base, "-F", "qcow2", overlay);
      const disk = foreign({ path: overlay, format: "qcow2", readOnly });
      await lab.prepare(disk);
      const moved = lab.disksOf("there");
      const there = { ...lab.place, directory: join(lab.directory, "vms", "there") };
      await moved.claim([disk], there, lab.work.signal);
      // Its guest is there now: what is removed here takes nothing from it.
      await lab.disks.remove(lab.place);
      const vm = { vm: "db", uuid: "5e1d0c0e-0000-4000-8000-000000000002" };
      const other = { ...there, ...vm, directory: join(lab.directory, "vms", "db") };
      const written = foreign({ path: base, format: "qcow2" });
      await expect(moved.prepare([written], other, lab.work)).rejects.toMatchObject({ code: "disk_busy" });
      await moved.remove(there);
      await moved.prepare([written], other, lab.work);
    },
  );

  test("of many VMs that want it at once one has it", async () => {
    const vms = Array.from({ length: 12 }, (_, index) => ({
      ...lab.place,
      vm: `vm${index}`,
      uuid: `5e1d0c0e-0000-4000-8000-0000000001${String(index).padStart(2, "0")}`,
      directory: join(lab.directory, "vms", `vms/vm${index}`),
    }));
    for (let round = 0; round < 3; round += 1) {
      const done = await Promise.allSettled(vms.map((vm) => claimDisk(shared(), vm, "here", lab.work.signal)));
      const having = vms.filter((_, index) => done[index]?.status === "fulfilled");
      expect(having).toHaveLength(1);
      const claim = JSON.parse(readFileSync(claimPath(shared()), "utf8"));
      expect(claim).toMatchObject({ uuid: having[0]?.uuid, path: shared() });
      await Promise.all(vms.map((vm) => releaseDisk(shared(), vm, "here")));
      expect(existsSync(claimPath(shared()))).toBe(false);
    }
  });

  test("a claim that was interrupted before it was written claims nothing", async () => {
    writeFileSync(claimPath(shared()), "");
    await lab.prepare(foreign());
    expect(readFileSync(claimPath(shared()), "utf8")).toContain(lab.place.uuid);
  });

  test("a base is read by many, and then written to by none", async () => {
    const create = (...args: readonly string[]) => execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", ...args]);
    const base = join(lab.named, "golden.qcow2");
    create(base, "2M");
    const vm = (name: string) => ({
      ...lab.place,
      vm: name,
      uuid: `5e1d0c0e-0000-4000-8000-00000000000${name.length}`,
      directory: join(lab.directory, "vms", name),
    });
    const [one, two, writer] = [vm("a"), vm("bb"), vm("ccc")];
    const use = async (place: typeof one, path: string) =>
      await lab.disks.prepare([foreign({ path, format: "qcow2", shared: false })], place, lab.work);
    for (const place of [one, two]) {
      const overlay = join(lab.named, `${place.vm}.qcow2`);
      create("-b", base, "-F", "qcow2", overlay);
      await use(place, overlay);
      await use(place, overlay);
    }
    const readers = () =>
      JSON.parse(readFileSync(claimPath(base), "utf8")).readers.map((each: { vm: string }) => each.vm);
    expect(readers()).toEqual(["a", "bb"]);
    const busy = {
      code: "disk_busy",
      message: expect.stringMatching(/is the base of a disk of virtual machine (a|bb) /),
    };
    await expect(use(writer, base)).rejects.toMatchObject(busy);
    await lab.disks.removeDisk("root", one);
    expect(readers()).toEqual(["bb"]);
    await expect(use(writer, base)).rejects.toMatchObject(busy);
    await lab.disks.remove(two);
    expect(existsSync(claimPath(base))).toBe(false);
    // The other way round: what one writes to is nobody's base.
    await use(writer, base);
    await expect(use(one, join(lab.named, "a.qcow2"))).rejects.toMatchObject({
      code: "disk_busy",
      message: expect.stringContaining("golden.qcow2 belongs to virtual machine ccc"),
    });
    await lab.disks.remove(writer);
    await use(one, join(lab.named, "a.qcow2"));
    expect(readers()).toEqual(["a"]);
  });

  test("it must be there", async () => {
    rmSync(shared());
    await expect(lab.prepare(foreign())).rejects.toMatchObject({
      code: "disk_missing",
      message: expect.stringContaining("mount its storage"),
    });
    await expect(lab.prepare(foreign({ path: "shared.raw" }))).rejects.toMatchObject({ code: "disk_path" });
  });

  test("what its header names must lie where disks may be, as a guest may have written it", async () => {
    const overlay = join(lab.named, "overlay.qcow2");
    const create = (...args: readonly string[]) => execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", ...args]);
    const use = () => lab.prepare(foreign({ path: overlay, format: "qcow2", sizeMib: 4 }));
    const [secret] = await lab.prepare(diskOf({ name: "secret", sizeMib: 1 }));
    const other = secret?.path ?? "";
    create("-b", "base.qcow2", "-F", "qcow2", overlay);
    expect(await use()).toMatchObject([{ path: overlay, sizeMib: 4 }]);
    create("-b", other, "-F", "qcow2", overlay);
    await expect(use()).rejects.toMatchObject({
      code: "disk_path",
      message: `the base of disk root: ${other} belongs to CKE: it is of a VM, or an image`,
    });
    // The same through a base that may be read.
    create("-b", other, "-F", "qcow2", join(lab.named, "between.qcow2"));
    create("-b", "between.qcow2", "-F", "qcow2", overlay);
    await expect(use()).rejects.toMatchObject({ code: "disk_path" });
    create("-u", "-b", `json:{"driver":"qcow2","file":"${other}"}`, "-F", "qcow2", overlay, "1M");
    await expect(use()).rejects.toMatchObject({ code: "disk_path" });
    const data = join(lab.directory, "data");
    create("-o", `data_file=${data}`, overlay, "1M");
    await expect(use()).rejects.toMatchObject({ code: "disk_path", message: expect.stringContaining(data) });
    expect(statSync(data).size).toBe(MiB);
  });
});
