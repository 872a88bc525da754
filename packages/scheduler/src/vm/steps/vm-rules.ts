// What the reports of a VM's executor mean, and what a VM leaves on its host. Pure.
import type { UnitRules } from "../../workload/records/unit-rules.ts";

/** Steps of the executor in the order of a bring-up. */
export const launchSteps: readonly string[] = ["libvirt", "images", "disks", "network", "seed", "define", "start"];
/** From the first of these on a guest may have run, and written to its disks. What was made before it did is made again anywhere. */
const begun: readonly string[] = ["start", "ready"];

/** Lasting refusals, in any step: an operator must change something. */
const lastingCauses = new Set([
  "libvirt_missing",
  "libvirt_permission",
  "firmware_missing",
  "tpm_missing",
  "image_not_found",
  "image_checksum",
  "image_format",
  "disk_missing",
  "network_missing",
  "ovs_missing",
  "port_taken",
  "address_taken",
  "seed_invalid",
  "definition_invalid",
  "clone_source",
  "clone_snapshot",
  "disk_format",
  "disk_size",
  "disk_cache",
  "disk_path",
  "disk_unfenced",
  "disk_corrupt",
  "image_source",
  "image_too_large",
  "qemu_missing",
  "cpu_model",
  "libvirt_uri",
  "domain_foreign",
  "name_taken",
]);

export const vmRules: UnitRules = {
  words: { workload: "VM", unit: "unit", stateful: "units", keeps: "disks and addresses" },
  resourceTasks: false,
  isOnHost: ({ startedAtMs, launchStep: step, data }) =>
    data !== "removed" && (startedAtMs > 0 || begun.includes(step)),
  // The executor's last report names the start of the guest, and the step "ready" for one that ran.
  madeNoData: ({ startedAtMs, launchStep: step }) => startedAtMs === 0 && step !== "ready",
  withoutExecutor: "runs-alone",
  leftRunning: ({ cause }) => cause === "removal_failed",
  withoutData: {
    begins: false,
    words: ({ workload }, hostname) =>
      `its disks were on ${hostname}, whose agent was marked gone: they are lost. It begins anew, with the content of its images, when that is asked for (POST /vm/v1/vms/${workload}/replace), but for a clone, which has none; or delete it (DELETE /vm/v1/vms/${workload})`,
  },
  homeLost: ({ workload }) =>
    `Should that host be lost for good, let it begin anew from its images (POST /vm/v1/vms/${workload}/replace?force=true), or delete it`,
  looksAtHost: ({ launchStep: step }) => step === "" || step === "libvirt",
  needsHelp: ({ cause }) => lastingCauses.has(cause),
  remains: ({ workload }) => `domain of VM ${workload}, its disks or its network`,
  cleanupCommand: ({ workload, instance }) =>
    `cke-vm-exec -cleanup ${workload}${instance === "" ? "" : `@${instance}`}`,
};
