// The moment in which a guest changes hands: the question or the answer is lost, both executors are killed, and one guest runs.
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { missingForGuests } from "../testing/vm-lab.ts";
import { MovingGuest } from "./testing/moving-guest.ts";

vi.setConfig({ testTimeout: 1_800_000, hookTimeout: 900_000 });
const missing = missingForGuests();
if (missing !== undefined) console.warn(`tests with guests are skipped: ${missing}`);

describe.skipIf(missing !== undefined)("a guest that is handed over", () => {
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
});
