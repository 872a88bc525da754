import { describe, expect, test } from "vitest";
import { SpecInvalidError } from "../../workload/body/spec-invalid-error.ts";
import { newUnitRecord } from "../../workload/records/records.ts";
import { passwordHash } from "../body/password.ts";
import { vmJson } from "../rendering/vm-json.ts";
import { sampleVmContext, sampleVmSpec } from "../testing/sample-vms.ts";
import { seedWords } from "./next-seed.ts";
import { readVmChange } from "./vm-change.ts";

const before = {
  ...sampleVmSpec({
    label: { a: "b" },
    cloudInit: { user: "ann", password: "secret" },
    boot: { firmware: "uefi" },
    restart: "never",
  }),
  paused: true,
};
const record = { ...newUnitRecord("web", "vm", "i1"), home: "a" };
const secrets = new Map([["password", passwordHash("secret")]]);
const data = (more: Readonly<Record<string, unknown>>) => ({ path: "/mnt/x.raw", ...more });
const change = (body: unknown, whole = false, spec = before) =>
  readVmChange(body, whole, { spec, record, secrets }, sampleVmContext);

test("a PATCH of nothing changes nothing, and keeps the seed with its secrets", () => {
  expect(change({})).toEqual({ spec: before, state: undefined, changed: [], kept: "", ignored: [] });
});

test.each<[Readonly<Record<string, unknown>>, readonly string[]]>([
  [{ cpus: 2 }, ["cpus"]],
  [{ memory: 1_024 }, ["mem"]],
  [{ devices: { tpm: true } }, ["devices"]],
  [{ boot: { machine: "pc" } }, ["boot"]],
  [{ disk: { system: { name: "system", image: "debian.qcow2", size: "20G" } } }, ["disk"]],
  [{ network: [] }, ["network"]],
  [{ label: {} }, ["label"]],
  [{ group: "web" }, ["group", "spread"]],
  [{ restart: "always" }, ["restart"]],
  [{ region: "north" }, ["region"]],
  [{ mem: 1_024, cpus: 1 }, ["mem"]],
  [{ cloud_init: { user: "bob" } }, ["cloudInit"]],
  [{ state: "stopped" }, []],
])("PATCH %j", (body, changed) => {
  const { spec, changed: found } = change(body);
  expect(found).toEqual(changed);
  expect(spec).toMatchObject({
    name: "web",
    uuid: before.uuid,
    paused: true,
    restart: body.restart ?? "never",
    boot: { firmware: "uefi" },
  });
});

test("more CPUs raise what the guest may have at most, and an explicit overhead stays", () => {
  const { spec } = change({ cpus: 4, mem: 2_048 });
  expect(spec).toMatchObject({
    cpus: 4,
    cpu: { maximum: 4 },
    mem: 2_048,
    memory: { maximumMib: 2_048, overheadMib: before.memory.overheadMib },
  });
});

test("a maximum that was named stays, also where it was the same as what the guest had", () => {
  const named = sampleVmSpec({ cpus: 2, maxCpus: 2, mem: 512, maxMem: 512 });
  const { spec, changed } = change({ cpus: 1, mem: 256 }, false, { ...named, paused: true });
  expect(changed).toEqual(["cpus", "mem"]);
  expect(spec).toMatchObject({ cpu: { maximum: 2 }, memory: { maximumMib: 512 } });
  expect(vmJson(spec)).toMatchObject({ maxCpus: 2, maxMem: 512 });
  expect(() => change({ mem: 1_024 }, false, { ...named, paused: true })).toThrow("maxMem: 512 MiB is less than mem");
});

test("a seed that is removed and added again with other secrets is another one", () => {
  const without = change({ cloudInit: null }).spec;
  expect(without.seed).toBeUndefined();
  const again = (password: string) =>
    readVmChange(
      { cloudInit: { user: "ann", password } },
      false,
      { spec: without, record, secrets: new Map() },
      sampleVmContext,
    ).spec;
  expect(again("other").seed).toMatchObject({ password: true, secretsVersion: 1 });
  const changedOnce = change({ cloudInit: { password: "other" } }).spec;
  const removed = change({ cloudInit: null }, false, { ...changedOnce, paused: true }).spec;
  expect(removed).toMatchObject({ secretsVersion: 1 });
  const last = readVmChange(
    { cloudInit: { user: "ann", password: "third" } },
    false,
    { spec: removed, record, secrets: new Map() },
    sampleVmContext,
  ).spec;
  expect(last.seed).toMatchObject({ secretsVersion: 2 });
});

