// A guest moves while it runs, between two real libvirt daemons with directories of their own, as between two hosts: what it does goes on, its
// disk goes along, and whoever is killed in the middle, one guest runs.
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { missingForGuests } from "../testing/vm-lab.ts";
import { MovingGuest, retryAfterPanic } from "./testing/moving-guest.ts";

// A guest without KVM boots in 5 s on a quiet machine, and in minutes on one that is busy.
vi.setConfig({ testTimeout: 1_800_000, hookTimeout: 900_000 });
const missing = missingForGuests();
if (missing !== undefined) console.warn(`tests with guests are skipped: ${missing}`);

describe.skipIf(missing !== undefined)("a guest that moves while it runs", { retry: retryAfterPanic }, () => {
  let hosts: MovingGuest;
  beforeAll(async () => {
    hosts = await MovingGuest.open();
  });
  afterEach(async () => await hosts.clear());
  afterAll(async () => await hosts?.close());

  test("counts on there; both executors of the old host and the new one end, and nothing stays", async () => {
    const { here, there } = hosts;
    const { vm, destination } = await hosts.counting();
    const { moved, text, words } = await hosts.move(vm, destination);
    expect([moved, text]).toEqual([true, "the guest runs on its new host"]);
    expect(words.join("\n")).toContain("while it runs");
    await hosts.countsOn();
    expect(hosts.guests()).toEqual([0, 1]);
    expect(await hosts.ask(destination, "look")).toMatchObject({ moved: true });
    // Asked once more, by a scheduler that has not heard the answer.
    expect(await hosts.move(vm, destination)).toMatchObject({ moved: true });
    vm.kill();
    await vm.ended();
    expect(vm.unit()?.data).toBe("kept");
    destination.kill();
    await destination.ended();
    expect(destination.unit()?.data).toBe("kept");
    expect(hosts.guests()).toEqual([0, 1]);
    // The old host starts nothing, whoever launches it there.
    const again = here.executor("3");
    again.launch();
    await again.running();
    expect(again.last()?.message).toContain("runs on its new host");
    again.kill();
    await again.ended();
    const next = there.executor("2");
    next.launch();
    await next.running();
    expect(next.last()?.message).toContain("adopted");
    await hosts.countsOn();
    await hosts.type(next, "\u0003");
    await hosts.type(next, "head -c 8 /dev/vda; echo");
    await expect.poll(() => there.console(), { timeout: 600_000 }).toMatch(/moved-42/);
    const source = here.executor("s1");
    source.launch({ part: "source" });
    await source.running();
    source.order();
    source.kill();
    await source.ended();
    expect(await here.leftovers()).toEqual([]);
    next.order();
    next.kill(0);
    await next.ended();
    expect(await there.leftovers()).toEqual([]);
  });

  test("runs on here when the way is cut or a daemon dies on the way, and moves with a later attempt", async () => {
    const { here, there } = hosts;
    const { vm, destination } = await hosts.counting();
    const fails = async (what: (end: AbortController) => Promise<unknown>) => {
      await hosts.pace(1);
      const end = new AbortController();
      const failed = hosts.move(vm, destination, { end }).then(
        () => undefined,
        (error: unknown) => error,
      );
      await hosts.underWay();
      await what(end);
      expect(await failed).toMatchObject({ retryable: true });
      await expect.poll(() => hosts.guests(), { timeout: 120_000 }).toEqual([1, 0]);
      await hosts.countsOn();
    };
    await fails(async (end) => end.abort(Object.assign(new Error("cut"), { retryable: true })));
    await fails(async () => {
      await there.server.kill();
      await there.server.start();
    });
    await hosts.pace(10_000);
    const given = await hosts.ask(vm, "give-up", new AbortController().signal, "p0");
    expect(given).toMatchObject({ moved: false });
    await expect(hosts.ask(vm, "begin", new AbortController().signal, "p0")).rejects.toMatchObject({
      code: "failed_precondition",
    });
    expect(await hosts.move(vm, destination)).toMatchObject({ moved: true });
    await hosts.countsOn();
    expect(hosts.guests()).toEqual([0, 1]);
    expect((await here.leftovers()).filter((name) => name.startsWith("cke-"))).toEqual([]);
  });
});
