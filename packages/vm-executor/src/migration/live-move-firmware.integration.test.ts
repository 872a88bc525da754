// A guest that was booted by UEFI moves while it runs, and goes on there with the variables of its firmware, also after a restart.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { labUuid, missingForGuests, type VmLab } from "../testing/vm-lab.ts";
import { MovingGuest, retryAfterPanic } from "./testing/moving-guest.ts";

vi.setConfig({ testTimeout: 1_800_000, hookTimeout: 900_000 });
const ovmf = existsSync("/usr/share/OVMF") ? undefined : "there is no OVMF (Debian's package ovmf)";
const missing = missingForGuests() ?? ovmf;
if (missing !== undefined) console.warn(`tests with guests are skipped: ${missing}`);

describe.skipIf(missing !== undefined)("a guest with UEFI that moves while it runs", { retry: retryAfterPanic }, () => {
  let hosts: MovingGuest;
  beforeAll(async () => {
    hosts = await MovingGuest.open();
  });
  afterAll(async () => {
    await hosts?.clear();
    await hosts?.close();
  });

  test("goes on, and starts again there", async () => {
    const { here, there } = hosts;
    const made = (lab: VmLab) =>
      lab.definition({ memory: { mib: 256 }, boot: { ...lab.definition().boot, firmware: "uefi" } });
    const vm = await hosts.booted(made(here));
    const variables = ({ directories }: VmLab) => join(directories.data, "vms", labUuid, "firmware-variables.fd");
    expect(existsSync(variables(here))).toBe(true);
    await hosts.type(vm, "n=0; while true; do n=$((n+1)); echo tick $n.; sleep 1; done");
    await expect.poll(() => hosts.ticks().length, { timeout: 600_000 }).toBeGreaterThan(1);
    const destination = await hosts.destination("d1", made(there));
    expect(await hosts.move(vm, destination)).toMatchObject({ moved: true });
    await hosts.countsOn();
    expect(hosts.guests()).toEqual([0, 1]);
    expect(existsSync(variables(there))).toBe(true);
    destination.kill();
    await destination.ended();
    const next = there.executor("2");
    next.launch({ definition: made(there) });
    await next.running();
    expect(next.last()?.message).toContain("adopted");
    const [pid = 0] = there.server.guestPids();
    process.kill(pid, "SIGKILL");
    await expect.poll(() => there.console().includes("guest: ready"), { timeout: 900_000 }).toBe(true);
    expect(hosts.guests()).toEqual([0, 1]);
    next.order();
    next.kill(0);
    await next.ended();
    expect(await there.leftovers()).toEqual([]);
  });
});