const seeded = vmJson(before).cloudInit;
const script = "#!/bin/sh\n";

test.each<[string, Readonly<Record<string, unknown>>, boolean, Readonly<Record<string, unknown>>, readonly string[]]>([
  ["another field keeps the password", { user: "bob" }, false, { user: "bob", password: true }, ["cloudInit"]],
  ["a second secret comes beside it", { userData: script }, false, { password: true, userData: true }, ["cloudInit"]],
  ["null removes it", { password: null }, false, { user: "ann", password: false }, ["cloudInit"]],
  ["the same password is no change", { password: "secret" }, false, { password: true }, []],
  ["another password is one", { password: "other" }, false, { user: "ann", password: true }, ["cloudInit"]],
  ["a PUT of what is printed keeps it", { user: "ann", hostname: "web" }, true, { password: true }, []],
  [
    "a PUT with null removes it",
    { user: "ann", hostname: "web", password: null },
    true,
    { password: false },
    ["cloudInit"],
  ],
])("cloudInit: %s", (_what, cloudInit, whole, seed, changed) => {
  const body = whole ? { ...vmJson(before), cloudInit } : { cloudInit };
  const found = change(body, whole);
  expect(found.spec.seed).toMatchObject(seed);
  expect(found.changed).toEqual(changed);
  const isOther = JSON.stringify(cloudInit).includes("other");
  const after = found.secrets ?? secrets;
  expect([...after.keys()].toSorted()).toEqual(
    [
      ...(found.spec.seed?.password ? ["password"] : []),
      ...(found.spec.seed?.userData ? ["user-data"] : []),
    ].toSorted(),
  );
  expect(after.get("password") === secrets.get("password")).toBe(found.spec.seed?.password === true && !isOther);
  // A seed whose secrets alone have changed is written anew too.
  expect(found.spec.seed?.secretsVersion).toBe(found.secrets === undefined ? 0 : 1);
});

test("a VM that is printed and put again is the same, also with its secrets", () => {
  expect(seeded).toEqual({ hostname: "web", user: "ann" });
  expect(change(vmJson(before), true)).toMatchObject({ spec: before, changed: [] });
  expect(change({ cpus: 2 }).secrets).toBeUndefined();
});

test("what the answer says of a changed seed", () => {
  const { spec } = change({ cloudInit: { userData: script } });
  expect(seedWords(spec, false)).toBe(
    "cloudInit: the seed has password, userData; cloud-init takes it at the guest's first boot",
  );
  expect(seedWords(spec, true)).toContain("at the first boot of a guest only");
  expect(seedWords({}, true)).toContain("no secrets are kept");
});

test("a PUT is the whole VM: what it does not name is as in a new one", () => {
  const { name: _name, cloudInit: _seed, ...body } = vmJson(before);
  const { spec, secrets: left, changed } = change({ ...body, boot: undefined }, true);
  expect(spec).toMatchObject({ boot: { firmware: "bios" } });
  expect(spec.seed).toBeUndefined();
  expect([...(left ?? [])]).toEqual([]);
  expect(changed).toEqual(["boot", "cloudInit"]);
});

test("an image that is not accepted any more stays, and another one of its kind is refused", () => {
  const [disk] = before.disks;
  if (disk === undefined) throw new Error("no disk");
  const source = "file:///old/debian.qcow2";
  const old = { ...before, disks: [{ ...disk, image: { source, sha256: "", format: "" } }] };
  expect(change({ cpus: 2 }, false, old).changed).toEqual(["cpus"]);
  const more = { disk: { ...Object(vmJson(old).disk), data: [{ image: "file:///etc/shadow" }] } };
  expect(() => change(more, false, old)).toThrow("file:///etc/shadow is not below /srv/images");
});

