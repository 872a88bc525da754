// What a running guest follows at once, and what waits for its next start.

import type { LaunchedTask } from "@cke/executor-core";
import type { VmDefinitionInit, VmTaskInit } from "@cke/protocol";
import { describe, expect, test } from "vitest";
import { readMetadata } from "../domain/metadata.ts";
import { FakeHypervisor } from "../testing/fake-hypervisor.ts";
import { hastyClock, setUp } from "../testing/vm-set-up.ts";
import { definition, launchVm, stateOrder, vmUuid } from "../testing/vm-tasks.ts";

async function changed(
  next: VmDefinitionInit,
  prepare: (hypervisor: FakeHypervisor) => void = () => {},
  init: VmTaskInit = {},
  resources: LaunchedTask["info"]["resources"] = [],
) {
  const parts = setUp();
  const task = launchVm(init);
  parts.driver.launch({ ...task, info: { ...task.info, resources } });
  await parts.running();
  prepare(parts.hypervisor);
  const before = parts.hypervisor.calls.length;
  parts.driver.message(stateOrder({ version: "v2", definition: definition(next) }));
  await parts.until(() => parts.report()?.stateVersion === "v2" || parts.report()?.problem !== "");
  const calls = parts.hypervisor.calls
    .slice(before)
    .filter((call) => !/^(byUuid|state|metadata|xml|interfaces)$/.test(call));
  const followed = readMetadata(parts.hypervisor.held.get(vmUuid)?.metadata)?.definition;
  return { ...parts, calls, followed };
}

const data = { name: "data", role: "data", sizeMib: 64, format: "qcow2", bus: "virtio" };
const [system] = definition().disks;

