// A VM moves between two real libvirt daemons with directories of their own, as between two hosts: its disk goes along, the guest starts on
// the other one, and nothing stays behind.
import { pipeline } from "node:stream/promises";
import { TunnelTarget, UnitCall, VmCall } from "@cke/protocol";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { missingForGuests, VmLab } from "../testing/vm-lab.ts";

// A guest without KVM boots in 5 s on a quiet machine, and in minutes on one that is busy.
vi.setConfig({ testTimeout: 1_800_000 });
const missing = missingForGuests();
if (missing !== undefined) console.warn(`tests with guests are skipped: ${missing}`);

const disks = TunnelTarget.create({ target: { kind: "unixSocket", value: "disks" } });
const signal = new AbortController().signal;
type Executor = ReturnType<VmLab["executor"]>;

describe.skipIf(missing !== undefined)("a move", () => {
  let here: VmLab;
  let there: VmLab;
  beforeAll(async () => {
    here = await VmLab.open();
    there = await VmLab.open();
  }, 900_000);
  afterAll(async () => {
    for (const lab of [here, there]) {
      await lab?.clear();
      await lab?.close();
    }
  }, 600_000);

  /** What the scheduler does: it passes the bytes on, and asks the destination. */
  async function copy(source: Executor, destination: Executor): Promise<readonly string[]> {
    const from = await source.driver.streams.tunnel(disks, signal);
    const to = await destination.driver.streams.tunnel(disks, signal);
    const ways = Promise.all([pipeline(from, to), pipeline(to, from)]);
    ways.catch(() => {});
    const request = VmCall.encode({ call: { kind: "transfer", value: {} } });
    const words: string[] = [];
    for await (const { answer } of destination.driver.streams.call(UnitCall.create({ request }), signal))
      if (answer?.kind === "progress") words.push(answer.value);
    return words;
  }

  async function part(lab: VmLab, part: "source" | "destination"): Promise<Executor> {
    const executor = lab.executor(part);
    executor.launch({ part });
    await executor.running();
    return executor;
  }

  /** Writes a line into the guest's console, and waits for words that only an answer has. */
  async function type(executor: Executor, lab: VmLab, line: string, answer: string): Promise<void> {
    const serial = await executor.driver.streams.tunnel(
      TunnelTarget.create({ target: { kind: "unixSocket", value: "serial" } }),
      signal,
    );
    serial.resume();
    serial.write(`${line}\n`);
    await expect.poll(() => lab.console(), { timeout: 600_000 }).toContain(answer);
    serial.destroy();
  }

  const booted = (lab: VmLab) =>
    expect.poll(() => lab.console().includes("guest: ready"), { timeout: 900_000 }).toBe(true);

  test("takes what the guest has written along; a source whose VM runs gives nothing; both ends leave nothing behind", async () => {
    const vm = here.executor("1");
    vm.launch();
    await vm.running();
    await booted(here);
    await type(vm, here, "echo moved-$((40+2)) > /dev/vda; sync; echo wrote-$((6*7))", "wrote-42");
    await vm.driver.detach();
    // The executor of the VM is gone and its guest runs: the source ends it before it gives anything.
    const source = await part(here, "source");
    const destination = await part(there, "destination");
    expect(here.server.guestPids()).toHaveLength(1);
    await copy(source, destination);
    expect(here.server.guestPids()).toEqual([]);
    expect(there.server.guestPids()).toEqual([]);
    destination.kill();
    await destination.ended();
    expect(destination.unit()?.data).toBe("kept");
    const moved = there.executor("2");
    moved.launch();
    await moved.running();
    await booted(there);
    await type(moved, there, "head -c 8 /dev/vda; echo", "moved-42");
    expect(there.server.guestPids()).toHaveLength(1);
    source.order();
    source.kill();
    await source.ended();
    expect(source.unit()?.data).toBe("removed");
    expect(await here.leftovers()).toEqual([]);
    moved.order();
    moved.kill(0);
    await moved.ended();
    expect(await there.leftovers()).toEqual([]);
  });

  test("an end without an order keeps the disks where they are, and leaves nothing of a copy that is not whole", async () => {
    const vm = here.executor("1");
    vm.launch();
    await vm.running();
    vm.kill(0);
    await vm.ended();
    const source = await part(here, "source");
    const destination = await part(there, "destination");
    const from = await source.driver.streams.tunnel(disks, signal);
    const to = await destination.driver.streams.tunnel(disks, signal);
    from.destroy();
    to.destroy();
    destination.kill();
    source.kill();
    await destination.ended();
    await source.ended();
    expect([source.unit()?.data, destination.unit()?.data]).toEqual(["kept", "removed"]);
    expect(await there.leftovers()).toEqual([]);
    const again = here.executor("2");
    again.launch();
    await again.running();
    expect(here.server.guestPids()).toHaveLength(1);
  });
});
