// Which images a VM may have: no other file of a host, and no URL with a password.
import { expect, test } from "vitest";
import { vmDefinition } from "../rendering/vm-definition.ts";
import { sampleVmBody, sampleVmContext } from "../testing/sample-vms.ts";
import { readVm } from "./vm-reader.ts";

test.each<[string, string, string]>([
  ["file:///srv/images/debian.qcow2", "/srv/images", ""],
  ["file:///srv/images//a/debian%20x.qcow2", "/srv/images/", ""],
  ["file:///etc/shadow", "/srv/images", "disk.system.image: file:///etc/shadow is not below /srv/images"],
  ["file:///srv/images-of-others/x", "/srv/images", "is not below /srv/images"],
  [
    "file:///srv/images/../../etc/shadow",
    "/srv/images",
    "disk.system.image.source: must be an http:// or https:// URL",
  ],
  ["file:///srv/images/%2e%2e/%2e%2e/etc/shadow", "/srv/images", "is not below /srv/images"],
  ["file:///srv/images/..%2f..%2fetc/shadow", "/srv/images", "must be an http:// or https:// URL"],
  ["file:///etc/shadow", "", "the scheduler has no directory of images there"],
  ["file:///etc/shadow", "http://images/", "the scheduler has no directory of images there"],
  ["https://host/debian.qcow2?token=x", "", ""],
  ["https://ann:topsecret@host/debian.qcow2", "", "without a user and a password"],
  ["https://topsecret@host/debian.qcow2", "", "without a user and a password"],
  ["https://ann:top/secret@host/debian.qcow2", "", "without a user and a password"],
  [`https://ann:${"topsecret".repeat(20)}@host/debian.qcow2`, "", "without a user and a password"],
])("the image %s with -vm_image_path %j: %s", (image, imagePath, words) => {
  const reading = () => readVm(sampleVmBody({ disk: { system: { image } } }), { ...sampleVmContext, imagePath }, "i1");
  if (words === "") expect(reading().spec.disks[0]?.image?.source).toBe(image);
  else expect(reading).toThrow(words);
  try {
    reading();
  } catch (error) {
    expect(String(error)).not.toMatch(/secret@|topsec/);
  }
});

test.each<[string, string]>([
  ["/mnt/web.raw", ""],
  ["/srv//vms/web.raw", ""],
  ["/dev/vg0/web", ""],
  ["/etc/shadow", "disk.system.path: /etc/shadow is not below /mnt, /srv: only files there"],
  ["/mnt-of-others/web.raw", "is not below /mnt, /srv"],
  ["/dev", "is not below /mnt, /srv"],
])("a disk with the path %s: %s", (path, words) => {
  const reading = () => readVm(sampleVmBody({ disk: { system: { path } } }), sampleVmContext, "i1");
  if (words === "") expect(reading().spec.disks[0]?.path).toBe(path);
  else expect(reading).toThrow(words);
});

const disk = (more: Readonly<Record<string, unknown>> = {}) => ({ system: { path: "/mnt/web.raw", ...more } });
const onHost = (host: string, more: Readonly<Record<string, unknown>> = {}) => ({
  host,
  network: [],
  disk: disk(more),
});

test.each<[string, Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>, boolean]>([
  ["one host", onHost("a"), onHost("A"), true],
  ["two hosts", onHost("a"), onHost("b"), false],
  ["a host, and any", onHost("a"), onHost("*"), false],
  ["any host twice", onHost("*"), onHost("*", { path: "/mnt//web.raw" }), true],
  [
    "hosts of two racks",
    { ...onHost("*"), attributes: { rack: "1" } },
    { ...onHost("*"), attributes: { rack: "2" } },
    false,
  ],
  ["shared", onHost("a", { shared: true }), onHost("b", { shared: true }), true],
  ["shared by one of them", onHost("a"), onHost("b", { shared: true }), true],
  ["one reads what the other writes", onHost("a", { readOnly: true }), onHost("a"), true],
  ["both read", onHost("a", { readOnly: true }), onHost("a", { readOnly: true }), false],
])("two VMs with one path: %s", (_what, first, second, refused) => {
  const { spec } = readVm(sampleVmBody({ name: "first", ...first }), sampleVmContext, "i1");
  const context = { ...sampleVmContext, existing: [spec] };
  const reading = () => readVm(sampleVmBody({ name: "second", ...second }), context, "i2");
  if (!refused) expect(reading().spec.name).toBe("second");
  else expect(reading).toThrow('is disk "system" of VM "first", and two VMs do not write to one disk');
  // What it has itself is no other one's.
  expect(readVm(sampleVmBody({ name: "first", ...second }), context, "i1").spec.name).toBe("first");
  // What it had in common before its change stays, and that alone.
  const { spec: before } = readVm(sampleVmBody({ name: "second", ...second }), sampleVmContext, "i2");
  expect(readVm(sampleVmBody({ name: "second", ...second }), { ...context, before }, "i2").spec.name).toBe("second");
});

test("more memory than it has needs a balloon, also of a VM that was stored before", () => {
  const body = { mem: 512, maxMem: 1_024, network: [] };
  const reading = (more: Readonly<Record<string, unknown>>) =>
    readVm(sampleVmBody({ ...body, ...more }), sampleVmContext, "i1").spec;
  const devices = { balloon: false };
  expect(() => reading({ devices })).toThrow("maxMem: is more than mem, 512 MiB, which needs devices.balloon");
  expect(vmDefinition(reading({})).memory?.maximumMib).toBe(1_024);
  const before = reading({});
  const stored = { ...before, devices: { ...before.devices, balloon: false } };
  expect(vmDefinition(stored).memory).toMatchObject({ mib: 512, maximumMib: 512 });
});

test("kernels and initrds are images too", () => {
  const boot = { kernel: "file:///etc/shadow", initrd: "file:///etc/passwd" };
  const reading = () => readVm(sampleVmBody({ bootType: "kernel", boot }), sampleVmContext, "i1");
  expect(reading).toThrow("boot.kernel: file:///etc/shadow is not below");
  expect(reading).toThrow("boot.initrd: file:///etc/passwd is not below");
});

test("with a URL as -vm_image_path an image with only a name is below it", () => {
  const context = { ...sampleVmContext, imagePath: "https://images/vm/" };
  const disk = { system: { image: "debian-12/a.qcow2" }, data: [{ image: "http://other/b.raw" }] };
  const boot = { kernel: "vmlinuz" };
  const { spec } = readVm(sampleVmBody({ disk, bootType: "kernel", boot }), context, "i1");
  expect(spec.disks.map(({ image }) => image?.source)).toEqual([
    "https://images/vm/debian-12/a.qcow2",
    "http://other/b.raw",
  ]);
  expect(spec.boot).toMatchObject({ kernel: "https://images/vm/vmlinuz", initrd: "" });
});
