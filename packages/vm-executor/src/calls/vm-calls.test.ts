// Calls into a VM that runs: power, questions, snapshots.
import { CkeError } from "@cke/foundation";
import { VmCall, type VmCallInit, VmCallResult } from "@cke/protocol";
import { describe, expect, test } from "vitest";
import type { VmWithTask } from "../shutdown/vm-end.ts";
import { VmStreams } from "../streams/vm-streams.ts";
import { FakeHypervisor } from "../testing/fake-hypervisor.ts";
import { hastyClock, setUp } from "../testing/vm-set-up.ts";
import { definition, launchVm, stateOrder, vmUuid } from "../testing/vm-tasks.ts";

const node = (snapshots: readonly string[] = [], more: object = {}) => ({
  qdev: "/machine/peripheral/ua-disk-system/virtio-backend",
  inserted: {
    "node-name": "n1",
    drv: "qcow2",
    ro: false,
    image: { snapshots: snapshots.map((name) => ({ name, "date-sec": 1, "vm-state-size": 0 })) },
    ...more,
  },
});

async function running() {
  const parts = setUp();
  parts.driver.launch(launchVm());
  await parts.running();
  parts.hypervisor.monitor.set("query-block", { return: [node()] });
  const before = parts.hypervisor.calls.length;
  const call = async (init: VmCallInit["call"]) => {
    const streams = parts.driver.streams;
    const answers: unknown[] = [];
    for await (const { answer } of streams.call(
      { request: VmCall.encode({ call: init }) },
      new AbortController().signal,
    )) {
      if (answer?.kind === "result") return VmCallResult.decode(answer.value);
      answers.push(answer);
    }
    throw new Error("there was no result");
  };
  const calls = () => parts.hypervisor.calls.slice(before);
  return { ...parts, call, calls };
}

test.each([
  ["reboot", "reboot"],
  ["reset", "reset"],
  ["pause", "suspend"],
  ["resume", "resume"],
])("power: %s", async (action, expected) => {
  const { call, calls, driver } = await running();
  expect((await call({ kind: "power", value: { action } })).text).not.toBe("");
  expect(calls()).toContain(expected);
  await driver.detach();
});

test("a shutdown that was asked for is the end, whatever the policy", async () => {
  const { call, ended, last, driver, until, report } = await running();
  driver.message(stateOrder({ version: "v", definition: definition({ restart: { policy: "always" } }) }));
  await until(() => report()?.stateVersion === "v");
  await call({ kind: "power", value: { action: "shutdown" } });
  await ended();
  expect(last()?.state).toBe("TASK_FINISHED");
});

describe("refusals say what is allowed", () => {
  test.each<[VmCallInit["call"], string, RegExp]>([
    [{ kind: "power", value: { action: "explode" } }, "invalid_argument", /allowed is reboot, reset/],
    [{ kind: "guest", value: { question: "constructor" } }, "invalid_argument", /allowed is info, interfaces/],
    [{ kind: "guest", value: { question: "info" } }, "unavailable", /install and start qemu-guest-agent/],
    [{ kind: "snapshot", value: { action: "create", name: "../x" } }, "invalid_argument", /snapshot\.name/],
    [{ kind: "snapshot", value: { action: "no", name: "x" } }, "invalid_argument", /allowed is create, list/],
    [{ kind: "snapshot", value: { action: "delete", name: "x" } }, "not_found", /no snapshot x/],
    [
      { kind: "snapshot", value: { action: "create", name: "x", memory: true, quiesce: true } },
      "invalid_argument",
      /quiesce/,
    ],
    [{ kind: "screenshot", value: {} }, "failed_precondition", /devices\.vnc/],
    [{ kind: "migrate", value: { action: "jump", plan: "p" } }, "invalid_argument", /begin, give-up/],
    [{ kind: "migrate", value: { action: "begin", plan: "p" } }, "failed_precondition", /no way to the new host/],
  ])("%j", async (asked, code, words) => {
    const { call, driver } = await running();
    const failure = await call(asked).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code, message: expect.stringMatching(words) });
    await driver.detach();
  });

  test("no guest runs", async () => {
    const streams = new VmStreams({
      clock: hastyClock,
      vm: (): VmWithTask | undefined => undefined,
    });
    const answers = streams.call(
      { request: VmCall.encode({ call: { kind: "screenshot", value: {} } }) },
      new AbortController().signal,
    );
    await expect(async () => {
      for await (const _ of answers);
    }).rejects.toMatchObject({ code: "unavailable" });
  });
});

test("a question to the guest's agent", async () => {
  const { call, hypervisor, driver } = await running();
  hypervisor.agent = () => ({ id: "debian" });
  expect((await call({ kind: "guest", value: { question: "info" } })).guestJson).toBe('{"return":{"id":"debian"}}');
  await driver.detach();
});

