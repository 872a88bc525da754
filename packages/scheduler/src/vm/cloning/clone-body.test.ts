// What a clone has of its source, and what it has not.
import { expect, test } from "vitest";
import { readVm } from "../body/vm-reader.ts";
import type { VmSpec } from "../body/vm-spec.ts";
import { sampleVmContext, sampleVmSpec } from "../testing/sample-vms.ts";
import { cloneBody, cloneSpecProblems, copiedDisks, originOf } from "./clone-body.ts";

const source = sampleVmSpec({
  id: "own-id",
  title: "the first",
  label: { team: "t" },
  disk: {
    system: { image: "debian.qcow2", size: "10G" },
    data: [{ size: 100, format: "raw", bus: "scsi" }],
    cdrom: [{ image: "tools.iso" }],
  },
  network: [
    {
      name: "br0",
      mac: "52:54:00:aa:bb:01",
      ip: "10.77.0.9/24",
      gateway: "10.77.0.1",
      dns: ["10.77.0.1"],
      ports: ["8080:80"],
    },
    { name: "br1", vlan: 7 },
  ],
  cloudInit: {
    user: "ann",
    sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 ann"],
    password: "secret",
    userData: "#!/bin/sh\n",
  },
  group: "web",
});

function cloned(given: Readonly<Record<string, unknown>> = {}, of: VmSpec = source, copies = true) {
  const { body, warnings } = cloneBody(of, { name: "clone", ...given }, copies);
  const copied = new Set(copies ? copiedDisks(of).map(({ name }) => name) : []);
  const read = readVm(body, { ...sampleVmContext, existing: [of], copied }, "i2");
  return { ...read, warnings, origin: copies ? originOf(read.spec, of, "i1", "then") : undefined };
}

test("it has what its source has, but for what only one VM can have, and no secrets", () => {
  const { spec, secrets, warnings, origin } = cloned();
  expect(spec).toMatchObject({
    name: "clone",
    id: "",
    title: "the first",
    label: { team: "t" },
    cpus: 1,
    mem: 512,
    expect: "RUN",
  });
  expect(spec.uuid).not.toBe(source.uuid);
  expect(spec.units[0].apart).toEqual({ group: "web", by: "host" });
  expect(spec.memory).toEqual(source.memory);
  expect(spec.disks).toMatchObject([
    { name: "system", sizeMib: 10_240, format: "qcow2" },
    { name: "data0", sizeMib: 100, format: "raw", bus: "scsi" },
    { name: "cdrom0", image: { source: "tools.iso" } },
  ]);
  expect(spec.disks.slice(0, 2).map(({ image }) => image)).toEqual([undefined, undefined]);
  expect(spec.nics).toMatchObject([
    { nic: "eth0", network: "br0", mac: "", ip: "", gateway: "", dns: ["10.77.0.1"], ports: [] },
    { nic: "eth1", network: "br1", vlan: 7 },
  ]);
  expect(spec.seed).toMatchObject({
    hostname: "clone",
    user: "ann",
    sshKeys: [expect.any(String)],
    password: false,
    userData: false,
  });
  expect([...secrets]).toEqual([]);
  expect(warnings).toEqual([
    expect.stringContaining("of the source's NICs (eth0) stay its own"),
    expect.stringContaining("not given to the clone (password, userData)"),
  ]);
  expect(origin).toEqual({
    ...{ vm: "web", uuid: source.uuid, instance: "i1", snapshot: "then" },
    disks: [
      { name: "system", format: "qcow2" },
      { name: "data0", format: "raw" },
    ],
  });
});

test("what the request gives counts: objects field by field, lists as a whole", () => {
  const { spec, secrets, warnings, origin } = cloned({
    mem: 1_024,
    title: "the second",
    network: { name: "br0", ip: "10.77.0.10/24" },
    cloudInit: { user: "bob", sshKeys: null, password: "another" },
    disk: { system: { format: "raw", size: "20G" }, data: [{ name: "fresh", size: "1G" }] },
    devices: { vnc: false },
  });
  expect(spec).toMatchObject({ mem: 1_024, title: "the second", devices: { vnc: false, rng: true } });
  expect(spec.memory.overheadMib).toBe(sampleVmSpec({ mem: 1_024, devices: { vnc: false } }).memory.overheadMib);
  expect(spec.nics).toMatchObject([{ ip: "10.77.0.10/24" }]);
  expect(spec.seed).toMatchObject({ hostname: "clone", user: "bob", sshKeys: [], password: true, userData: false });
  expect([...secrets.keys()]).toEqual(["password"]);
  expect(warnings).toEqual([expect.stringContaining("not given to the clone (userData)")]);
  expect(spec.disks.map(({ name, format, sizeMib }) => [name, format, sizeMib])).toEqual([
    ["system", "raw", 20_480],
    ["fresh", "qcow2", 1_024],
  ]);
  expect(origin?.disks).toEqual([{ name: "system", format: "qcow2" }]);
});

test("cloudInit null leaves it out", () => {
  const { spec, warnings } = cloned({ cloudInit: null });
  expect(spec.seed).toBeUndefined();
  expect(warnings).toHaveLength(1);
});

test("of a VM without disks on any host: its images", () => {
  const { spec } = cloned({}, source, false);
  expect(spec.disks[0]?.image?.source).toBe("debian.qcow2");
});

test("what cannot be for a clone", () => {
  const tied = sampleVmSpec({
    host: "a",
    disk: { system: { image: "d.qcow2", size: 100 }, data: [{ path: "/mnt/data.raw" }] },
  });
  const problems = (given: Readonly<Record<string, unknown>>) => {
    const { spec } = cloned({ network: [], ...given }, tied);
    return [...cloneSpecProblems(spec, tied, "a")].map(({ path, message }) => `${path}: ${message}`);
  };
  expect(() => problems({})).toThrow("two VMs do not write to one disk");
  const disk = { system: { size: 100 } };
  expect(problems({ disk })).toEqual([]);
  expect(problems({ disk, host: "A" })).toEqual([]);
  expect(problems({ disk, host: "b" })).toEqual([expect.stringContaining('host: the disks of VM "web" are on a')]);
  expect(problems({ disk: { system: { size: 50 } } })).toEqual([expect.stringContaining("never made smaller")]);
  // With disks of its own it may begin anywhere.
  expect(problems({ disk: { system: { image: "other.qcow2", size: 50 } }, host: "b" })).toEqual([]);
});