test.each<[Readonly<Record<string, unknown>>, string]>([
  [{ name: "other" }, 'name: a VM keeps its name, "web"'],
  [{ id: "5" }, 'id: a VM keeps its id, ""'],
  [
    { disk: { system: { image: "debian.qcow2", size: "5G" } } },
    "disk system: a disk is never made smaller: it has 10240 MiB",
  ],
  [{ disk: { system: { image: "other.qcow2", size: "10G" } } }, "disk system: it was made of its image already"],
  [
    { disk: { system: { image: "debian.qcow2", size: "10G", format: "raw" } } },
    "disk system: it has the format qcow2, which stays",
  ],
  [{ disk: [], bootType: "network" }, 'disk: the system disk "system" stays'],
  [{ disk: { data: [{ size: "1G" }] }, bootType: "network" }, 'disk: the system disk "system" stays'],
  [{ disk: [] }, "disk: is missing: a VM that boots from its disk needs a system disk"],
  [{ disk: { system: { name: "other", image: "debian.qcow2" } } }, 'disk: the system disk "system" stays'],
  [{ host: "b" }, "host: its disks are on a: POST …/migrate moves it"],
  [{ state: "gone" }, 'state: must be "running", "stopped", "paused"; given is "gone"'],
  [{ cpus: 0 }, "cpus: must be CPUs"],
])("refuses %j", (body, words) => {
  expect(() => change(body)).toThrow(SpecInvalidError);
  expect(() => change(body)).toThrow(words);
});

test("what it has stands in the way of no name that it is refused", () => {
  const present = { ...before, id: "77" };
  const context = { ...sampleVmContext, existing: [present] };
  const rename = () => readVmChange({ name: "other" }, false, { spec: present, record, secrets }, context);
  expect(rename).toThrow(expect.objectContaining({ message: 'name: a VM keeps its name, "web"' }));
});

describe("a disk that two VMs have", () => {
  const mine = { network: [], disk: { system: { image: "d.qcow2", size: 100 }, data: [data({ readOnly: true })] } };
  const [web, other] = [sampleVmSpec({ ...mine, host: "a" }), sampleVmSpec({ ...mine, name: "other", host: "a" })];
  const changed = (body: unknown, of = web) =>
    readVmChange(body, false, { spec: of, record, secrets }, { ...sampleVmContext, existing: [web, other] }).changed;
  const refusal = 'is disk "data0" of VM "other", and two VMs do not write to one disk';

  test.each([
    [{ readOnly: false }, true],
    [{ readOnly: true, shared: true }, false],
  ])("a PATCH of it to %j is refused: %s", (more, refused) => {
    const patch = () => changed({ disk: { ...mine.disk, data: [data(more)] } });
    if (refused) expect(patch).toThrow(refusal);
    else expect(patch()).toEqual(["disk"]);
  });

  test("it was accepted before, and stays until the VM is to be elsewhere", () => {
    const writes = { ...mine, disk: { ...mine.disk, data: [data({})] } };
    const spec = sampleVmSpec({ ...writes, host: "b" });
    expect(changed({ cpus: 2 }, sampleVmSpec({ ...writes, host: "a" }))).toEqual(["cpus"]);
    expect(changed({ cpus: 2 }, spec)).toEqual(["cpus"]);
    expect(() => changed({ host: "a" }, spec)).toThrow(refusal);
  });
});

test("more memory than it has without a balloon, as an earlier version accepted it, stays while nothing of it changes", () => {
  const given = sampleVmSpec({ mem: 512, maxMem: 1_024 });
  const stored = { ...given, paused: true, devices: { ...given.devices, balloon: false } };
  const patch = (body: unknown) => change(body, false, stored);
  expect(patch({ cpus: 2, devices: { tpm: true } }).changed).toEqual(["cpus", "devices"]);
  for (const body of [{ mem: 256 }, { maxMem: 2_048 }])
    expect(() => patch(body)).toThrow("which needs devices.balloon");
  expect(patch({ mem: 1_024 }).changed).toEqual(["mem"]);
  expect(() => change({ devices: { balloon: false } }, false, { ...given, paused: true })).toThrow(
    "needs devices.balloon",
  );
});
