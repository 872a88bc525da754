// What the host's files say of a VM.
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@cke/foundation";
import { afterEach, beforeEach, expect, test } from "vitest";
import { localVmHost } from "./local-vm-host.ts";
import { placeOf } from "./vm-directories.ts";

const host = localVmHost(systemClock);
let top: string;
const place = () =>
  placeOf({ vm: "vm1", uuid: "u1", instance: "i1" }, { data: join(top, "data"), run: join(top, "run") });
const labels = { "cke.framework": "f1", "cke.workload": "vm1", "cke.instance": "i1" };
const identity = { uuid: "u1", name: "cke-vm1", labels };

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), "cke-vm-host-"));
});
afterEach(async () => await rm(top, { recursive: true, force: true }));

test("a guest was started since its start was noted, and not before", async () => {
  expect(await host.wasStarted(place())).toBe(false);
  await host.makeDirectories(place(), identity);
  expect(await host.wasStarted(place())).toBe(false);
  await host.markStarted(place());
  expect(await host.wasStarted(place())).toBe(true);
});

test("a directory that is none holds no guest", async () => {
  await writeFile(join(top, "data"), "");
  expect(await host.wasStarted(place())).toBe(false);
});

test("a note that cannot be looked at is no answer", async () => {
  await host.makeDirectories(place(), identity);
  const note = join(place().directory, "started");
  await symlink(note, note);
  await expect(host.wasStarted(place())).rejects.toMatchObject({ code: "ELOOP" });
});

test("a directory says whose it is, until all of it is gone", async () => {
  expect(await host.directory(place())).toEqual({ kind: "none" });
  await host.makeDirectories(place(), identity);
  await writeFile(join(place().directory, "disk"), "data");
  expect(await host.directory(place())).toEqual({ kind: "labelled", labels });
  await host.makeRunDirectory(place(), undefined);
  await host.removeDirectories(place());
  expect([await readdir(join(top, "data/vms")), await readdir(join(top, "run/vm"))]).toEqual([[], []]);
});

test("a directory of somebody else is not taken over", async () => {
  await host.makeDirectories(place(), { ...identity, labels: { ...labels, "cke.instance": "i0" } });
  await expect(host.makeDirectories(place(), identity)).rejects.toMatchObject({ code: "directory_foreign" });
  expect(await host.directory(place())).toMatchObject({ labels: { "cke.instance": "i0" } });
});

test("one that says nothing is taken over only where its making was interrupted", async () => {
  await mkdir(place().directory, { recursive: true });
  await writeFile(join(place().directory, "vm.json.new"), "{");
  expect(await host.directory(place())).toEqual({ kind: "none" });
  await host.makeDirectories(place(), identity);
  await writeFile(join(place().directory, "vm.json"), "{");
  await expect(host.makeDirectories(place(), identity)).rejects.toThrow(/does not say whose it is/);
});

test("sockets of another instance are left alone", async () => {
  await host.makeRunDirectory({ ...place(), instance: "i0" }, undefined);
  await host.removeRunDirectory(place());
  expect(await readdir(place().runDirectory)).toEqual(["instance"]);
});
