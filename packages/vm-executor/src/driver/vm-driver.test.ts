// A VM from its launch to its end, on a daemon, a host and ports in memory.
import { CkeError } from "@cke/foundation";
import type { VmTaskInit } from "@cke/protocol";
import { describe, expect, test } from "vitest";
import { readMetadata } from "../domain/metadata.ts";
import { FakeHypervisor } from "../testing/fake-hypervisor.ts";
import { setUp } from "../testing/vm-set-up.ts";
import { definition, launched, launchVm, taskId, unitReport, vmUuid } from "../testing/vm-tasks.ts";

const held = (hypervisor: FakeHypervisor) => hypervisor.held.get(vmUuid);

describe("a launch", () => {
  test("prepares, defines and starts the guest, and tells its steps", async () => {
    const { driver, context, hypervisor, ports, last, report, running } = setUp();
    driver.launch(launchVm());
    await running();
    expect(context.steps(taskId)).toEqual(["libvirt", "images", "network", "define", "start", "ready"]);
    expect(last()).toMatchObject({ state: "TASK_RUNNING", healthy: true });
    expect(report()).toMatchObject({ acceleration: "kvm", disks: [{ name: "system", sizeMib: 1_024 }] });
    expect(unitReport(last()?.data)).toMatchObject({ containerId: vmUuid, data: "kept", launchStep: "ready" });
    expect(held(hypervisor)).toMatchObject({ name: "cke-vm1-6f1c1d1e", state: "running", starts: 1 });
    expect(readMetadata(held(hypervisor)?.metadata)?.labels).toMatchObject({
      "cke.workload": "vm1",
      "cke.instance": "i1",
      "cke.framework": "framework-1",
      "cke.workload-kind": "vm",
    });
    expect(hypervisor.calls).toContain("setSchedulerParameters 512 -1");
    expect(hypervisor.calls).toContain(`setMemoryParameters ${(256 + 64) * 1_024}`);
    expect(ports.calls).toContain("networks.attached");
    await driver.detach();
  });

  test("without a daemon fails in words, and leaves nothing", async () => {
    const missing = Object.assign(new Error("connect ENOENT"), { code: "ENOENT", syscall: "connect" });
    const { driver, last, host, ended } = setUp({ unreachable: () => missing });
    driver.launch(launchVm());
    await ended();
    expect(last()).toMatchObject({ state: "TASK_FAILED", reason: "REASON_CONTAINER_LAUNCH_FAILED" });
    expect(last()?.message).toMatch(/no libvirt daemon.*apt-get install libvirt-daemon-system.*systemctl start/s);
    expect(unitReport(last()?.data)?.cause).toBe("libvirt_unreachable");
    expect([...host.directories, ...host.locks.keys()]).toEqual([]);
  });

  test("waits without end for the daemon of a host on which its guest may run", async () => {
    let attempts = 0;
    const away = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", syscall: "connect" });
    const { driver, host, running, context } = setUp({
      unreachable: () => {
        attempts += 1;
        return attempts < 40 ? away : undefined;
      },
    });
    host.started.add(`/var/lib/cke/vms/${vmUuid}`);
    driver.launch(launchVm());
    await running();
    expect(context.of(taskId).map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/does not run: start it/),
    );
    await driver.detach();
  });

  test.each([
    ["disks.prepare", "image_checksum"],
    ["networks.prepare", "network_missing"],
    ["networks.attached", "port_taken"],
  ])("%s fails: the cause is told, and what was made is removed", async (call, cause) => {
    const { driver, ports, last, hypervisor, ended } = setUp();
    ports.failures.set(call, new CkeError(cause, "it is so"));
    driver.launch(launchVm());
    await ended();
    expect(last()?.state).toBe("TASK_FAILED");
    expect(unitReport(last()?.data)?.cause).toBe(cause);
    expect([...hypervisor.held.keys()]).toEqual([]);
    expect(ports.calls).toEqual(expect.arrayContaining(["disks.remove", "seeds.remove"]));
  });

  test("a disk that something else uses is named so, and the failed start leaves no domain", async () => {
    const { driver, hypervisor, last, ended } = setUp();
    hypervisor.failOn("start", FakeHypervisor.refusal('Failed to get "write" lock', 1));
    driver.launch(launchVm());
    await ended();
    expect(unitReport(last()?.data)?.cause).toBe("disk_busy");
    expect(last()?.message).toMatch(/never used twice.*Failed to get "write" lock/s);
    expect(hypervisor.held.size).toBe(0);
  });

  test("software emulation is a warning in the report", async () => {
    const { driver, host, report, running } = setUp();
    host.acceleration = { type: "qemu", warning: "emulated in software" };
    driver.launch(launchVm());
    await running();
    expect(report()).toMatchObject({ acceleration: "qemu", warnings: ["emulated in software"] });
    await driver.detach();
  });

  test("asks for the seed's secrets, and gives them to the seed alone", async () => {
    const { driver, context, ports, hypervisor } = setUp();
    driver.launch(launchVm({ definition: definition({ seed: { hostname: "h", password: true } }) }));
    await context.until(({ messages }) => messages.length > 0);
    expect(ports.calls.some((call) => call.startsWith("seeds.write"))).toBe(false);
    expect(hypervisor.held.size).toBe(0);
    await driver.detach();
  });

  test.each([
    [new Uint8Array([0x0a, 0xff]), /not readable/],
    [new Uint8Array(), /holds no virtual machine/],
  ])("data that is no VM ends the executor in words", async (data, words) => {
    const { driver, last, ended } = setUp();
    driver.launch(launched(data));
    await ended();
    expect(last()?.message).toMatch(words);
  });
});

