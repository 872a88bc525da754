// Disks of clones, made with the real qemu-img: of a snapshot while a guest writes on, of a VM that rests, and after kill -9 in the middle.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LibvirtServer } from "@cke/test-servers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { StoreFixture } from "../images/testing/store-fixture.ts";
import { QemuImg } from "../qemu-img/qemu-img.ts";
import { HostLock } from "../storage/host-lock.ts";
import { disksDirectory, disksLock, madeDisk } from "./disk-files.ts";
import { copyOf, diskOf, placeOf } from "./testing/clone-parts.ts";
import { VmDisks } from "./vm-disks.ts";

vi.setConfig({ testTimeout: 600_000 });
const missing = LibvirtServer.missing();
if (missing !== undefined) process.stderr.write(`skipped: disks of clones: ${missing}\n`);

const program = fileURLToPath(new URL("testing/copying-process.ts", import.meta.url));
const [sourceId, cloneId] = ["5e1d0c0e-0000-4000-8000-00000000aaaa", "5e1d0c0e-0000-4000-8000-00000000bbbb"];
const names = ["system", "data0"];

describe.skipIf(missing !== undefined)("the disks of a clone", () => {
  let fixture: StoreFixture;
  let disks: VmDisks;
  const source = () => placeOf(fixture.directory, sourceId);
  const clone = () => placeOf(fixture.directory, cloneId);
  const of = (name: string, place = source()) => madeDisk(place, name, "qcow2");
  const io = (disk: string, ...words: readonly string[]) =>
    execFileSync("qemu-io", ["-f", "qcow2", "-c", words.join(" "), disk], { stdio: "pipe" }).toString();
  const write = (byte: number) => {
    for (const name of names) io(of(name), "write", "-P", String(byte), "0", "1M");
  };
  const has = (disk: string, byte: number) => {
    try {
      return !io(disk, "read", "-P", String(byte), "0", "1M").includes("failed");
    } catch {
      return false;
    }
  };
  const made = (place = clone()) =>
    existsSync(disksDirectory(place))
      ? readdirSync(disksDirectory(place)).filter((name) => name !== "record.json")
      : [];
  const copy = async (snapshot: string, wanted = names, begun = false) =>
    await disks.copy(
      wanted.map((name) => diskOf({ name })),
      copyOf(source(), snapshot, wanted, ["firmware-variables.fd"]),
      clone(),
      begun,
      fixture.work,
    );

  beforeEach(async () => {
    fixture = new StoreFixture();
    disks = new VmDisks({ images: fixture.store(), qemuImg: new QemuImg(), host: "here", diskPaths: [] });
    await disks.prepare(
      names.map((name) => diskOf({ name, sizeMib: 8 })),
      source(),
      fixture.work,
    );
    write(1);
    for (const name of names) execFileSync("qemu-img", ["snapshot", "-c", "then", of(name)]);
    write(2);
    writeFileSync(join(source().directory, "firmware-variables.fd"), "variables");
  });
  afterEach(() => fixture.remove());

  test("of a snapshot, while a guest has them open; they are the clone's own from then on", async () => {
    const qemu = spawn("qemu-system-x86_64", [
      ...["-machine", "none", "-nodefaults", "-display", "none", "-monitor", "stdio"],
      ...names.flatMap((name) => [
        "-blockdev",
        `driver=qcow2,node-name=${name},file.driver=file,file.filename=${of(name)}`,
      ]),
    ]);
    try {
      await once(qemu.stdout, "data");
      await expect(copy("")).rejects.toMatchObject({ code: "disk_busy" });
      expect(made()).toEqual([]);
      await copy("then");
    } finally {
      qemu.kill("SIGKILL");
      await once(qemu, "exit");
    }
    await disks.remove(source());
    for (const name of names) {
      expect(has(of(name, clone()), 1)).toBe(true);
      const [info] = [JSON.parse(execFileSync("qemu-img", ["info", "--output=json", of(name, clone())]).toString())];
      expect([info["backing-filename"], info.snapshots]).toEqual([undefined, undefined]);
      execFileSync("qemu-img", ["check", "-q", of(name, clone())]);
    }
    expect(readFileSync(join(clone().directory, "firmware-variables.fd"), "utf8")).toBe("variables");
    expect(fixture.progress).toContain("copying disk data0 of vm-aaaa@then (0 %)");
  });

  test("of a VM that rests: as they are, on an image or not; what is there is not copied again, and grows", async () => {
    await copy("");
    expect(names.map((name) => has(of(name, clone()), 2))).toEqual([true, true]);
    write(3);
    await copy("");
    expect(names.map((name) => has(of(name, clone()), 2))).toEqual([true, true]);
    const prepared = await disks.prepare([diskOf({ name: "system", sizeMib: 12 })], clone(), fixture.work);
    expect(prepared).toMatchObject([{ sizeMib: 12 }]);
  });

  test("two clones at once, and an executor of the source that waits for them", async () => {
    const lock = await HostLock.acquire(disksLock(source()), { signal: fixture.work.signal });
    const first = copy("");
    const other = placeOf(fixture.directory, "5e1d0c0e-0000-4000-8000-00000000cccc");
    const second = disks.copy(
      names.map((name) => diskOf({ name })),
      copyOf(source(), "", names),
      other,
      false,
      fixture.work,
    );
    await vi.waitFor(() => expect(fixture.progress.filter((words) => words.includes("waiting for"))).toHaveLength(2), {
      timeout: 300_000,
    });
    expect([made(), made(other)]).toEqual([[], []]);
    await lock.release();
    await Promise.all([first, second]);
    for (const place of [clone(), other]) expect(names.map((name) => has(of(name, place), 2))).toEqual([true, true]);
  });

  test("kill -9 in the middle: nothing half-made is used, no process goes on, and the next executor ends it", async () => {
    for (const killAt of [
      "waiting",
      "system of vm-aaaa (0 %)",
      "system of vm-aaaa (100 %)",
      "data0 of vm-aaaa (0 %)",
      "data0 of vm-aaaa (100 %)",
    ]) {
      const { signal } = fixture.work;
      const held = killAt === "waiting" ? await HostLock.acquire(disksLock(source()), { signal }) : undefined;
      const child = spawn(process.execPath, [program, fixture.directory, cloneId, sourceId, killAt, ...names], {
        stdio: ["ignore", "inherit", "inherit"],
      });
      expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
      await held?.release();
      const whole = made().filter((name) => !name.includes(".making-"));
      for (const name of names) if (whole.includes(`disk-${name}.qcow2`)) expect(has(of(name, clone()), 2)).toBe(true);
      await copy("");
      expect(made().toSorted()).toEqual(["disk-data0.qcow2", "disk-system.qcow2"]);
      expect(names.map((name) => has(of(name, clone()), 2))).toEqual([true, true]);
      rmSync(clone().directory, { recursive: true });
    }
  });

  test("a snapshot that is deleted, or made anew, while it is copied makes no disk", async () => {
    class Deleting extends QemuImg {
      override async convert(...args: Parameters<QemuImg["convert"]>): Promise<void> {
        await super.convert(...args);
        execFileSync("qemu-img", ["snapshot", "-d", "then", args[0].path]);
        execFileSync("qemu-img", ["snapshot", "-c", "then", args[0].path]);
      }
    }
    disks = new VmDisks({ images: fixture.store(), qemuImg: new Deleting(), host: "here", diskPaths: [] });
    await expect(copy("then")).rejects.toMatchObject({
      code: "clone_snapshot",
      message: "snapshot then of VM vm-aaaa was deleted while it was copied",
    });
    expect(made()).toEqual([]);
  });

  test("what cannot be copied is told with what there is", async () => {
    await expect(copy("never")).rejects.toMatchObject({
      code: "clone_snapshot",
      message: expect.stringContaining("disk system of VM vm-aaaa has no snapshot never: it has then"),
    });
    await expect(copy("then", ["none"])).rejects.toMatchObject({ code: "clone_source" });
    await copy("then", ["system"]);
    await expect(copy("then", names, true)).rejects.toMatchObject({
      code: "disk_missing",
      message: expect.stringContaining("disk data0 is gone"),
    });
    await disks.remove(source());
    await expect(copy("then", ["data0"])).rejects.toMatchObject({
      code: "clone_source",
      message: expect.stringContaining("are not on this host"),
    });
    mkdirSync(disksDirectory(source()), { recursive: true });
    await expect(copy("")).rejects.toMatchObject({ code: "clone_source" });
  });

  test("the room for a raw copy is that of what is in it: holes stay holes", async () => {
    const qemuImg = new QemuImg();
    const { signal } = fixture.work;
    const raw = (name: string) => madeDisk(source(), name, "raw");
    const measure = (name: string) => qemuImg.measure({ path: raw(name), format: "raw" }, "raw", signal);
    await qemuImg.create(raw("sparse"), "raw", 2 ** 40, signal);
    execFileSync("qemu-io", ["-f", "raw", "-c", "write -P 5 1G 3M", raw("sparse")]);
    const needed = await measure("sparse");
    expect(needed).toBeGreaterThanOrEqual(3 * 2 ** 20);
    // Some more is counted: the tables that qcow2 would have.
    expect(needed).toBeLessThan(2 ** 28);
    const qcow2 = { path: of("system"), format: "qcow2", snapshot: "1" } as const;
    expect(await qemuImg.measure(qcow2, "raw", signal)).toBeLessThan(8 * 2 ** 20);
    writeFileSync(raw("full"), Buffer.alloc(2 ** 20, "data"));
    expect(await measure("full")).toBe(2 ** 20);
    const parts = copyOf(source(), "", []);
    const copied = { ...parts, formats: new Map([["sparse", "raw"]] as const) };
    await disks.copy([diskOf({ name: "sparse", format: "raw" })], copied, clone(), false, fixture.work);
    const { blocks, size } = statSync(madeDisk(clone(), "sparse", "raw"));
    expect(size).toBe(2 ** 40);
    expect(blocks * 512).toBeLessThanOrEqual(needed);
  });

  test("more than there is room for is not begun", async () => {
    class Huge extends QemuImg {
      override async measure(): Promise<number> {
        return 2 ** 60;
      }
    }
    disks = new VmDisks({ images: fixture.store(), qemuImg: new Huge(), host: "here", diskPaths: [] });
    await expect(copy("then")).rejects.toMatchObject({ code: "disk_full" });
    expect(made()).toEqual([]);
  });
});
