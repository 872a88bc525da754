import { verify } from "unixcrypt";
import { expect, test } from "vitest";
import { ignoredFieldsMessage } from "../../workload/body/ignored-fields.ts";
import { SpecInvalidError } from "../../workload/body/spec-invalid-error.ts";
import { sampleVmBody, sampleVmContext, sampleVmSpec } from "../testing/sample-vms.ts";
import { readVm } from "./vm-reader.ts";

const read = (overrides: Readonly<Record<string, unknown>> = {}) =>
  readVm(sampleVmBody(overrides), sampleVmContext, "i1");

function problemsOf(
  overrides: Readonly<Record<string, unknown>>,
  existing: Parameters<typeof readVm>[1]["existing"] = [],
) {
  try {
    readVm(sampleVmBody(overrides), { ...sampleVmContext, existing }, "i1");
  } catch (error) {
    if (!(error instanceof SpecInvalidError)) throw error;
    return { status: error.status, problems: error.problems.map(({ path, message }) => `${path}: ${message}`) };
  }
  return { status: 201, problems: [] };
}

test("the smallest body, with what follows from it", () => {
  const { spec, secrets, ignored } = read();
  expect(ignored).toEqual([]);
  expect(secrets.size).toBe(0);
  expect(spec).toMatchObject({
    name: "web",
    cpus: 1,
    cpu: { maximum: 1, model: "", quota: false },
    mem: 512,
    memory: { maximumMib: 512, overheadMib: Math.ceil(((128 + 8 + 1 + 16) * 3) / 2) },
    boot: { type: "hd", firmware: "bios" },
    disks: [
      {
        name: "system",
        role: "system",
        sizeMib: 10_240,
        format: "qcow2",
        bus: "virtio",
        image: { source: "debian.qcow2" },
      },
    ],
    nics: [{ nic: "eth0", type: "bridge", network: "br0", ip: "10.77.0.9/24", model: "virtio", queues: 1 }],
    units: [{ name: "vm", host: "*", stateful: true, reservation: false, expect: "RUN" }],
    restart: "always",
  });
  expect(spec.seed).toBeUndefined();
  expect(spec.uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("the UUID is the operator's own one, or differs between instances", () => {
  const own = "6e1b9d0c-6a0e-4c0f-9d51-0f5a3b1f2c4d";
  expect(read({ id: own.toUpperCase() }).spec).toMatchObject({ id: own.toUpperCase(), uuid: own });
  expect(sampleVmSpec({}, "i1").uuid).toBe(sampleVmSpec({}, "i1").uuid);
  expect(sampleVmSpec({}, "i1").uuid).not.toBe(sampleVmSpec({}, "i2").uuid);
  expect(read({ id: 17 }).spec).toMatchObject({ id: "17", uuid: sampleVmSpec().uuid });
});

test("snake_case, other names and the shorter forms say the same", () => {
  const one = read({
    osInfo: "debian12",
    label: { team: "a" },
    maxCpus: 4,
    boot: { firmware: "uefi" },
    disk: {
      system: { image: { source: "https://images.example/d.qcow2", sha256: "AB".repeat(32) }, size: 2_048 },
      data: [{ size: "1G" }],
    },
    network: [
      {
        name: "br0",
        nic: "eth0",
        ip: "10.77.0.9/24",
        antiSpoofing: true,
        ports: [{ hostPort: 31_080, guestPort: 80 }],
      },
    ],
    cloudInit: { sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPlaceholder me"], hostname: "h" },
  });
  const other = read({
    bootType: undefined,
    boot_type: "hd",
    os_info: "debian12",
    labels: { team: "a" },
    max_cpus: 4,
    boot: { firmware: "uefi" },
    disk: undefined,
    disks: [
      { image: { url: "https://images.example/d.qcow2", checksum: "ab".repeat(32) }, size: "2G" },
      { size: 1_024 },
    ],
    network: undefined,
    nics: [{ name: "br0", ip: "10.77.0.9/24", anti_spoofing: true, ports: ["31080:80"] }],
    cloud_init: { ssh_keys: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPlaceholder me", hostname: "h" },
  });
  expect(other.ignored).toEqual([]);
  expect(one.ignored).toEqual([]);
  expect(other.spec).toEqual(one.spec);
});

test("a model names a network or a device", () => {
  const nics = (network: unknown) => read({ network }).spec.nics;
  expect(nics({ name: "ovs0", model: "ovs" })).toMatchObject([{ type: "ovs", model: "virtio" }]);
  expect(nics({ name: "br0", model: "e1000e" })).toMatchObject([{ type: "bridge", model: "e1000e" }]);
  expect(nics({ name: "br0", model: "netns" })).toMatchObject([{ type: "netns", namespace: "cke-br0" }]);
  expect(nics("br1")).toMatchObject([{ type: "bridge", network: "br1" }]);
});

test("secrets leave the specification, and a password is hashed", () => {
  const userData = "#cloud-config\npackages: [nginx]\n";
  const { spec, secrets } = read({ cloudInit: { user: "ann", password: "correct horse", userData } });
  expect(spec.seed).toEqual({
    hostname: "web",
    user: "ann",
    sshKeys: [],
    password: true,
    userData: true,
    networkConfig: false,
    secretsVersion: 0,
  });
  expect(JSON.stringify(spec)).not.toMatch(/correct horse|nginx/);
  expect(secrets.get("user-data")).toBe(userData);
  expect(verify("correct horse", secrets.get("password") ?? "")).toBe(true);
  const hash = secrets.get("password") ?? "";
  expect(read({ cloudInit: { password: hash } }).secrets.get("password")).toBe(hash);
});

test("what all hosts reach need not stay; policies and groups are the unit's", () => {
  const shared = {
    system: { path: "/mnt/nfs/web.qcow2", format: "qcow2", shared: true },
    cdrom: [{ image: "tools.iso" }],
  };
  expect(read({ disk: shared }).spec.units).toMatchObject([{ stateful: false }]);
  expect(
    read({ restart: "on-failure", group: "web", spread: "rack", region: "north", attributes: { ssd: true } }).spec,
  ).toMatchObject({
    units: [{ relaunch: "on-failure", apart: { group: "web", by: "rack" } }],
    attributes: [
      { name: "region", value: "north" },
      { name: "ssd", value: "true" },
    ],
  });
  expect(read({ group: "web" }).spec.units).toMatchObject([{ apart: { by: "host" } }]);
});

test.each<[string, Readonly<Record<string, unknown>>, string]>([
  ["no name", { name: undefined }, "name: is missing: it must be a text"],
  ["CPUs", { cpus: 0 }, "cpus: must be CPUs, from 0.01 to 1024; given is 0"],
  ["memory", { mem: 1.5 }, "mem: must be MiB, a whole number from 16 to 16777216; given is 1.5"],
  ["no disk to boot from", { disk: undefined }, "disk: is missing: a VM that boots from its disk needs a system disk"],
  ["an empty disk to boot from", { disk: { system: { size: "1G" } } }, "disk.system.image: is missing"],
  [
    "a size",
    { disk: { system: { image: "a", size: "1X" } } },
    'disk.system.size: must be MiB as a number, or a text like "512M"',
  ],
  [
    "an image outside",
    { disk: { system: { image: "../etc/shadow" } } },
    "disk.system.image.source: must be an http:// or https:// URL",
  ],
  [
    "a password in a URL",
    { disk: { system: { image: "https://u:secret@images.example/a" } } },
    "disk.system.image.source: must be",
  ],
  [
    "two disks of one name",
    { disk: [{ image: "a" }, { name: "x", size: 1 }, { name: "x", size: 1 }] },
    'disk[2].name: the disk name "x" is used by disk[1] already',
  ],
  ["a data disk of nothing", { disk: { system: { image: "a" }, data: [{}] } }, "disk.data[0].size: is missing"],
  [
    "shared without a path",
    { disk: { system: { image: "a", shared: true } } },
    "disk.system.shared: is for a disk with a path",
  ],
  ["a kernel without one", { bootType: "kernel" }, "boot.kernel: is missing"],
  ["a kernel for nothing", { boot: { kernel: "vmlinuz" } }, "boot.kernel: has no effect with bootType hd"],
  ["fewer CPUs at most", { cpus: 4, maxCpus: 2 }, "maxCpus: 2 is less than the 4 virtual CPUs"],
  ["another topology", { cpus: 4, sockets: 3 }, "sockets: sockets × cores × threads are 3"],
  [
    "a group of MACs",
    { network: { name: "br0", mac: "01:00:5e:00:00:01" } },
    "network.mac: must be a unicast MAC address",
  ],
  [
    "an address without its network",
    { network: { name: "br0", ip: "10.0.0.9" } },
    "network.ip: must have its prefix length",
  ],
  [
    "a far gateway",
    { network: { name: "br0", ip: "10.0.0.9/24", gateway: "10.0.1.1" } },
    "network.gateway: 10.0.1.1 is not in the network of 10.0.0.9/24",
  ],
  [
    "a field of another network",
    { network: { name: "br0", mode: "vepa" } },
    "network.mode: is for a network of type macvtap, and not for bridge",
  ],
  ["a long link", { network: { name: "a".repeat(16) } }, "network.name: is longer than 15 characters"],
  ["ports without an address", { network: { name: "br0", ports: ["8080:80"] } }, "network.ports: need an ip"],
  [
    "one port twice",
    { network: { name: "br0", ip: "10.0.0.9/24", ports: ["80:80", "80:81"] } },
    "network.ports[1]: port 80/tcp of the host is used by network.ports[0] already",
  ],
  [
    "no YAML",
    { cloudInit: { userData: "#cloud-config\na: [" } },
    "cloudInit.userData: must be user data of cloud-init",
  ],
  ["something else", { cloudInit: { userData: "echo hi" } }, "cloudInit.userData: must be user data of cloud-init"],
  ["a key", { cloudInit: { sshKeys: ["mine"] } }, "cloudInit.sshKeys[0]: must be a public key in one line"],
  ["a spread of nobody", { spread: "rack" }, "group: is missing"],
  ["no such role", { role: "none" }, 'role: "none" is not a role of this scheduler'],
])("refuses %s", (_what, overrides, expected) => {
  const { status, problems } = problemsOf(overrides);
  expect([400, 422]).toContain(status);
  expect(problems.find((problem) => problem.startsWith(expected))).toBeDefined();
});

const longName = { name: "averyveryverylongbridge", ip: "10.9.0.9" };
test.each<[string, Readonly<Record<string, unknown>>, readonly string[], readonly string[]]>([
  [
    "what has nothing to do with it",
    { mem: "x", maxMem: 64, devices: { balloon: false }, cpus: 1, maxCpus: 8, sockets: 3, cores: 2, spread: "rack" },
    ["mem", "sockets", "group", "network[0].name", "network[0].ip"],
    ["maxMem"],
  ],
  ["but not sizes beside sizes", { cpus: 0, maxCpus: 1, sockets: 3 }, ["cpus", "network[0].ip"], ["sockets", "cores"]],
  ["but not a kernel without its type", { bootType: "floppy", boot: { initrd: "a" } }, ["bootType"], ["boot.initrd"]],
  ["but not a group that is none", { group: 7, spread: "rack" }, ["group"], []],
  ["but not a role beside a reservation that is none", { role: 7, reservation: true }, ["role"], ["reservation"]],
])("of a body of which a field cannot be read, the rest is judged at once: %s", (_what, body, told, untold) => {
  const paths = problemsOf({ ...body, network: [longName] }).problems.map((problem) => problem.replace(/: .*/s, ""));
  expect(paths).toEqual(expect.arrayContaining([...told]));
  for (const path of untold) expect(paths).not.toContain(path);
});

test("an address of another VM's stands in the way of none whose place cannot be read", () => {
  const nic = { name: "br0", ip: "10.9.0.9/24" };
  const other = sampleVmSpec({ name: "other", network: [nic] });
  expect(problemsOf({ network: [nic] }, [other]).problems).toHaveLength(1);
  expect(problemsOf({ network: [nic], host: 7 }, [other]).problems).toEqual([expect.stringContaining("host: ")]);
});

test("what is wrong is told at once, and no value of a secret with it", () => {
  const { status, problems } = problemsOf({
    cpus: -1,
    mem: "x",
    cloudInit: { password: 5, userData: "topsecret" },
    network: { name: "" },
  });
  expect(status).toBe(400);
  expect(problems.map((problem) => problem.split(":")[0])).toEqual([
    "cpus",
    "mem",
    "network.name",
    "cloudInit.password",
    "cloudInit.userData",
  ]);
  expect(problems.join()).not.toContain("topsecret");
});

test("what others have is refused with 422", () => {
  const theirs = sampleVmSpec({
    name: "other",
    id: "7",
    network: { name: "br0", ip: "10.77.0.9/24", mac: "52:54:00:00:00:01" },
  });
  const { status, problems } = problemsOf(
    { id: 7, network: { name: "br0", ip: "10.77.0.9/24", mac: "52-54-00-00-00-01" } },
    [theirs],
  );
  expect(status).toBe(422);
  expect(problems).toEqual([
    'id: "7" is the id of VM "other"',
    'network.mac: 52:54:00:00:00:01 belongs to NIC "eth0" of VM "other"',
    'network.ip: 10.77.0.9/24 in network br0 belongs to VM "other"',
  ]);
});

test("unknown fields and second names are told", () => {
  const { ignored } = read({
    memry: 1,
    labels: { a: "b" },
    label: { a: "c" },
    disk: { system: { image: "a", siz: 1 } },
  });
  expect(ignoredFieldsMessage(ignored).map((words) => words.split(/[;:]/)[0])).toEqual([
    "disk.system.siz is not a known field and was ignored",
    "memry is not a known field and was ignored",
    "labels is another name of label, which is given too, and was ignored",
  ]);
});
