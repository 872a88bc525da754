// KVM where guests really run with it, and in words why not elsewhere.
import { expect, test } from "vitest";
import { type AccelerationFacts, chooseAcceleration } from "./acceleration.ts";
import { isGuest, killedForMemory } from "./guest-process.ts";
import { qemuOwner } from "./host-abilities.ts";

const facts = (more: Partial<AccelerationFacts> = {}): AccelerationFacts => ({
  kvmDevice: "usable",
  architecture: "x64",
  cpuInfo: "flags\t\t: fpu vmx sse\n",
  libvirtKnowsKvm: true,
  ...more,
});

test.each<[string, AccelerationFacts, "kvm" | "qemu", RegExp]>([
  ["all is there", facts(), "kvm", /^$/],
  ["AMD", facts({ cpuInfo: "flags : svm\n" }), "kvm", /^$/],
  ["another architecture names no flags", facts({ architecture: "arm64", cpuInfo: "" }), "kvm", /^$/],
  ["no device", facts({ kvmDevice: "missing" }), "qemu", /no \/dev\/kvm.*nested/],
  ["no right", facts({ kvmDevice: "denied" }), "qemu", /may not open \/dev\/kvm/],
  ["a device without a processor for it", facts({ cpuInfo: "flags : fpu xvmx\n" }), "qemu", /neither vmx nor svm/],
  ["libvirt began without it", facts({ libvirtKnowsKvm: false }), "qemu", /restart the libvirt daemon/],
])("%s", (_what, given, type, words) => {
  const chosen = chooseAcceleration(given);
  expect(chosen.type).toBe(type);
  expect(chosen.warning).toMatch(words);
});

test.each([
  ["<capabilities/>", undefined],
  [
    "<secmodel><model>dac</model><doi>0</doi><baselabel type='kvm'>+64055:+108</baselabel></secmodel>",
    { uid: 64_055, gid: 108 },
  ],
  ["<secmodel><model>apparmor</model><baselabel type='kvm'>+1:+1</baselabel></secmodel>", undefined],
])("QEMU's user of %s", (capabilities, owner) => {
  expect(qemuOwner(capabilities)).toEqual(owner);
});

test("a guest is known by its uuid alone", () => {
  expect(isGuest("qemu\0-name\0guest=x\0-uuid\0u1\0-no-user-config", "u1")).toBe(true);
  expect(isGuest("qemu\0-uuid\0u11", "u1")).toBe(false);
  expect(isGuest("grep\0u1", "u1")).toBe(false);
});

test.each([
  ["3,1,2,-;Out of memory: Killed process 123 (qemu-system-x86) total-vm:1kB", true],
  ["3,1,2,-;Memory cgroup out of memory: Killed process 123 (qemu-system-x86), UID 0", true],
  ["6,1,2,-;oom-kill:constraint=CONSTRAINT_MEMCG,task=qemu,pid=123,uid=0", true],
  ["3,1,2,-;Out of memory: Killed process 1234 (java)", false],
  ["", false],
])("the kernel's log %j", (log, expected) => {
  expect(killedForMemory(log, 123)).toBe(expected);
});
