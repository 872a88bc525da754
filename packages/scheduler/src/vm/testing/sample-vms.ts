// Bodies, specifications and options of VMs for tests.
import type { VmContext } from "../body/vm-checks.ts";
import { readVm } from "../body/vm-reader.ts";
import type { VmSpec } from "../body/vm-spec.ts";
import type { VmOptions } from "../rendering/vm-options.ts";

export const sampleVmOptions: VmOptions = {
  vmExecutor: "cke-vm-exec",
  imagePath: "/srv/images",
  dataPath: "/srv/vms",
  diskPaths: ["/mnt", "/srv"],
  libvirtUri: "",
  logPath: "",
  liveMigration: true,
  historyMs: 7 * 24 * 3_600_000,
};

/** There is no other workload. */
export const sampleVmContext: VmContext = {
  existing: [],
  roles: ["*", "vms"],
  imagePath: sampleVmOptions.imagePath,
  diskPaths: sampleVmOptions.diskPaths,
  claimedPorts: [],
};

/** The body of a small VM, in the user's spelling. */
export function sampleVmBody(overrides: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return {
    name: "web",
    cpus: 1,
    mem: 512,
    bootType: "hd",
    disk: { system: { image: "debian.qcow2", size: "10G" } },
    network: { name: "br0", ip: "10.77.0.9/24" },
    ...overrides,
  };
}

/** As it is stored. `instance`: of which the UUID is derived. */
export function sampleVmSpec(overrides: Readonly<Record<string, unknown>> = {}, instance = "i1"): VmSpec {
  return readVm(sampleVmBody(overrides), sampleVmContext, instance).spec;
}
