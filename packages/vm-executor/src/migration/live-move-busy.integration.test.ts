// A guest that writes to its memory faster than the way takes it never comes to an end of its move by itself: the scheduler gives it up when
// its time is over (live-limit.ts). Between two real libvirt daemons with a slow way.
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { missingForGuests } from "../testing/vm-lab.ts";
import { MovingGuest, retryAfterPanic } from "./testing/moving-guest.ts";

// A guest without KVM boots in 5 s on a quiet machine, and in minutes on one that is busy.
vi.setConfig({ testTimeout: 1_800_000, hookTimeout: 900_000 });
const missing = missingForGuests();
if (missing !== undefined) console.warn(`tests with guests are skipped: ${missing}`);

const slow = { timeout: 600_000 };
/** The least that libvirt allows. */
const slowMib = 1;

describe.skipIf(missing !== undefined)("a guest that writes faster than it moves", { retry: retryAfterPanic }, () => {
  let hosts: MovingGuest;
  beforeAll(async () => {
    hosts = await MovingGuest.open();
  });
  afterAll(async () => {
    await hosts?.clear();
    await hosts?.close();
  });

  const job = async () =>
    await hosts.daemon(async ({ domains, migration }) => {
      const [domain] = await domains.list();
      return domain === undefined ? undefined : await migration.jobStats(domain);
    });

  test("runs on where it is when its move is given up, and nothing of it stays at the new host", async () => {
    const { here, there } = hosts;
    const vm = await hosts.booted();
    // Pages of zeros would cost the way nothing.
    const writes = "head -c 16000000 /dev/zero | tr '\\0' x > /a; while true; do cp /a /b; done & echo busy-$((6*7))";
    await hosts.type(vm, writes);
    await expect.poll(() => here.console(), slow).toContain("busy-42");
    await hosts.type(vm, "n=0; while true; do n=$((n+1)); echo tick $n.; sleep 1; done");
    await expect.poll(() => hosts.ticks().length, slow).toBeGreaterThan(1);
    const destination = await hosts.destination("d1");
    await hosts.pace(slowMib);
    const end = new AbortController();
    const ended = hosts.move(vm, destination, { end }).catch((error: unknown) => error);
    // It is sent again and again, and what is left is more than the guest may stand still for.
    await expect.poll(async () => (await job())?.memoryIteration ?? 0, slow).toBeGreaterThan(2);
    expect((await job())?.dataRemaining).toBeGreaterThan(slowMib * 2 ** 20);
    expect(hosts.guests()).toEqual([1, 1]);
    end.abort(Object.assign(new Error("its time is over"), { retryable: true }));
    expect(await hosts.ask(vm, "give-up", new AbortController().signal, "p1/late")).toMatchObject({ moved: false });
    expect(await ended).toMatchObject({ retryable: true });
    await expect.poll(() => hosts.guests(), slow).toEqual([1, 0]);
    await hosts.countsOn();
    destination.order();
    destination.kill();
    await destination.ended();
    expect(await there.leftovers()).toEqual([]);
    await hosts.countsOn();
    vm.order();
    vm.kill(0);
    await vm.ended();
    expect(await here.leftovers()).toEqual([]);
  });
});
