// A VM that runs goes back to a snapshot with its memory, on fakes: what a refusal, a lost answer and a kill in the middle cost.
import { VmCall, VmCallResult, VmNic } from "@cke/protocol";
import { expect, test } from "vitest";
import { metadataXml } from "../domain/metadata.ts";
import { renderXml } from "../domain/xml.ts";
import { FakeHypervisor } from "../testing/fake-hypervisor.ts";
import { hastyClock, setUp } from "../testing/vm-set-up.ts";
import { definition, launchVm, vmUuid } from "../testing/vm-tasks.ts";

const limits = "<memtune><hard_limit>1</hard_limit></memtune>";
const nic = VmNic.create({ name: "lan" });

/** It runs, and has a snapshot s1 of the time when it had a NIC. */
async function running(nics: readonly VmNic[] = []) {
  const parts = setUp();
  const { driver, hypervisor, ports } = parts;
  driver.launch(launchVm({ definition: definition({ restart: { policy: "never" }, nics: [...nics] }) }));
  await parts.running();
  const then = definition({ nics: [nic] });
  const metadata = metadataXml({
    labels: { "cke.instance": "i1" },
    definition: then,
    targets: new Map(),
    acceleration: "qemu",
  });
  const description = `<domainsnapshot><domain><metadata>${renderXml(metadata)}</metadata>${limits}</domain></domainsnapshot>`;
  hypervisor.descriptions.set("s1", description);
  hypervisor.monitor.set("query-block", { return: [] });
  const [calls, asked] = [hypervisor.calls.length, ports.calls.length];
  const revert = async () => {
    const request = VmCall.encode({ call: { kind: "snapshot", value: { action: "revert", name: "s1" } } });
    for await (const { answer } of driver.streams.call({ request }, new AbortController().signal))
      if (answer?.kind === "result") return VmCallResult.decode(answer.value);
    throw new Error("there was no result");
  };
  return {
    ...{ ...parts, revert },
    guest: () => hypervisor.held.get(vmUuid),
    calls: () => hypervisor.calls.slice(calls).filter((one) => ["snapshot", "destroy", "revert"].includes(one)),
    asked: () => ports.calls.slice(asked).filter((one) => one.startsWith("networks.")),
  };
}

test("all that can refuse is asked while the guest runs", async () => {
  const { revert, calls, asked, guest, driver, last } = await running();
  await revert();
  expect(calls()).toEqual(["snapshot", "destroy", "revert"]);
  expect(asked().slice(0, 3)).toEqual(["networks.check ", "networks.prepare lan", "networks.prepare lan"]);
  expect(guest()).toMatchObject({ state: "running", starts: 2 });
  expect(last()?.state).toBe("TASK_RUNNING");
  await driver.detach();
});

test("a network of a NIC that the guest has open is looked at while it runs", async () => {
  const { revert, calls, asked, guest, driver, ports } = await running([nic]);
  ports.failures.set("networks.check", FakeHypervisor.refusal("no such bridge"));
  await expect(revert()).rejects.toThrow("no such bridge");
  expect(calls()).not.toContain("destroy");
  expect(guest()).toMatchObject({ state: "running", starts: 1 });
  await revert();
  expect(asked()).not.toContain("networks.prepare lan,lan");
  expect(asked().slice(0, 3)).toEqual(["networks.check lan", "networks.check lan", "networks.prepare "]);
  expect(guest()).toMatchObject({ state: "running", starts: 2 });
  await driver.detach();
});

test("a revert that libvirt never answers does not keep the end of the VM up", async () => {
  const { revert, driver, hypervisor, last, ended } = await running();
  const begun = Promise.withResolvers<void>();
  hypervisor.snapshots.revert = async () => {
    begun.resolve();
    return await new Promise<never>(() => {});
  };
  void revert().catch(() => {});
  await begun.promise;
  driver.kill(launchVm(), { graceMs: 0 });
  await ended();
  expect(last()?.state).toBe("TASK_KILLED");
});

test.each(["networks", "libvirt"])("a guest runs on when %s refuse before it ends", async (who) => {
  const { revert, calls, asked, guest, driver, hypervisor, ports } = await running();
  const refusal = FakeHypervisor.refusal("no such thing");
  if (who === "networks") ports.failures.set("networks.prepare", refusal);
  else hypervisor.failOn("snapshot", refusal);
  await expect(revert()).rejects.toThrow("no such thing");
  expect(calls()).not.toContain("destroy");
  if (who === "networks") expect(asked().slice(1)).toEqual(["networks.prepare lan", "networks.releaseNic lan"]);
  expect(guest()).toMatchObject({ state: "running", starts: 1 });
  await driver.detach();
});

test("a revert that is refused costs a start from the disks", async () => {
  const { revert, guest, driver, hypervisor } = await running();
  hypervisor.failOn("revert", FakeHypervisor.refusal("not this one"));
  await expect(revert()).rejects.toThrow("not this one");
  expect(guest()).toMatchObject({ state: "running", reason: "booted", starts: 2 });
  await driver.detach();
});

test("a guest that runs though the answer was lost is taken over with its networks, and watched", async () => {
  const { revert, asked, guest, hypervisor, until, last } = await running();
  const { snapshots } = hypervisor;
  const { revert: reverted } = snapshots;
  const lost = Promise.withResolvers<void>();
  snapshots.revert = async (ref) => {
    await reverted(ref);
    hypervisor.lose();
    lost.resolve();
    throw hypervisor.lost();
  };
  const answer = revert().catch((error: unknown) => error);
  await lost.promise;
  hypervisor.mend();
  expect(await answer).toMatchObject({ code: "libvirt_unreachable" });
  expect(guest()).toMatchObject({ state: "running", reason: "from-snapshot", starts: 2 });
  expect(asked()).not.toContain("networks.release");
  hypervisor.happen(vmUuid, "shut-off", "shutdown", { event: "stopped", detail: "shutdown" });
  await until(() => last()?.state === "TASK_FINISHED");
});

test("one revert at a time", async () => {
  const { revert, calls, guest, driver } = await running();
  const answers = await Promise.allSettled([revert(), revert()]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(answers.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "vm_busy" } });
  expect(calls().filter((one) => one === "revert")).toHaveLength(1);
  expect(guest()).toMatchObject({ state: "running", starts: 2 });
  await driver.detach();
});

test.each(["networks", "libvirt"])("killed while %s work on a revert, it does not run in the end", async (who) => {
  const { revert, calls, guest, driver, hypervisor, ports, last, ended } = await running();
  const begun = Promise.withResolvers<void>();
  const goes = Promise.withResolvers<void>();
  const pause = async () => {
    begun.resolve();
    await goes.promise;
  };
  const { snapshots } = hypervisor;
  const [reverted, prepare] = [snapshots.revert, ports.networks.prepare];
  if (who === "libvirt")
    snapshots.revert = async (ref) => {
      await pause();
      await reverted(ref);
    };
  else
    ports.networks.prepare = async (...asked) => {
      if (calls().includes("destroy")) await pause();
      return await prepare(...asked);
    };
  const answer = revert().catch((error: unknown) => error);
  await begun.promise;
  driver.kill(launchVm(), { graceMs: 0 });
  // Time for an end that does not wait for the revert.
  await hastyClock.sleep(100_000);
  expect(last()?.state).toBe("TASK_KILLING");
  goes.resolve();
  await answer;
  await ended();
  expect(last()?.state).toBe("TASK_KILLED");
  expect(guest()?.state ?? "shut-off").toBe("shut-off");
  expect(calls().includes("revert")).toBe(who === "libvirt");
});
