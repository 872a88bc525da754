// Two that open one host at once: a launch, and the question of the host that the guest comes from.
import { silentLogger } from "@cke/foundation";
import { expect, test } from "vitest";
import { placeOf } from "../host/vm-directories.ts";
import { HypervisorLink } from "../hypervisor/hypervisor-link.ts";
import { noAccount } from "../limits/accounted-resources.ts";
import { FakeHypervisor } from "../testing/fake-hypervisor.ts";
import { MemoryVmHost } from "../testing/memory-vm-host.ts";
import { hastyClock } from "../testing/vm-set-up.ts";
import { vmTask } from "../testing/vm-tasks.ts";
import { openHost } from "./lock-and-connect.ts";
import { MachineRecord } from "./machine-record.ts";

function setUp(failures: number) {
  let [locks, left] = [0, failures];
  const host = new MemoryVmHost();
  const parts = {
    host: Object.assign(host, {
      lock: async () => {
        locks += 1;
        await Promise.resolve();
        if (left-- > 0) throw new Error("no locks");
        return { held: true, release: async () => {}, abandon: () => {} };
      },
    }),
    link: new HypervisorLink({
      address: { uri: "qemu:///system", socketPaths: ["/run/libvirt-sock"] },
      connect: async () => new FakeHypervisor(),
      clock: hastyClock,
      logger: silentLogger,
      onAway: () => {},
    }),
    clock: hastyClock,
  };
  const identity = {
    task: vmTask(),
    place: placeOf(vmTask(), { data: "/var/lib/cke", run: "/run/cke" }),
    executorId: "cke.vm1.vm1.1",
    account: noAccount,
  };
  const record = new MachineRecord();
  const open = () => openHost(identity, parts, record, () => {}, new AbortController().signal);
  return { open, locks: () => locks };
}

test("the lock is taken once, and both have the same host", async () => {
  const { open, locks } = setUp(0);
  const [one, other] = await Promise.all([open(), open()]);
  expect(other).toBe(one);
  expect(await open()).toBe(one);
  expect(locks()).toBe(1);
});

test("a failure is told to both, and the next one tries again", async () => {
  const { open, locks } = setUp(1);
  expect((await Promise.allSettled([open(), open()])).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await open()).toMatchObject({ hypervisor: {} });
  expect(locks()).toBe(2);
});
