// A VM on a real libvirt daemon with a guest that boots: launch, end, adoption, and kills of the daemon and of QEMU.

import { join } from "node:path";
import { connectLibvirt } from "@cke/libvirt";
import { TunnelTarget } from "@cke/protocol";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { bootMedia, missingForMedia } from "../testing/boot-media.ts";
import { missingForGuests, VmLab } from "../testing/vm-lab.ts";

// A guest without KVM boots in 5 s on a quiet machine, and in minutes on one that is busy.
vi.setConfig({ testTimeout: 1_200_000 });
const missing = missingForGuests();
if (missing !== undefined) console.warn(`tests with guests are skipped: ${missing}`);
const missingMedia = missingForMedia();
if (missingMedia !== undefined) console.warn(`boots from a CD are skipped: ${missingMedia}`);

describe.skipIf(missing !== undefined)("a guest", () => {
  let lab: VmLab;
  beforeAll(async () => {
    lab = await VmLab.open();
  }, 900_000);
  afterEach(async () => {
    await lab.clear();
  });
  afterAll(async () => {
    await lab.close();
  });

  const booted = (times = 1) =>
    expect.poll(() => lab.console().split("guest: ready").length - 1, { timeout: 900_000 }).toBe(times);
  const boots = () => [...lab.console().matchAll(/guest: boot (\S+)/g)].map(([, id]) => id);

  test("boots; a kill shuts it down and keeps its disk; the next launch finds it; a removal leaves nothing", async () => {
    const first = lab.executor("1");
    first.launch();
    await first.running();
    expect(first.report()).toMatchObject({ state: "running", acceleration: "qemu" });
    expect(first.report()?.warnings).toContainEqual(expect.stringMatching(/emulated in software/));
    await booted();
    // A guest that is starved needs longer than the 30 s of an agent.
    first.kill(600_000);
    await first.ended();
    expect([first.last()?.state, first.unit()?.data]).toEqual(["TASK_KILLED", "kept"]);
    expect(lab.console()).toContain("guest: power button");
    const second = lab.executor("2");
    second.launch();
    await second.running();
    await booted(2);
    second.order();
    second.kill(0);
    await second.ended();
    expect([second.last()?.state, second.unit()?.data]).toEqual(["TASK_KILLED", "removed"]);
    expect(await lab.leftovers()).toEqual([]);
  });

  test("runs on without its executor, and is adopted as it is", async () => {
    const first = lab.executor("1");
    first.launch();
    await first.running();
    await booted();
    const [pid] = lab.server.guestPids();
    await first.driver.detach();
    const second = lab.executor("2");
    second.launch();
    await second.running();
    expect(second.last()?.message).toMatch(/adopted/);
    expect(lab.server.guestPids()).toEqual([pid]);
    expect(boots()).toHaveLength(1);
  });

  test("whose executor is dead is shut down by one that comes only for that, and keeps its disk", async () => {
    const first = lab.executor("1");
    first.launch();
    await first.running();
    await booted();
    const pids = lab.server.guestPids();
    await first.driver.detach();
    const second = lab.executor("2");
    second.launch({ endOnKill: true, definition: undefined });
    await second.running();
    expect(lab.server.guestPids()).toEqual(pids);
    second.kill(600_000);
    await second.ended();
    expect([second.last()?.state, second.unit()?.data]).toEqual(["TASK_KILLED", "kept"]);
    expect(lab.console()).toContain("guest: power button");
    expect(lab.server.guestPids()).toEqual([]);
    expect(boots()).toHaveLength(1);
  });

  test("outlives its daemon: unresponsive, then as before", async () => {
    const vm = lab.executor();
    vm.launch();
    await vm.running();
    const [pid] = lab.server.guestPids();
    await lab.server.kill();
    await vm.until(() => (vm.unit()?.unresponsiveSinceMs ?? 0) > 0);
    expect(vm.last()?.healthy).toBe(false);
    await lab.server.start();
    await vm.until(() => vm.last()?.healthy === true);
    expect(vm.unit()?.unresponsiveSinceMs).toBe(0);
    expect(lab.server.guestPids()).toEqual([pid]);
  });

  test("is started again when QEMU is killed, and is not when its policy is never", async () => {
    const vm = lab.executor();
    vm.launch();
    await vm.running();
    const [pid = 0] = lab.server.guestPids();
    process.kill(pid, "SIGKILL");
    await vm.until(() => vm.last()?.message?.startsWith("restarted") === true);
    const [again = 0] = lab.server.guestPids();
    expect(again).not.toBe(pid);
    await vm.driver.detach();
    const next = lab.executor("2");
    next.launch({ definition: lab.definition({ restart: { policy: "never" } }) });
    await next.running();
    process.kill(again, "SIGKILL");
    await next.ended();
    expect(next.unit()?.cause).toBe("guest_killed");
    expect(next.last()?.state).toBe("TASK_FAILED");
  });

  test("its kernel crashes: told as that, and it starts again", async () => {
    const vm = lab.executor();
    const devices = { panic: true };
    vm.launch({ definition: lab.definition({ devices }) });
    await vm.running();
    await booted();
    const { signal } = new AbortController();
    const serial = await vm.driver.streams.tunnel(
      TunnelTarget.create({ target: { kind: "unixSocket", value: "serial" } }),
      signal,
    );
    serial.write("echo c > /proc/sysrq-trigger\n");
    await vm.until(() => vm.unit()?.cause === "guest_panicked");
    serial.destroy();
    expect(vm.last()).toMatchObject({ state: "TASK_RUNNING", healthy: false });
    await vm.until(() => vm.last()?.healthy === true);
    await booted(2);
  });

  test.skipIf(missingMedia !== undefined).each([
    ["cdrom", "CD"],
    ["hd", "disk"],
  ])("with boot type %s boots from its %s, and not from the other one", async (type, medium) => {
    const imagePath = join(lab.directories.data, "images");
    bootMedia(imagePath);
    const vm = lab.executor();
    const disks = [
      { name: "system", role: "system", image: { source: "disk.img", format: "raw" }, bus: "virtio" },
      { name: "cdrom0", role: "cdrom", image: { source: "boot.iso", format: "raw" }, readOnly: true },
    ];
    vm.launch({ imagePath, definition: lab.definition({ boot: { type }, disks }) });
    await vm.running();
    await expect.poll(() => lab.console(), { timeout: 900_000 }).toMatch(/guest: boots from its \w+\r\n/);
    expect(/guest: boots from its (\w+)/.exec(lab.console())?.[1]).toBe(medium);
    vm.order();
    vm.kill(0);
    await vm.ended();
    expect(lab.server.guestPids()).toEqual([]);
    expect([vm.last()?.state, vm.unit()?.data]).toEqual(["TASK_KILLED", "removed"]);
    expect(await lab.leftovers()).toEqual([]);
  });

  test("shuts down from inside: the task has finished", async () => {
    const vm = lab.executor();
    vm.launch();
    await vm.running();
    await booted();
    const libvirt = await connectLibvirt(lab.server.socketPath);
    // Its button again and again: a guest may not listen to it yet, and one that is switched off refuses it.
    const press = async () => {
      const [domain] = await libvirt.domains.list({ active: true });
      if (domain !== undefined && !vm.context.ended) await libvirt.domains.shutdown(domain, "acpi").catch(() => {});
      return vm.context.ended;
    };
    await expect.poll(press, { timeout: 600_000, interval: 5_000 }).toBe(true);
    await libvirt.close();
    expect([vm.last()?.state, vm.unit()?.cause]).toEqual(["TASK_FINISHED", "guest_shut_down"]);
  });

  test("two launches of one VM never run two guests: the second waits for the first, and takes over from it", async () => {
    const first = lab.executor("1");
    first.launch();
    await first.running();
    const second = lab.executor("2");
    second.launch();
    await second.until(() => second.last()?.message?.includes("still has this VM") === true);
    await first.driver.detach();
    await second.running();
    expect(second.last()?.message).toMatch(/adopted/);
    expect(lab.server.guestPids()).toHaveLength(1);
  });
});