describe("a change of a running VM", () => {
  test("a disk is attached, and the domain knows it", async () => {
    const { calls, followed, ports, driver } = await changed({ disks: [...definition().disks, data] });
    expect(ports.calls).toContain("disks.prepareLive data");
    expect(calls).toEqual(["attach", "setMetadata element"]);
    expect(followed?.disks.map(({ name }) => name)).toEqual(["system", "data"]);
    await driver.detach();
  });

  test("a grown disk, limits and a title follow at once", async () => {
    const { calls, driver } = await changed({
      title: "new",
      cpu: { count: 1, limitMillis: 1_000 },
      disks: [{ ...system, sizeMib: 2_048 }],
    });
    expect(calls).toEqual(
      expect.arrayContaining(["setMetadata title", "setSchedulerParameters 1024 -1", `resize vda ${2_048 * 2 ** 20}`]),
    );
    await driver.detach();
  });

  test("less memory: first the guest's part, then the limit, each once", async () => {
    const { calls, report, driver } = await changed({ memory: { mib: 200, overheadMib: 64 } });
    expect(calls.filter((call) => /^set(Memory|MemoryParameters) /.test(call))).toEqual([
      `setMemory ${200 * 1_024}`,
      `setMemoryParameters ${264 * 1_024}`,
    ]);
    expect(report()?.atNextStart).toEqual([]);
    await driver.detach();
  });

  test("nothing grows beyond what Mesos accounts for the task: the rest waits for a launch with more", async () => {
    const init = { definition: definition({ memory: { mib: 256, maximumMib: 1_024, overheadMib: 64 } }) };
    const next = {
      cpu: { count: 1, limitMillis: 4_000, quota: true },
      memory: { mib: 1_024, maximumMib: 1_024, overheadMib: 64 },
    };
    const accounted = [
      { name: "cpus", type: "SCALAR" as const, scalar: { value: 1.5 } },
      { name: "mem", type: "SCALAR" as const, scalar: { value: 564 } },
    ];
    const { calls, report, hypervisor, until, last, driver } = await changed(next, () => {}, init, accounted);
    expect(calls.filter((call) => /^set(Memory|MemoryParameters|SchedulerParameters) /.test(call))).toEqual([
      "setSchedulerParameters 1536 150000",
      `setMemoryParameters ${564 * 1_024}`,
      `setMemory ${500 * 1_024}`,
    ]);
    expect(report()?.atNextStart).toEqual(["cpu.limit_millis", "memory.mib"]);
    // A start within the same task has no more either.
    hypervisor.happen(vmUuid, "shut-off", "crashed", { event: "stopped", detail: "failed" });
    await until(() => last()?.message?.startsWith("restarted") === true);
    expect(hypervisor.held.get(vmUuid)?.xml).toContain('<currentMemory unit="MiB">500</currentMemory>');
    expect(hypervisor.calls).not.toContain(`setMemoryParameters ${1_088 * 1_024}`);
    await driver.detach();
  });

  test("what cannot change in a running guest waits, and is named", async () => {
    const { report, driver } = await changed({ boot: { machine: "pc" }, memory: { mib: 512, overheadMib: 64 } });
    expect(report()?.atNextStart).toEqual(["memory.mib", "boot.machine"]);
    await driver.detach();
  });

  test("what the guest refuses waits too, with the reason in the log", async () => {
    const { report, context, driver } = await changed({ disks: [...definition().disks, data] }, (hypervisor) =>
      hypervisor.failOn("attach", FakeHypervisor.refusal("no more available PCI slots")),
    );
    expect(report()?.atNextStart).toEqual(["disks.data"]);
    expect(context.logs()).toContainEqual(
      expect.stringMatching(/disks\.data: .*PCI slots; it follows with the next start/),
    );
    await driver.detach();
  });

  test("what fails for a while is tried again", async () => {
    const { ports, until, report, driver } = await changed({ title: "" }, () => {});
    ports.failures.set("disks.prepareLive", new Error("the image cannot be fetched"));
    driver.message(stateOrder({ version: "v3", definition: definition({ disks: [...definition().disks, data] }) }));
    await until(() => /cannot be fetched/.test(report()?.problem ?? ""));
    await until(() => report()?.stateVersion === "v3");
    expect(report()?.problem).toBe("");
    await driver.detach();
  });

  test("a part that cannot be made holds up no other one, and its words name the wish", async () => {
    const { ports, until, report, hypervisor, driver } = await changed({});
    const fail = () => ports.failures.set("disks.prepareLive", new Error("the image cannot be fetched"));
    fail();
    driver.message(
      stateOrder({
        version: "v3",
        definition: definition({ title: "new", disks: [...definition().disks, data], boot: { machine: "pc" } }),
        paused: true,
      }),
    );
    await until(() => report()?.problem !== "");
    expect(report()).toMatchObject({
      stateVersion: "v2",
      triedVersion: "v3",
      problem: "disks.data: the image cannot be fetched",
      atNextStart: ["boot.machine"],
    });
    expect(hypervisor.held.get(vmUuid)?.state).toBe("paused");
    expect(readMetadata(hypervisor.held.get(vmUuid)?.metadata)?.definition.title).toBe("new");
    await until(() => report()?.stateVersion === "v3");
    expect(report()).toMatchObject({ triedVersion: "v3", problem: "" });
    await driver.detach();
  });

  test("another wish does not wait for what failed of the one before", async () => {
    let pauses = 0;
    // A pause between two attempts never ends by itself here; looks at the guest do.
    const sleep: typeof hastyClock.sleep = (ms, signal) => {
      if (ms < 500 || ms > 1_000) return hastyClock.sleep(ms, signal);
      pauses += 1;
      return hastyClock.sleep(3_600_000_000, signal);
    };
    const parts = setUp({ clock: { ...hastyClock, sleep } });
    parts.driver.launch(launchVm());
    await parts.running();
    parts.ports.failures.set("disks.prepareLive", new Error("the image cannot be fetched"));
    const wish = (version: string, init: VmDefinitionInit) =>
      parts.driver.message(stateOrder({ version, definition: definition(init) }));
    wish("v2", { disks: [...definition().disks, data] });
    await parts.until(() => parts.report()?.triedVersion === "v2");
    await expect.poll(() => pauses).toBe(1);
    wish("v3", { title: "new" });
    await parts.until(() => parts.report()?.stateVersion === "v3");
    expect(parts.report()).toMatchObject({ triedVersion: "v3", problem: "" });
    await parts.driver.detach();
  });

  test("the limit stays where the guest does not give memory back", async () => {
    const { calls, report, driver } = await changed({ memory: { mib: 200, overheadMib: 64 } }, (hypervisor) =>
      hypervisor.failOn("setMemory", FakeHypervisor.refusal("the balloon does not answer")),
    );
    expect(calls.filter((call) => /^setMemoryParameters /.test(call))).toEqual([`setMemoryParameters ${320 * 1_024}`]);
    expect(report()).toMatchObject({ stateVersion: "v2", atNextStart: ["memory.mib"], problem: "" });
    await driver.detach();
  });

  test("the limit stays while the guest holds memory that it is to give back, also for the next executor", async () => {
    const wish = { title: "new", cpu: { count: 1, limitMillis: 250 }, memory: { mib: 200, overheadMib: 64 } };
    const holding = (hypervisor: FakeHypervisor) =>
      Object.assign(hypervisor, { balloonKib: 256 * 1_024, givesBack: false });
    const { calls, report, hypervisor, ports, host, driver } = await changed(wish, holding);
    const limits = (of: readonly string[]) => of.filter((call) => /^setMemoryParameters /.test(call));
    const [inForce, wanted] = [`setMemoryParameters ${320 * 1_024}`, `setMemoryParameters ${264 * 1_024}`];
    expect(calls).toEqual(expect.arrayContaining([`setMemory ${200 * 1_024}`, "setSchedulerParameters 256 -1"]));
    expect(new Set(limits(calls))).toEqual(new Set([inForce]));
    expect(report()).toMatchObject({ stateVersion: "", triedVersion: "v2", atNextStart: [] });
    expect(report()?.problem).toMatch(/^memory\.mib: the guest has not given its memory back yet/);
    expect(readMetadata(hypervisor.held.get(vmUuid)?.metadata)?.definition.title).toBe("new");
    await driver.detach();

    const before = hypervisor.calls.length;
    const next = setUp({ hypervisor, ports, host });
    next.driver.launch(launchVm({ definition: definition(wish) }));
    await next.until(() => next.report()?.problem !== undefined && next.report()?.problem !== "");
    expect(new Set(limits(hypervisor.calls.slice(before)))).toEqual(new Set([inForce]));
    hypervisor.balloonKib = 200 * 1_024;
    await next.until(() => next.report()?.problem === "");
    expect(limits(hypervisor.calls).at(-1)).toBe(wanted);
    await next.driver.detach();
  });

  test("a guest that has more than its new task holds is not killed by a limit, and has the task's when it gave it back", async () => {
    const holding = (hypervisor: FakeHypervisor) =>
      Object.assign(hypervisor, { balloonKib: 256 * 1_024, givesBack: false });
    const { hypervisor, ports, host, driver } = await changed({ title: "new" }, holding);
    await driver.detach();
    const before = hypervisor.calls.length;
    const next = setUp({ hypervisor, ports, host });
    const resources = [{ name: "mem", type: "SCALAR" as const, scalar: { value: 264 } }];
    const task = launchVm({ definition: definition({ memory: { mib: 200, overheadMib: 64 } }) });
    next.driver.launch({ ...task, info: { ...task.info, resources } });
    await next.until(() => /^memory\.mib: /.test(next.report()?.problem ?? ""));
    const limits = () => hypervisor.calls.slice(before).filter((call) => /^setMemoryParameters /.test(call));
    expect(new Set(limits())).toEqual(new Set([`setMemoryParameters ${320 * 1_024}`]));
    hypervisor.balloonKib = 200 * 1_024;
    await next.until(() => next.report()?.problem === "");
    expect(limits().at(-1)).toBe(`setMemoryParameters ${264 * 1_024}`);
    await next.driver.detach();
  });

  test.each([
    [3, []],
    [Number.POSITIVE_INFINITY, ["disks.data0"]],
  ])("a device that the guest gives back when it was asked %d times", async (times, later) => {
    const disk = { name: "data0", role: "data", format: "qcow2", sizeMib: 8 };
    const { hypervisor, until, report, driver } = await changed({ disks: [disk] });
    await until(() => hypervisor.calls.includes("attach"));
    const { detachAlias } = hypervisor.devices;
    let asked = 0;
    Object.assign(hypervisor.devices, {
      detachAlias: async (...args: Parameters<typeof detachAlias>) => {
        asked += 1;
        if (asked === 2) throw FakeHypervisor.refusal("Device ua-data0 is already in the process of unplug");
        if (asked >= times) await detachAlias(...args);
      },
    });
    driver.message(stateOrder({ version: "v3", definition: definition() }));
    await until(() => report()?.stateVersion === "v3");
    expect(report()).toMatchObject({ problem: "", atNextStart: later });
    expect(asked).toBe(Math.min(times, 12));
    await driver.detach();
  });

  test("memory that is wanted back before the guest gave it is there again", async () => {
    const holding = (hypervisor: FakeHypervisor) =>
      Object.assign(hypervisor, { balloonKib: 256 * 1_024, givesBack: false });
    const { report, until, hypervisor, driver } = await changed({ memory: { mib: 200, overheadMib: 64 } }, holding);
    const before = hypervisor.calls.length;
    driver.message(stateOrder({ version: "v3", definition: definition() }));
    await until(() => report()?.stateVersion === "v3");
    expect(report()).toMatchObject({ problem: "", atNextStart: [] });
    expect(hypervisor.calls.slice(before)).toContain(`setMemory ${256 * 1_024}`);
    expect(hypervisor.calls.findLast((call) => /^setMemoryParameters /.test(call))).toBe(
      `setMemoryParameters ${320 * 1_024}`,
    );
    await driver.detach();
  });

  const less = { memory: { mib: 200, overheadMib: 64 } };
  test.each([
    ["a pause", { ...less }, true, "suspend", 30],
    ["a pause and another size", { memory: { mib: 224, overheadMib: 64 } }, true, "suspend", 30],
    ["another size", {}, false, `setMemory ${256 * 1_024}`, 5],
  ])("%s does not wait for a guest that gives its memory back slowly", async (_what, next, paused, done, fewer) => {
    const { hypervisor, driver, running, until } = setUp();
    driver.launch(launchVm());
    await running();
    Object.assign(hypervisor, { balloonKib: 256 * 1_024, givesBack: false });
    const { memoryStats } = hypervisor.sizing;
    // It gives something back each time it is asked, and never enough.
    Object.assign(hypervisor.sizing, {
      memoryStats: async (...args: Parameters<typeof memoryStats>) => {
        hypervisor.balloonKib -= 0.001;
        return await memoryStats(...args);
      },
    });
    driver.message(stateOrder({ version: "v2", definition: definition(less) }));
    const questions = (from = 0, to?: number) =>
      hypervisor.calls.slice(from, to).filter((call) => call === "memoryStats").length;
    await until(() => questions() > 1);
    const before = hypervisor.calls.length;
    driver.message(stateOrder({ version: "v3", definition: definition(next), paused }));
    const at = () => hypervisor.calls.indexOf(done, before);
    await until(() => at() >= 0);
    // Four a second at most: in 5 s these are 20, in 120 s 480.
    expect(questions(before, at())).toBeLessThan(fewer);
    await driver.detach();
  });

  test("paused and resumed", async () => {
    const { driver, hypervisor, until, report } = await changed({});
    driver.message(stateOrder({ version: "v3", definition: definition(), paused: true }));
    await until(() => report()?.stateVersion === "v3" && report()?.state === "paused");
    expect(hypervisor.held.get(vmUuid)?.state).toBe("paused");
    driver.message(stateOrder({ version: "v4", definition: definition(), paused: false }));
    await until(() => report()?.state === "running" && report()?.stateVersion === "v4");
    await driver.detach();
  });
});
