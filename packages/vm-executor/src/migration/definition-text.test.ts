import { describe, expect, test } from "vitest";
import { cookieStrangeness, movedText, strangeness, withoutMemoryLimit } from "./definition-text.ts";

const moves = [
  ["/a/vms/u1", "/b/vms/u1"],
  ["/run/a/u1", "/run/b/u1"],
  ["/a", "/b & c"],
] as const;

describe("paths of the other host", () => {
  test.each([
    ["<source file='/a/vms/u1/disks/d.qcow2'/>", "<source file='/b/vms/u1/disks/d.qcow2'/>"],
    ['<log file="/a/vms/u1/console.log"/>', '<log file="/b/vms/u1/console.log"/>'],
    ["<nvram>/a/vms/u1/vars.fd</nvram>", "<nvram>/b/vms/u1/vars.fd</nvram>"],
    ["<graphics socket='/run/a/u1/vnc.sock'/>", "<graphics socket='/run/b/u1/vnc.sock'/>"],
    ["<label name='cke.vm-data' value='/a'/>", "<label name='cke.vm-data' value='/b &amp; c'/>"],
    ["<source file='/a/images/x'/>", "<source file='/b &amp; c/images/x'/>"],
    ["<source file='/ab/x'/>", "<source file='/ab/x'/>"],
    ["<source file='/mnt/a/vms/u1/x'/>", "<source file='/mnt/a/vms/u1/x'/>"],
    ["<cmdline>root=/a/vms/u1</cmdline>", "<cmdline>root=/a/vms/u1</cmdline>"],
  ])("%s", (text, expected) => {
    expect(movedText(text, moves)).toBe(expected);
  });

  test("what was moved is not moved again", () => {
    const there = [
      ["/a", "/b"],
      ["/b", "/a"],
    ] as const;
    expect(movedText("<x y='/a/1' z='/b/2'/>", there)).toBe("<x y='/b/1' z='/a/2'/>");
    expect(movedText("<x y='/a/1'/>", [])).toBe("<x y='/a/1'/>");
  });
});

test("the limit of memory stays behind", () => {
  const xml = "<vcpu>1</vcpu>\n<memtune>\n<hard_limit unit='KiB'>9</hard_limit>\n</memtune>\n<os/>";
  expect(withoutMemoryLimit(xml)).toBe("<vcpu>1</vcpu>\n<os/>");
  expect(withoutMemoryLimit("<os/>")).toBe("<os/>");
});

