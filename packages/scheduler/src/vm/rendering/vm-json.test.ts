import { expect, test } from "vitest";
import { readVm } from "../body/vm-reader.ts";
import { sampleVmBody, sampleVmContext, sampleVmSpec } from "../testing/sample-vms.ts";
import { vmJson } from "./vm-json.ts";

test.each<Readonly<Record<string, unknown>>>([
  {},
  {
    cpus: 2.5,
    maxCpus: 8,
    sockets: 2,
    cores: 4,
    cpuModel: "host-model",
    cpuQuota: true,
    maxMem: 1_024,
    hugePages: true,
  },
  { cpus: 2, maxCpus: 2, mem: 512, maxMem: 512 },
  {
    bootType: "kernel",
    boot: { kernel: "vmlinuz", initrd: "initrd.gz", commandLine: "console=ttyS0", firmware: "uefi" },
    disk: undefined,
  },
  {
    disk: {
      system: { path: "/mnt/a.raw", shared: true },
      data: [{ size: "1G", limits: { readIops: 9 }, discard: true }],
      cdrom: [{ image: "x.iso" }],
    },
  },
  {
    network: ["ovs", "macvtap", "docker", "netns"].map((type, index) => ({
      name: `n${index}`,
      type,
      ip: `10.0.${index}.5/24`,
    })),
  },
  {
    network: {
      name: "br0",
      ip: "10.0.0.5/24",
      dns: ["10.0.0.1"],
      mtu: 1_400,
      vlan: 7,
      uplink: "eth1",
      ports: ["8080:80", { hostPort: 53, guestPort: 53, protocol: "udp", hostIp: "10.1.1.1" }],
    },
  },
  {
    region: "north",
    zone: "a",
    attributes: ["rack=1"],
    role: "vms",
    reservation: true,
    group: "g",
    spread: "rack",
    restart: "never",
    shutdownGrace: 180,
    expect: "STOP",
  },
  {
    devices: { vnc: false, tpm: true, watchdog: "reset" },
    label: { a: "b" },
    title: "my VM",
    osInfo: "debian12",
    id: "x",
  },
  { cloudInit: { hostname: "h", user: "ann", sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPlaceholder"] } },
])("posting the JSON again gives an equal specification: %j", (overrides) => {
  const spec = sampleVmSpec(overrides);
  const again = readVm(vmJson(spec), sampleVmContext, "i1");
  expect(again.ignored).toEqual([]);
  expect(again.spec).toEqual(spec);
  expect(JSON.parse(JSON.stringify(vmJson(spec)))).toEqual(vmJson(spec));
});

test("it has no secrets", () => {
  const { spec } = readVm(
    sampleVmBody({ cloudInit: { password: "topsecret", userData: "#!/bin/sh\ntopsecret\n" } }),
    sampleVmContext,
    "i1",
  );
  expect(vmJson(spec).cloudInit).toEqual({ hostname: "web" });
});
