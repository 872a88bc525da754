// The moment in which a guest changes hands: the question or the answer is lost, both executors are killed, and one guest runs.
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { missingForGuests } from "../testing/vm-lab.ts";
import { MovingGuest, retryAfterPanic } from "./testing/moving-guest.ts";

vi.setConfig({ testTimeout: 1_800_000, hookTimeout: 900_000 });
const missing = missingForGuests();
if (missing !== undefined) console.warn(`tests with guests are skipped: ${missing}`);

describe.skipIf(missing !== undefined)("a guest that is handed over", { retry: retryAfterPanic }, () => {
  let hosts: MovingGuest;
  beforeAll(async () => {
    hosts = await MovingGuest.open();
  });
  afterEach(async () => await hosts.clear());
  afterAll(async () => await hosts?.close());

  test("stays when the new host was never asked: nothing starts it meanwhile, and it moves later", async () => {
    const { vm, destination } = await hosts.counting();
    await expect(hosts.move(vm, destination, { cutAt: '"ask":"finish"' })).rejects.toMatchObject({ retryable: true });
    await vm.driver.detach();
    const next = hosts.here.executor("2");
    next.launch();
    await next.running();
    expect(next.last()).toMatchObject({ healthy: false });
    expect(next.last()?.message).toContain("nothing is started meanwhile");
    await expect.poll(() => hosts.guests(), { timeout: 120_000 }).toEqual([1, 0]);
    // The new host says that it has no guest: it is taken over where it is.
    await expect(hosts.move(next, destination)).rejects.toMatchObject({ retryable: true });
    await next.until(() => next.last()?.healthy === true);
    await hosts.countsOn();
    expect(await hosts.move(next, destination)).toMatchObject({ moved: true });
    await hosts.countsOn();
    expect(hosts.guests()).toEqual([0, 1]);
  });

  test("runs there when only the answer is lost: the old one is ended, and never goes on", async () => {
    const { vm, destination } = await hosts.counting();
    await expect(hosts.move(vm, destination, { cutAt: '"arrived":true' })).rejects.toMatchObject({ retryable: true });
    await vm.driver.detach();
    await destination.driver.detach();
    const next = hosts.here.executor("2");
    next.launch();
    await next.running();
    const taking = await hosts.destination("d2");
    await hosts.countsOn();
    expect(await hosts.ask(taking, "look")).toMatchObject({ moved: true });
    expect(await hosts.move(next, taking)).toMatchObject({ moved: true });
    await expect.poll(() => hosts.guests(), { timeout: 120_000 }).toEqual([0, 1]);
    await hosts.countsOn();
    taking.kill();
    await taking.ended();
    expect(taking.unit()?.data).toBe("kept");
    expect(hosts.guests()).toEqual([0, 1]);
  });

  test("runs there when only the answer is lost, and the executor that sent it lives: it takes no end for the guest's", async () => {
    const { vm, destination } = await hosts.counting();
    await expect(hosts.move(vm, destination, { cutAt: '"arrived":true' })).rejects.toMatchObject({ retryable: true });
    await hosts.countsOn();
    expect(await hosts.move(vm, destination)).toMatchObject({ moved: true });
    await expect.poll(() => hosts.guests(), { timeout: 120_000 }).toEqual([0, 1]);
    await hosts.countsOn();
    expect(vm.last()).toMatchObject({ state: "TASK_RUNNING", healthy: true });
    expect(vm.last()?.message).toContain("runs on its new host");
    vm.kill();
    await vm.ended();
    expect(vm.last()?.state).toBe("TASK_KILLED");
    await hosts.countsOn();
  });

  test.each([
    ["before it was asked", '"ask":"finish"'],
    ["when the guest had come", '"arrived":true'],
  ])("goes on here when the new host is lost for good in the hand-over: %s", async (_when, cutAt) => {
    const { vm, destination } = await hosts.counting();
    await expect(hosts.move(vm, destination, { cutAt })).rejects.toMatchObject({ retryable: true });
    await hosts.loseNewHost(destination);
    await expect(hosts.ask(vm, "give-up")).rejects.toMatchObject({ retryable: true });
    await expect.poll(() => hosts.guests(), { timeout: 120_000 }).toEqual([1, 0]);
    expect(await hosts.ask(vm, "take-back")).toMatchObject({ moved: false });
    // What the guest has counted on the host that is lost is lost with it.
    const before = hosts.here.console().length;
    await expect.poll(() => hosts.here.console().slice(before), { timeout: 600_000 }).toMatch(/tick \d+/);
    expect(hosts.guests()).toEqual([1, 0]);
    expect(vm.last()).toMatchObject({ state: "TASK_RUNNING", healthy: true });
  });

  test("starts here from its disks when the new host is lost for good, whichever executor is told", async () => {
    const { vm, destination } = await hosts.counting();
    expect(await hosts.move(vm, destination)).toMatchObject({ moved: true });
    await hosts.loseNewHost(destination);
    await vm.driver.detach();
    const next = hosts.here.executor("2");
    next.launch();
    await next.until(() => next.last()?.message?.includes("runs on its new host") === true);
    expect(hosts.guests()).toEqual([0, 0]);
    const before = hosts.here.console().length;
    for (const _ of [1, 2]) expect(await hosts.ask(next, "take-back")).toMatchObject({ moved: false });
    const said = () => hosts.here.console().slice(before);
    await expect.poll(said, { timeout: 900_000 }).toContain("guest: ready");
    expect(hosts.guests()).toEqual([1, 0]);
    await hosts.type(next, "head -c 8 /dev/vda; echo");
    await expect.poll(said, { timeout: 600_000 }).toMatch(/moved-42/);
  });

  test("a definition that is still on the new host from an earlier stay is no guest that has come", async () => {
    const { there } = hosts;
    const before = there.executor("0");
    before.launch({ definition: there.definition() });
    await before.running();
    before.kill(0);
    await before.ended();
    expect((await there.leftovers()).filter((name) => name.startsWith("cke-"))).not.toEqual([]);
    const { vm, destination } = await hosts.counting();
    await expect(hosts.move(vm, destination, { cutAt: '"ask":"finish"' })).rejects.toMatchObject({ retryable: true });
    expect(await hosts.ask(destination, "look")).toMatchObject({ moved: false });
    await expect.poll(() => hosts.guests(), { timeout: 120_000 }).toEqual([1, 0]);
    expect(await hosts.move(vm, destination)).toMatchObject({ moved: true });
    await hosts.countsOn();
    expect(hosts.guests()).toEqual([0, 1]);
  });
});
