// A virtual machine from POST to DELETE, with real programs: master, agent, scheduler, cke-vm-exec, a libvirt daemon of the test
// and a guest that boots.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Deployment } from "./deployment.ts";
import { tinyVm } from "./virtual-machines/tiny-vm.ts";
import { VmClient } from "./virtual-machines/vm-client.ts";
import { VmMachine } from "./virtual-machines/vm-machine.ts";

const missing = VmMachine.missing();
if (missing !== undefined) console.warn(`tests with virtual machines are skipped: ${missing}`);

describe.skipIf(missing !== undefined)("a virtual machine", () => {
  let machine: VmMachine;
  let deployment: Deployment;
  let vm: VmClient;

  beforeAll(async () => {
    machine = await VmMachine.start();
    deployment = new Deployment({ name: "vm", machine, flags: machine.flags });
    await deployment.start();
    vm = new VmClient(deployment, "tiny");
  }, 900_000);
  afterAll(async () => {
    await deployment?.stop();
    await machine?.stop();
  });

  test("boots, survives the scheduler, stops, starts with its disk, and leaves nothing", async () => {
    const body = await tinyVm({ disk: { system: { size: 16 } } });
    const before = await machine.listing();
    await vm.create(body);
    await expect(vm.create(body)).rejects.toThrow("409");
    await vm.until("running");
    await vm.booted(1);
    const guests = machine.guests();
    expect(guests).toHaveLength(1);

    await deployment.scheduler.kill();
    await deployment.startScheduler();
    await vm.until("running");
    expect(machine.guests()).toEqual(guests);

    // The domain is known again after its metadata was written anew, twice.
    for (const title of ["first", "second"]) await vm.does("PATCH", "", { title });
    await vm.does("POST", "stop");
    await vm.until("stopped");
    await expect.poll(() => machine.guests()).toEqual([]);
    await vm.does("POST", "start");
    await vm.until("running");
    await vm.booted(2);
    expect(new Set(vm.boots()).size).toBe(2);

    await vm.remove();
    await expect.poll(() => machine.listing(), { timeout: 600_000 }).toEqual(before);
    expect(await vm.list("overvms")).toContain('"tiny"');
  }, 1_800_000);

  test("what is wrong is told at once, with its places", async () => {
    const answer = await vm.post({ name: "a b", cpus: 0, bootType: "disk" });
    expect(answer.status).toBe(400);
    for (const field of ["name", "cpus", "mem", "bootType"]) expect(answer.text).toContain(field);
  });
});