describe("adoption", () => {
  /** A guest runs, and its executor is gone. */
  async function orphan(init: VmTaskInit = {}) {
    const first = setUp();
    first.driver.launch(launchVm(init));
    await first.running();
    await first.driver.detach();
    const next = setUp({ ...first, executorId: "cke.vm1.vm1.2" });
    return { first, next };
  }

  test("a guest that runs is taken over, and nothing restarts", async () => {
    const { next } = await orphan();
    next.driver.launch(launchVm({ incarnation: "2" }));
    await next.running();
    expect(next.last()?.message).toMatch(/adopted/);
    expect(held(next.hypervisor)?.starts).toBe(1);
    expect(readMetadata(held(next.hypervisor)?.metadata)?.labels["cke.incarnation"]).toBe("2");
    await next.driver.detach();
  });

  test("a guest whose domain takes no metadata runs on, and is noted later", async () => {
    const { next } = await orphan();
    next.hypervisor.failOn("setMetadata", FakeHypervisor.refusal("disk full"), FakeHypervisor.refusal("disk full"));
    next.driver.launch(launchVm({ incarnation: "2" }));
    await next.running();
    expect(next.last()?.message).toMatch(/adopted/);
    await expect
      .poll(() => readMetadata(held(next.hypervisor)?.metadata)?.labels["cke.incarnation"], { timeout: 30_000 })
      .toBe("2");
    expect(held(next.hypervisor)).toMatchObject({ state: "running", starts: 1 });
    expect(next.context.logs().join("\n")).toMatch(/does not note yet.*the guest runs on/);
    await next.driver.detach();
  });

  test("a guest that an interrupted snapshot has left frozen is thawed", async () => {
    const agent = { definition: definition({ devices: { agent: true } }) };
    const { next } = await orphan(agent);
    next.hypervisor.agent = (command) => (command.includes("guest-fsfreeze-status") ? "frozen" : {});
    next.driver.launch(launchVm(agent));
    await next.running();
    await expect.poll(() => next.hypervisor.calls).toContain("thaw");
    await next.driver.detach();
  });

  test("an adopted guest follows what is wanted now", async () => {
    const { next } = await orphan();
    const wanted = definition({ cpu: { count: 1, limitMillis: 2_000, quota: true }, boot: { machine: "pc" } });
    next.driver.launch(launchVm({ definition: wanted }));
    await next.until(() => next.report()?.atNextStart.length === 1);
    expect(next.report()?.atNextStart).toEqual(["boot.machine"]);
    expect(next.hypervisor.calls).toContain("setSchedulerParameters 2048 200000");
    expect(held(next.hypervisor)?.starts).toBe(1);
    await next.driver.detach();
  });

  test("a guest that has ended meanwhile is started again", async () => {
    const { next } = await orphan();
    next.hypervisor.happen(vmUuid, "shut-off", "crashed");
    next.driver.launch(launchVm());
    await next.running();
    expect(held(next.hypervisor)?.starts).toBe(2);
    await next.driver.detach();
  });

  test.each([
    ["makeDirectories", Object.assign(new Error("no space left on device"), { code: "ENOSPC" })],
    ["lock", new CkeError("vm_busy", "executor 1 still has this VM", { retryable: true })],
    ["abilities", FakeHypervisor.refusal("no capabilities")],
  ] as const)(
    "a launch that fails in %s ends the guest of an earlier one before its task is over",
    async (call, error) => {
      const { first, next } = await orphan();
      const { host, hypervisor, ports } = first;
      const sound = host[call];
      Object.assign(host, {
        [call]: async () => {
          Object.assign(host, { [call]: sound });
          throw error;
        },
      });
      hypervisor.failOn("destroy", FakeHypervisor.refusal("device is busy"));
      const released: unknown[] = [];
      const release = ports.networks.release;
      Object.assign(ports.networks, {
        release: async (...asked: Parameters<typeof release>) => {
          released.push(held(hypervisor)?.state);
          await release(...asked);
        },
      });
      next.driver.launch(launchVm({ incarnation: "2" }));
      await next.ended();
      expect(next.last()?.state).toBe("TASK_FAILED");
      expect(held(hypervisor)?.state).toBe("shut-off");
      expect(released).toEqual(["shut-off"]);
      expect(ports.calls).not.toContain("disks.remove");
    },
  );

  test("a guest of another framework is left alone", async () => {
    const { next } = await orphan();
    next.driver.launch(launchVm({ frameworkId: "other" }));
    await next.ended();
    expect(next.last()?.message).toMatch(/belongs to framework framework-1/);
    expect(held(next.hypervisor)).toMatchObject({ state: "running", starts: 1 });
  });
});

