// A domain or a directory with the uuid of a VM that is somebody else's: nothing of it is touched, whatever is ordered.
import { VmDefinition, type VmTaskInit } from "@cke/protocol";
import { expect, test } from "vitest";
import { metadataXml } from "../domain/metadata.ts";
import { renderXml } from "../domain/xml.ts";
import { FakeHypervisor } from "../testing/fake-hypervisor.ts";
import { MemoryVmHost } from "../testing/memory-vm-host.ts";
import { setUp } from "../testing/vm-set-up.ts";
import { launchVm, unitReport, vmUuid } from "../testing/vm-tasks.ts";

const directory = `/var/lib/cke/vms/${vmUuid}`;
const own = { "cke.framework": "framework-1", "cke.workload": "vm1", "cke.instance": "i1" };
const removing: VmTaskInit = { removeOnKill: true, definition: undefined };

const domainOf = (labels: Record<string, string> | undefined) => ({
  name: "somebodys",
  uuid: vmUuid,
  xml: "",
  metadata:
    labels === undefined
      ? undefined
      : renderXml(
          metadataXml({ labels, definition: VmDefinition.create({}), targets: new Map(), acceleration: "qemu" }),
        ),
  state: "running" as const,
  reason: "booted" as const,
  starts: 1,
});

interface Found {
  readonly domain?: Record<string, string> | "unlabelled";
  readonly directory?: Record<string, string>;
}

function hostWith(found: Found) {
  const hypervisor = new FakeHypervisor();
  const host = new MemoryVmHost();
  if (found.domain !== undefined)
    hypervisor.held.set(vmUuid, domainOf(found.domain === "unlabelled" ? undefined : found.domain));
  if (found.directory !== undefined) {
    host.directories.add(directory);
    host.labels.set(directory, found.directory);
    host.started.add(directory);
  }
  return { hypervisor, host };
}

const strangers: readonly [string, Found, RegExp][] = [
  ["a domain that is not of CKE, over our directory", { domain: "unlabelled", directory: own }, /not made by CKE/],
  [
    "a domain of another framework",
    { domain: { ...own, "cke.framework": "f2" }, directory: own },
    /belongs to framework f2/,
  ],
  ["a domain of another VM", { domain: { ...own, "cke.workload": "vm2" }, directory: own }, /belongs to VM vm2/],
  [
    "domain and directory of another framework",
    { domain: { ...own, "cke.framework": "f2" }, directory: { ...own, "cke.framework": "f2" } },
    /belongs to framework f2/,
  ],
  ["a directory of another instance", { directory: { ...own, "cke.instance": "i0" } }, /belongs to instance i0/],
];

test.each(strangers)("%s: an order to remove leaves it as it is, and says so", async (_what, found, words) => {
  const parts = setUp({ ...hostWith(found), orderMs: 30 });
  parts.driver.launch(launchVm(removing));
  await parts.running();
  parts.remove();
  await parts.ended();
  expect(parts.last()?.message).toMatch(/nothing was removed/);
  expect(parts.last()?.message).toMatch(words);
  expect(unitReport(parts.last()?.data)?.data).toBe("kept");
  expect(parts.ports.calls).toEqual([]);
  expect([...parts.host.directories]).toEqual([directory]);
  expect(parts.hypervisor.held.get(vmUuid)?.state).toBe(found.domain === undefined ? undefined : "running");
});

test.each(strangers)("%s: a launch fails, and leaves it as it is", async (_what, found, words) => {
  const parts = setUp({ ...hostWith(found), orderMs: 30 });
  parts.driver.launch(launchVm());
  await parts.ended();
  expect(parts.last()).toMatchObject({ state: "TASK_FAILED" });
  expect(parts.last()?.message).toMatch(words);
  expect(parts.ports.calls.filter((call) => call.endsWith(".remove"))).toEqual([]);
  expect(parts.host.labels.get(directory)).toMatchObject(found.directory ?? {});
  expect(parts.hypervisor.held.get(vmUuid)?.state).toBe(found.domain === undefined ? undefined : "running");
});

test("a guest of ours whose domain has lost its labels is ended, and nothing of it is removed", async () => {
  const parts = setUp({ orderMs: 30 });
  parts.driver.launch(launchVm());
  await parts.running();
  const domain = parts.hypervisor.held.get(vmUuid);
  if (domain !== undefined) domain.metadata = undefined;
  parts.remove();
  await parts.ended();
  expect(domain?.state).toBe("shut-off");
  expect(parts.last()?.message).toMatch(/nothing was removed: .*not made by CKE/);
  expect(parts.ports.calls).not.toContain("disks.remove");
});