describe("a definition of another host", () => {
  const allowed = {
    directories: ["/b/vms/u1", "/run/b/u1"],
    files: ["/mnt/shared.qcow2", "/usr/share/OVMF/code.fd"],
    name: "cke-vm1-0123",
    uuid: "u-1",
  };
  const whole = (xml: string) => `<domain><name>cke-vm1-0123</name><uuid>u-1</uuid>${xml}</domain>`;

  test.each([
    "<source file='/b/vms/u1/disks/d.qcow2'/>",
    "<source file='/mnt/shared.qcow2'/>",
    "<loader readonly='yes'>/usr/share/OVMF/code.fd</loader>",
    "<emulator>/usr/bin/qemu-system-x86_64</emulator>",
    "<backend model='random'>/dev/urandom</backend>",
    "<partition>/machine</partition>",
    "<source mode='bind' path='/var/lib/libvirt/qemu/channel/target/domain-1-cke-vm1-0123/org.qemu.guest_agent.0'/>",
    "<metadata><cke:label name='a' value='/etc/shadow'/></metadata>",
    "<metadata><q:x a='&#47;etc'><hostdev/></q:x></metadata>",
    "<title>/etc/shadow</title>",
    "<devices><disk type='block' device='disk'><source dev='/mnt/shared.qcow2'/><backingStore/></disk></devices>",
    "<interface type='direct'>\n  <source dev='eth0' mode='bridge'/></interface>",
    "<console type='unix'/><graphics type='vnc'/><seclabel type='dynamic' model='dac'/>",
    "<cmdline>/init /etc/passwd</cmdline>",
  ])("%s is taken", (xml) => {
    expect(strangeness(whole(xml), allowed)).toBeUndefined();
  });

  test.each([
    ["<source file='/etc/shadow'/>", "/etc/shadow"],
    ['<source file="/etc/shadow"/>', "/etc/shadow"],
    ["<kernel>\n /root/vmlinuz </kernel>", "/root/vmlinuz"],
    ["<source file='/b/vms/u1/../u2/disks/d.qcow2'/>", "/b/vms/u1/../u2"],
    ["<source file='/b/vms/u10/d'/>", "/b/vms/u10/d"],
    ["<emulator>/usr/bin/../../tmp/qemu-x</emulator>", "/tmp/qemu-x"],
    ["<emulator>/tmp/qemu-system-x86_64</emulator>", "/tmp/qemu-system-x86_64"],
    ["<hostdev mode='subsystem'/>", "<hostdev>"],
    ["<qemu:commandline><qemu:arg value='-x'/></qemu:commandline>", "<qemu:commandline>"],
    ["<filesystem type='mount'/>", "<filesystem>"],
    ["<source file='&#47;etc/shadow'/>", "as numbers"],
    ["<nvram>&#x2f;etc/shadow</nvram>", "as numbers"],
    ["<!--<metadata>--><source file='/etc/shadow'/><!--</metadata>-->", "not readable"],
    ["<x><![CDATA[<metadata>]]></x>", "not readable"],
    ["<devices><metadata><source file='/etc/shadow'/></metadata></devices>", "/etc/shadow"],
    ["<metadata/><source file='/etc/shadow'/>", "/etc/shadow"],
    ["<a></b></a>", "not closed"],
    ["<a>", "not closed"],
    ["<q-x:commandline xmlns:q-x='http://libvirt.org/schemas/domain/qemu/1.0'/>", "<q-x:commandline>"],
    ["<interface type='hostdev'/>", "<interface> of type hostdev"],
    ["<interface type='network'/>", "<interface> of type network"],
    ["<disk type='volume'><source pool='p' volume='v'/></disk>", "<disk> of type volume"],
    ["<disk a='>' type='volume'/>", "<disk> of type volume"],
    ["<disk type='file'><source file='etc/shadow'/></disk>", "etc/shadow"],
    ["<disk type='block'><source dev='json:{}'/></disk>", "json:{}"],
    ["<serial type='dev'/>", "<serial> of type dev"],
    ["<seclabel type='static' model='dac'><label>+0:+0</label></seclabel>", "<seclabel> of type static"],
    ["<source file='/var/lib/libvirt/qemu/save/other.save'/>", "other.save"],
    ["<source path='/var/lib/libvirt/qemu/channel/target/domain-2-other/x'/>", "domain-2-other"],
  ])("%s is not", (xml, words) => {
    expect(strangeness(whole(xml), allowed)).toContain(words);
  });
});

describe("the name and the uuid of a definition of another host, and its cookies", () => {
  const own = { directories: ["/b"], files: [], name: "n", uuid: "u" };
  const cookie = (text: string) => new Uint8Array(Buffer.from(text));

  test.each([
    ["<domain><name>n</name><uuid>u</uuid><devices><disk><name>x</name></disk></devices></domain>", undefined],
    ["<domain><name>other</name><uuid>u</uuid></domain>", "the name other"],
    ["<domain><name>n</name><uuid>v</uuid></domain>", "the uuid v"],
    ["<domain><name>n</name><name>n</name><uuid>u</uuid></domain>", "not one name"],
    ["<domain><uuid>u</uuid></domain>", "not one name"],
    ["<domain/>", "not one name"],
  ])("%s", (xml, problem) => {
    expect(strangeness(xml, own) ?? "").toContain(problem ?? "");
    expect(strangeness(xml, own) === undefined).toBe(problem === undefined);
  });

  test.each([
    ["", undefined],
    ["<qemu-migration><feature name='persistent'/><capabilities/></qemu-migration>", undefined],
    ["<qemu-migration><domain><name>n</name><uuid>u</uuid></domain></qemu-migration>\0", undefined],
    ["<q><domain><name>n</name><uuid>u</uuid><os><nvram>/etc/shadow</nvram></os></domain></q>", "/etc/shadow"],
    ["<q><domain><name>n</name><uuid>u</uuid></domain><domain><name>o</name></domain></q>", "the name o"],
    ["<!DOCTYPE q><q/>", "not readable"],
    ["</domain><domain>", "not readable"],
  ])("the cookie %j", (text, problem) => {
    expect(cookieStrangeness(cookie(text), own) ?? "").toContain(problem ?? "");
    expect(cookieStrangeness(cookie(text), own) === undefined).toBe(problem === undefined);
  });
});