describe("snapshots", () => {
  test("of disks: in one transaction, while the guest holds still", async () => {
    const { call, calls, driver } = await running();
    await call({ kind: "snapshot", value: { action: "create", name: "s1", quiesce: true } });
    const order = calls().filter((one) => /^(freeze|thaw|monitor .*transaction)/.test(one));
    expect(order.map((one) => one.split(" ")[0])).toEqual(["freeze", "monitor", "thaw"]);
    expect(order[1]).toContain('"blockdev-snapshot-internal-sync","data":{"device":"n1","name":"s1"}');
    await driver.detach();
  });

  test("a guest that held still writes again after a failure", async () => {
    const { call, calls, hypervisor, driver } = await running();
    hypervisor.monitor.set("transaction", { error: { class: "GenericError", desc: "no space" } });
    await expect(call({ kind: "snapshot", value: { action: "create", name: "s1", quiesce: true } })).rejects.toThrow(
      /QEMU refuses: no space/,
    );
    expect(calls()).toContain("thaw");
    await driver.detach();
  });

  test("a guest that held still is thawed until libvirt has done it, also over another connection", async () => {
    const { call, calls, hypervisor, driver } = await running();
    hypervisor.failOn("thaw", hypervisor.lost(), FakeHypervisor.refusal("the agent does not answer", 86));
    await call({ kind: "snapshot", value: { action: "create", name: "s1", quiesce: true } });
    expect(calls().filter((one) => one === "thaw")).toHaveLength(3);
    await driver.detach();
  });

  test("a freeze whose answer was lost is undone", async () => {
    const { call, calls, hypervisor, driver } = await running();
    hypervisor.failOn("freeze", hypervisor.lost());
    await expect(
      call({ kind: "snapshot", value: { action: "create", name: "s1", quiesce: true } }),
    ).rejects.toMatchObject({ code: "libvirt_unreachable" });
    await expect.poll(calls).toContain("thaw");
    await driver.detach();
  });

  test("a raw disk is named", async () => {
    const { call, hypervisor, driver } = await running();
    hypervisor.monitor.set("query-block", { return: [node([], { drv: "raw" })] });
    await expect(call({ kind: "snapshot", value: { action: "create", name: "s1" } })).rejects.toThrow(
      /another one: system/,
    );
    await driver.detach();
  });

  test("the list, and a name that is taken", async () => {
    const { call, hypervisor, driver } = await running();
    hypervisor.monitor.set("query-block", { return: [node(["s1"])] });
    expect((await call({ kind: "snapshot", value: { action: "list" } })).snapshots).toMatchObject([
      { name: "s1", memory: false, createdAtMs: 1_000 },
    ]);
    await expect(call({ kind: "snapshot", value: { action: "create", name: "s1" } })).rejects.toMatchObject({
      code: "already_exists",
    });
    await driver.detach();
  });

  test("back to one of disks: the guest ends, the images go back, it starts again", async () => {
    const { call, hypervisor, host, driver, last } = await running();
    hypervisor.monitor.set("query-block", { return: [node(["s1"])] });
    await call({ kind: "snapshot", value: { action: "revert", name: "s1" } });
    expect(host.reverted).toEqual([`/var/lib/cke/vms/${vmUuid}/disks/system.qcow2 s1`]);
    expect(hypervisor.held.get(vmUuid)).toMatchObject({ state: "running", starts: 2 });
    expect(last()?.state).toBe("TASK_RUNNING");
    await driver.detach();
  });

  test("one that an executor had begun to go back to when it was killed is ended before the guest starts", async () => {
    const { hypervisor, host, driver, until, last } = await running();
    host.halfReverted = "to s1";
    hypervisor.happen(vmUuid, "shut-off", "crashed", { event: "stopped", detail: "failed" });
    await until(() => last()?.message?.startsWith("restarted") === true);
    expect(host.reverted).toEqual(["finished to s1"]);
    await driver.detach();
  });

  test("no guest is started on disks of which some went back and others not", async () => {
    const { call, hypervisor, host, driver, until, last } = await running();
    hypervisor.monitor.set("query-block", { return: [node(["s1"])] });
    host.revertFailure = new CkeError("revert_unfinished", "half of the disks went back");
    await expect(call({ kind: "snapshot", value: { action: "revert", name: "s1" } })).rejects.toThrow(
      /half of the disks/,
    );
    expect(hypervisor.held.get(vmUuid)).toMatchObject({ state: "shut-off", starts: 1 });
    host.revertFailure = undefined;
    host.halfReverted = "to s1";
    await until(() => last()?.message?.startsWith("restarted") === true);
    expect(host.reverted).toEqual(["finished to s1"]);
    await driver.detach();
  });

  test("one that is older than a disk is not gone back to", async () => {
    const { call, hypervisor, driver } = await running();
    const other = { ...node(), qdev: "ua-disk-data" };
    hypervisor.monitor.set("query-block", { return: [node(["s1"]), other] });
    await expect(call({ kind: "snapshot", value: { action: "revert", name: "s1" } })).rejects.toThrow(
      /older than these disks: data/,
    );
    await driver.detach();
  });
});
