// Definitions of domains, as text.

import { VmDefinition } from "@cke/protocol";
import { describe, expect, test } from "vitest";
import { exampleDomain, smallDefinition, wholeDefinition, wholeNics } from "../testing/domain-examples.ts";
import { bootOrder, domainXml } from "./domain-xml.ts";

const small = `<domain type="qemu">
  <name>cke-vm1-6f1c1d1e</name>
  <uuid>6f1c1d1e-0000-4000-8000-000000000001</uuid>
  <metadata>
    <cke:vm xmlns:cke="urn:cke:vm:1" acceleration="qemu">
      <cke:label name="cke.instance" value="i1"/>
      <cke:label name="cke.workload" value="vm1"/>
      <cke:label name="note" value="a &quot;quoted&quot; &lt;note&gt;"/>
      <cke:disk name="system" target="vda"/>
      <cke:definition>EgIIARoDCIACKioKBnN5c3RlbRIGc3lzdGVtKgVxY293MjIGdmlydGlvOgl3cml0ZWJhY2s=</cke:definition>
    </cke:vm>
  </metadata>
  <memory unit="MiB">256</memory>
  <currentMemory unit="MiB">256</currentMemory>
  <vcpu placement="static">1</vcpu>
  <os>
    <type machine="q35">hvm</type>
  </os>
  <features>
    <acpi/>
    <apic/>
    <tcg>
      <tb-cache unit="MiB">32</tb-cache>
    </tcg>
  </features>
  <clock offset="utc"/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <controller type="pci" index="0" model="pcie-root"/>
    <controller type="pci" index="1" model="pcie-root-port"/>
    <controller type="pci" index="2" model="pcie-root-port"/>
    <controller type="pci" index="3" model="pcie-root-port"/>
    <controller type="pci" index="4" model="pcie-root-port"/>
    <controller type="pci" index="5" model="pcie-root-port"/>
    <controller type="pci" index="6" model="pcie-root-port"/>
    <controller type="pci" index="7" model="pcie-root-port"/>
    <disk type="file" device="disk">
      <driver name="qemu" type="qcow2" cache="writeback" error_policy="stop" rerror_policy="stop"/>
      <source file="/v/system.img"/>
      <target dev="vda" bus="virtio"/>
      <serial>system</serial>
      <boot order="1"/>
      <alias name="ua-disk-system"/>
    </disk>
    <serial type="unix">
      <source mode="bind" path="/v/serial.sock"/>
      <log file="/v/console.log" append="on"/>
      <target port="0"/>
    </serial>
    <video>
      <model type="none"/>
    </video>
    <memballoon model="none"/>
  </devices>
</domain>
`;

const wholeDevices = `    <disk type="file" device="cdrom">
      <driver name="qemu" type="qcow2"/>
      <target dev="sdb" bus="sata"/>
      <readonly/>
      <boot order="1"/>
      <alias name="ua-disk-cd"/>
    </disk>
    <disk type="file" device="disk">
      <driver name="qemu" type="raw" cache="unsafe" discard="unmap" error_policy="stop" rerror_policy="stop"/>
      <source file="/v/data.img"/>
      <target dev="sda" bus="scsi"/>
      <serial>SN1</serial>
      <boot order="3"/>
      <alias name="ua-disk-data"/>
    </disk>
    <disk type="file" device="disk">
      <driver name="qemu" type="qcow2" cache="none" io="native" error_policy="stop" rerror_policy="stop"/>
      <source file="/v/system.img"/>
      <target dev="vda" bus="virtio"/>
      <iotune>
        <read_bytes_sec>1000000</read_bytes_sec>
        <write_iops_sec>100</write_iops_sec>
      </iotune>
      <serial>system</serial>
      <boot order="2"/>
      <alias name="ua-disk-system"/>
    </disk>
    <disk type="file" device="disk">
      <driver name="qemu" type="raw" cache="writeback" error_policy="stop" rerror_policy="stop"/>
      <source file="/v/tools.img"/>
      <target dev="vdb" bus="virtio"/>
      <readonly/>
      <serial>tools</serial>
      <boot order="4"/>
      <alias name="ua-disk-tools"/>
    </disk>
    <disk type="file" device="disk">
      <driver name="qemu" type="raw"/>
      <source file="/v/seed.iso"/>
      <target dev="vdc" bus="virtio"/>
      <readonly/>
      <alias name="ua-disk-cke-seed"/>
    </disk>
    <interface type="bridge">
      <mac address="52:54:00:00:00:01"/>
      <source bridge="br0"/>
      <target dev="ckenic1"/>
      <model type="virtio"/>
      <driver queues="2"/>
      <bandwidth>
        <inbound average="1000"/>
        <outbound average="1"/>
      </bandwidth>
      <mtu size="1400"/>
      <alias name="ua-nic-nic1"/>
    </interface>
    <interface type="bridge">
      <mac address="52:54:00:00:00:02"/>
      <source bridge="ovs0"/>
      <vlan>
        <tag id="7"/>
      </vlan>
      <virtualport type="openvswitch"/>
      <target dev="ckenic2"/>
      <model type="virtio"/>
      <driver>
        <host csum="off" gso="off" tso4="off" tso6="off" ecn="off" ufo="off"/>
      </driver>
      <alias name="ua-nic-nic2"/>
    </interface>
    <interface type="ethernet">
      <mac address="52:54:00:00:00:03"/>
      <target dev="ckenic3" managed="no"/>
      <model type="e1000e"/>
      <alias name="ua-nic-nic3"/>
    </interface>
    <interface type="direct">
      <mac address="52:54:00:00:00:04"/>
      <source dev="veth0" mode="bridge"/>
      <target dev="ckenic4"/>
      <model type="virtio"/>
      <alias name="ua-nic-nic4"/>
    </interface>
    <serial type="unix">
      <source mode="bind" path="/v/serial.sock"/>
      <log file="/v/console.log" append="on"/>
      <target port="0"/>
    </serial>
    <input type="tablet" bus="usb"/>
    <graphics type="vnc" socket="/v/vnc.sock">
      <listen type="socket" socket="/v/vnc.sock"/>
    </graphics>
    <video>
      <model type="vga"/>
    </video>
    <channel type="unix">
      <target type="virtio" name="org.qemu.guest_agent.0"/>
    </channel>
    <watchdog model="i6300esb" action="reset"/>
    <memballoon model="virtio">
      <stats period="10"/>
    </memballoon>
    <rng model="virtio">
      <backend model="random">/dev/urandom</backend>
    </rng>
    <panic model="isa"/>
`;

