// The libvirt daemon of the old host is killed with -9 in the middle of a move: the guest runs exactly once afterwards, has left nothing out,
// and moves in the end.
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { missingForGuests } from "../testing/vm-lab.ts";
import { MovingGuest, retryAfterPanic } from "./testing/moving-guest.ts";

vi.setConfig({ testTimeout: 1_800_000, hookTimeout: 900_000 });
const missing = missingForGuests();
if (missing !== undefined) console.warn(`tests with guests are skipped: ${missing}`);

describe.skipIf(missing !== undefined)("the daemon of the old host dies", { retry: retryAfterPanic }, () => {
  let hosts: MovingGuest;
  beforeAll(async () => {
    hosts = await MovingGuest.open();
  });
  afterEach(async () => await hosts.clear());
  afterAll(async () => await hosts?.close());

  test.each([
    ["while memory goes", undefined],
    ["when the new host is asked for a place", '"ask":"prepare"'],
    ["when the new host is asked to let it go on", '"ask":"finish"'],
    ["when the new host has it", '"arrived":true'],
  ])("%s", async (_when, text) => {
    const { here } = hosts;
    const { vm, destination } = await hosts.counting();
    const killed = Promise.withResolvers<void>();
    const kill = () => {
      const again = async () => {
        await here.server.kill();
        await here.server.start();
      };
      again().then(killed.resolve, killed.reject);
    };
    if (text === undefined) await hosts.pace(1);
    const first = hosts.move(vm, destination, text === undefined ? {} : { at: { text, work: kill } }).then(
      ({ moved }) => moved,
      () => false,
    );
    if (text === undefined) {
      await hosts.underWay();
      kill();
    }
    await killed.promise;
    const moved = await first;
    // Until it is asked again, what was handed over may stand still on the old host while the guest runs on the new one.
    if (text === undefined) await hosts.pace(10_000);
    if (!moved) await hosts.moveInTheEnd(vm, destination);
    await expect.poll(() => hosts.guests(), { timeout: 120_000 }).toEqual([0, 1]);
    await hosts.countsOn();
    expect(vm.last()).toMatchObject({ state: "TASK_RUNNING" });
    expect((await here.leftovers()).filter((name) => name.startsWith("cke-"))).toEqual([]);
  });
});