describe("the daemon goes away", () => {
  test("while a guest runs: unresponsive, then as before; nothing restarts", async () => {
    const { driver, hypervisor, last, running, until } = setUp();
    driver.launch(launchVm());
    await running();
    hypervisor.lose();
    await until(() => last()?.healthy === false);
    expect(unitReport(last()?.data)?.unresponsiveSinceMs).toBeGreaterThan(0);
    expect(last()?.message).toMatch(/libvirt daemon is away.*the guest runs on/);
    hypervisor.mend();
    await until(() => last()?.healthy === true);
    expect(unitReport(last()?.data)?.unresponsiveSinceMs).toBe(0);
    expect(held(hypervisor)?.starts).toBe(1);
    await driver.detach();
  });

  test("and the guest ends meanwhile: seen when it is back", async () => {
    const { driver, hypervisor, running, ended, last } = setUp();
    driver.launch(launchVm());
    await running();
    hypervisor.lose();
    hypervisor.happen(vmUuid, "shut-off", "shutdown");
    hypervisor.mend();
    await ended();
    expect(last()?.state).toBe("TASK_FINISHED");
  });

  test("in the middle of the start: the guest is started once", async () => {
    const { driver, hypervisor, running } = setUp();
    const start = hypervisor.domains.start.bind(hypervisor.domains);
    let broken = false;
    Object.assign(hypervisor.domains, {
      start: async (...asked: Parameters<typeof start>) => {
        const domain = await start(...asked);
        if (broken) return domain;
        broken = true;
        hypervisor.lose();
        queueMicrotask(() => hypervisor.mend());
        throw hypervisor.lost();
      },
    });
    driver.launch(launchVm());
    await running();
    expect(held(hypervisor)?.starts).toBe(1);
    await driver.detach();
  });
});
