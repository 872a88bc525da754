// A guest that was handed to another host, or may have been, stands still on this one, whoever asks: on fakes.
import { UnitCall, VmCall, type VmCallInit } from "@cke/protocol";
import { expect, test } from "vitest";
import { definition, stateOrder, vmUuid } from "../testing/vm-tasks.ts";
import { source } from "./testing/leaving-guest.ts";

test("what was handed over is not let go on here", async () => {
  const vm = await source();
  vm.leaving();
  vm.hypervisor.happen(vmUuid, "paused", "unknown");
  const { signal } = new AbortController();
  for (const value of [{ action: "resume" }, { action: "reset" }]) {
    const request = VmCall.encode({ call: { kind: "power", value } });
    const asked = async () => {
      for await (const _ of vm.driver.streams.call(UnitCall.create({ request }), signal));
    };
    await expect(asked()).rejects.toMatchObject({ code: "guest_away" });
  }
  expect(vm.hypervisor.held.get(vmUuid)?.state).toBe("paused");
  expect(vm.hypervisor.calls.filter((call) => call === "resume" || call === "reset")).toEqual([]);
  await vm.driver.detach();
});

test("a guest that is being handed over stands still", async () => {
  const vm = await source();
  vm.leaving();
  const before = vm.hypervisor.calls.length;
  vm.hypervisor.happen(vmUuid, "paused", "migration", { event: "suspended", detail: "migrated" });
  await expect
    .poll(() => vm.hypervisor.calls.slice(before).filter((call) => call === "state").length, { timeout: 120_000 })
    .toBeGreaterThan(2);
  expect(vm.hypervisor.held.get(vmUuid)?.state).toBe("paused");
  await vm.driver.detach();
});

/** What was asked of the daemon since then that changes a guest. */
const changes = (calls: readonly string[]) =>
  calls.filter((call) =>
    /^(resume|suspend|reset|start|define|destroy|snapshot|revert|monitor .*transaction)/.test(call),
  );

test.each([
  ["let go on", false, "paused", "user"],
  ["paused", true, "running", "booted"],
] as const)("a state in which it is to be %s changes nothing of it", async (_what, paused, state, reason) => {
  const vm = await source();
  vm.leaving();
  vm.hypervisor.happen(vmUuid, state, reason);
  const before = vm.hypervisor.calls.length;
  vm.driver.message(
    stateOrder({ version: "v2", definition: definition({ disks: [], restart: { policy: "never" } }), paused }),
  );
  await vm.until(() => vm.report()?.stateVersion === "v2");
  expect(changes(vm.hypervisor.calls.slice(before))).toEqual([]);
  expect(vm.hypervisor.held.get(vmUuid)?.state).toBe(state);
  await vm.driver.detach();
});

test.each(["create", "revert", "delete"])("no snapshot: %s", async (action) => {
  const vm = await source();
  const image = { snapshots: [{ name: "s1", "date-sec": 1, "vm-state-size": 0 }] };
  const inserted = { "node-name": "n1", drv: "qcow2", ro: false, image };
  vm.hypervisor.monitor.set("query-block", { return: [{ qdev: "/x", inserted }] });
  vm.leaving();
  const before = vm.hypervisor.calls.length;
  const call: VmCallInit["call"] = { kind: "snapshot", value: { action, name: action === "create" ? "s2" : "s1" } };
  const asked = async () => {
    const request = UnitCall.create({ request: VmCall.encode({ call }) });
    for await (const _ of vm.driver.streams.call(request, new AbortController().signal));
  };
  await expect(asked()).rejects.toMatchObject({ code: "guest_away" });
  expect(changes(vm.hypervisor.calls.slice(before))).toEqual([]);
  await vm.driver.detach();
});

test("paused by an error of its storage, it does not go on by itself", async () => {
  const vm = await source();
  const stopped = { event: "suspended", detail: "ioerror" };
  vm.leaving();
  const before = vm.hypervisor.calls.length;
  for (let look = 0; look < 3; look += 1) {
    const looks = vm.hypervisor.calls.length;
    vm.hypervisor.happen(vmUuid, "paused", "io-error", stopped);
    await vm.until(() => vm.last()?.healthy === false);
    await expect
      .poll(() => vm.hypervisor.calls.slice(looks).filter((call) => call === "state").length, { timeout: 120_000 })
      .toBeGreaterThan(1);
  }
  expect(changes(vm.hypervisor.calls.slice(before))).toEqual([]);
  vm.host.notes.clear();
  await expect.poll(() => vm.hypervisor.held.get(vmUuid)?.state, { timeout: 120_000 }).toBe("running");
  await vm.driver.detach();
});