test("a small domain", () => {
  expect(domainXml(exampleDomain(smallDefinition))).toBe(small);
});

test("devices of every kind", () => {
  const xml = domainXml(exampleDomain(wholeDefinition, "/v", { nics: wholeNics }));
  expect(xml.slice(xml.indexOf("    <disk type="), xml.indexOf("  </devices>"))).toBe(wholeDevices);
});

test("firmware, kernel, KVM and another machine", () => {
  const firmware = { code: "/code", template: "/template", variables: "/v/vars" };
  const kernel = { kernel: "/k", initrd: "/i" };
  const definition = { ...smallDefinition, boot: { type: "kernel", machine: "pc", commandLine: "a=1 & b" } };
  const xml = domainXml(exampleDomain(definition, "/v", { firmware, kernel, acceleration: "kvm" }));
  expect(xml).toContain('<domain type="kvm">');
  expect(xml).toContain('<cpu mode="host-model" check="none"/>');
  expect(xml).toContain('<nvram template="/template">/v/vars</nvram>');
  expect(xml).toContain("<cmdline>a=1 &amp; b</cmdline>");
  expect(xml).toContain('<type machine="pc">hvm</type>');
  expect(xml).not.toContain("pcie-root");
  expect(xml).not.toContain("<boot order");
});

test("texts cannot leave their place", () => {
  const title = `</title><devices/>\u0000\n"&'`;
  const xml = domainXml(exampleDomain({ ...smallDefinition, title }));
  expect(xml).toContain("<title>&lt;/title&gt;&lt;devices/&gt; &quot;&amp;&apos;</title>");
});

test.each([
  [{ count: 3, sockets: 1, cores: 2, threads: 1 }, /1 sockets × 2 cores × 1 threads are not the 3 vCPUs/],
  [{ count: 4, sockets: 3 }, /3 sockets × 1 cores × 1 threads are not the 4 vCPUs/],
])("sockets and cores that do not make the vCPUs are refused: %j", (cpu, words) => {
  expect(() => domainXml(exampleDomain({ ...smallDefinition, cpu }))).toThrow(words);
});

describe("what the guest is booted from", () => {
  const disks = [
    { name: "d", role: "data" },
    { name: "c", role: "cdrom" },
    { name: "s", role: "system" },
  ];
  test.each([
    ["hd", ["disk s", "disk d", "disk c"]],
    ["", ["disk s", "disk d", "disk c"]],
    ["cdrom", ["disk c", "disk s", "disk d"]],
    ["network", ["nic n", "disk s"]],
    ["kernel", []],
  ])("%s: %j", (type, names) => {
    const definition = VmDefinition.create({ boot: { type }, disks, nics: [{ name: "n" }] });
    expect([...bootOrder(definition).keys()]).toEqual(names);
  });
});
