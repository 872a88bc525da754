// Whether guests can use the processor's virtualisation. Pure.

export interface AccelerationFacts {
  /** Of /dev/kvm. */
  readonly kvmDevice: "usable" | "missing" | "denied";
  /** As Node names it. */
  readonly architecture: string;
  /** /proc/cpuinfo. */
  readonly cpuInfo: string;
  /** libvirt's capabilities name domains of type kvm. */
  readonly libvirtKnowsKvm: boolean;
}

export interface Acceleration {
  readonly type: "kvm" | "qemu";
  /** Why it is software, and what to do; "" with KVM. */
  readonly warning: string;
}

export function chooseAcceleration(facts: AccelerationFacts): Acceleration {
  const problem = whyNot(facts);
  if (problem === undefined) return { type: "kvm", warning: "" };
  return { type: "qemu", warning: `the processor is emulated in software, which is 10 to 50 times slower: ${problem}` };
}

function whyNot({ kvmDevice, architecture, cpuInfo, libvirtKnowsKvm }: AccelerationFacts): string | undefined {
  if (kvmDevice === "missing")
    return "there is no /dev/kvm: switch virtualisation on in the firmware, or nested virtualisation where this host is a VM itself, and load kvm_intel or kvm_amd";
  // A device without the processor's own support (some hypervisors emulate it) runs firmware, and no operating system.
  if (architecture === "x64" && !/^flags\s*:.*\b(vmx|svm)\b/m.test(cpuInfo))
    return "there is a /dev/kvm, but the processor has neither vmx nor svm: switch nested virtualisation on where this host is a VM itself";
  if (kvmDevice === "denied")
    return "this executor may not open /dev/kvm: run it as root, or as a member of the group kvm";
  if (!libvirtKnowsKvm)
    return "libvirt offers no domains of type kvm: restart the libvirt daemon after /dev/kvm appeared";
  return undefined;
}
