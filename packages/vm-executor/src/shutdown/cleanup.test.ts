// A clean-up takes all of one instance, and nothing else.
import { silentLogger } from "@cke/foundation";
import { VmDefinition } from "@cke/protocol";
import { describe, expect, test } from "vitest";
import { metadataXml } from "../domain/metadata.ts";
import { renderXml } from "../domain/xml.ts";
import { placeOf } from "../host/vm-directories.ts";
import type { VmPlace } from "../ports/vm-place.ts";
import { FakeHypervisor } from "../testing/fake-hypervisor.ts";
import { FakePorts } from "../testing/fake-ports.ts";
import { MemoryVmHost } from "../testing/memory-vm-host.ts";
import { hastyClock } from "../testing/vm-set-up.ts";
import { cleanUp, parseCleanupTarget } from "./cleanup.ts";

const directories = { data: "/var/lib/cke", run: "/run/cke" };
const labels = (vm: string, instance: string, more: Record<string, string> = {}) => ({
  ...more,
  "cke.workload": vm,
  "cke.instance": instance,
  "cke.framework": "f",
});

function host(...vms: readonly [uuid: string, vm: string, instance: string][]) {
  const hypervisor = new FakeHypervisor();
  for (const [uuid, vm, instance] of vms) {
    const definition = VmDefinition.create({});
    const metadata = renderXml(
      metadataXml({ labels: labels(vm, instance), definition, targets: new Map(), acceleration: "qemu" }),
    );
    hypervisor.held.set(uuid, {
      name: `cke-${vm}-${uuid}`,
      uuid,
      xml: "",
      metadata,
      state: "running",
      reason: "booted",
      starts: 1,
    });
  }
  hypervisor.held.set("foreign", {
    name: "foreign",
    uuid: "foreign",
    xml: "",
    metadata: undefined,
    state: "running",
    reason: "booted",
    starts: 1,
  });
  const ports = new FakePorts();
  const clean = (text: string, left: { uuid: string; name: string; labels: Record<string, string> }[] = []) => {
    const target = parseCleanupTarget(text);
    if (target === undefined) throw new Error("no target");
    return cleanUp(target, {
      hypervisor,
      removal: { ...ports, host: new MemoryVmHost(), clock: hastyClock, tell: () => {} },
      clock: hastyClock,
      logger: silentLogger,
      directories: left,
      placeOf: (vm, data) => placeOf(vm, data === "" ? directories : { ...directories, data }),
    });
  };
  return { hypervisor, ports, clean };
}

test("the only instance, running or not", async () => {
  const { clean, hypervisor, ports } = host(["u1", "vm1", "i1"], ["u2", "vm2", "i2"]);
  expect(await clean("vm1")).toEqual({ kind: "removed", domains: 1, directories: 1 });
  expect([...hypervisor.held.keys()]).toEqual(["u2", "foreign"]);
  expect(ports.calls).toEqual(expect.arrayContaining(["networks.release", "disks.remove", "seeds.remove"]));
});

test("data below the path that the scheduler had named: the domain's labels say where", async () => {
  const { clean, hypervisor, ports } = host(["u1", "vm1", "i1"]);
  const one = hypervisor.held.get("u1");
  const definition = VmDefinition.create({});
  if (one !== undefined)
    one.metadata = renderXml(
      metadataXml({
        labels: labels("vm1", "i1", { "cke.vm-data": "/srv/vms" }),
        definition,
        targets: new Map(),
        acceleration: "qemu",
      }),
    );
  const removed: string[] = [];
  Object.assign(ports.disks, { remove: async ({ directory }: VmPlace) => void removed.push(directory) });
  await clean("vm1@i1");
  expect(removed).toEqual(["/srv/vms/vms/u1"]);
});

test("data whose domain is gone", async () => {
  const { clean, ports } = host();
  expect(await clean("vm1", [{ uuid: "u1", name: "cke-vm1", labels: labels("vm1", "i1") }])).toEqual({
    kind: "removed",
    domains: 0,
    directories: 1,
  });
  expect(ports.calls).toContain("disks.remove");
});

test("data whose uuid a domain of somebody else has: nothing is touched", async () => {
  const { clean, ports, hypervisor } = host();
  const left = [{ uuid: "foreign", name: "cke-vm1", labels: labels("vm1", "i1") }];
  await expect(clean("vm1", left)).rejects.toMatchObject({ code: "domain_foreign" });
  expect(ports.calls).toEqual([]);
  expect(hypervisor.held.get("foreign")?.state).toBe("running");
});

test("of several instances one has to be named", async () => {
  const { clean, hypervisor } = host(["u1", "vm1", "i1"], ["u2", "vm1", "i2"]);
  expect(await clean("vm1")).toEqual({
    kind: "several",
    choices: ["vm1@i1: cke-vm1-u1 (running)", "vm1@i2: cke-vm1-u2 (running)"],
  });
  expect(hypervisor.held.size).toBe(3);
  expect(await clean("vm1@i2")).toMatchObject({ kind: "removed", domains: 1 });
  expect([...hypervisor.held.keys()]).toEqual(["u1", "foreign"]);
});

describe("targets", () => {
  test.each([
    ["vm1", { vm: "vm1" }],
    ["a.b-c@i1", { vm: "a.b-c", instance: "i1" }],
    ["", undefined],
    ["a/b", undefined],
    ["vm@", undefined],
  ])("%j", (text, target) => {
    expect(parseCleanupTarget(text)).toEqual(target);
  });
});
