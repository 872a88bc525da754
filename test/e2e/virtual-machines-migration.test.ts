// A virtual machine moves between two agents, each on a machine of its own, while it runs: a ping in its guest goes on, and nothing stays on
// the old one.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tinyVm } from "./virtual-machines/tiny-vm.ts";
import { VmClient } from "./virtual-machines/vm-client.ts";
import { VmMachine } from "./virtual-machines/vm-machine.ts";
import { VmMachines } from "./virtual-machines/vm-machines.ts";

const missing = VmMachine.missing();
if (missing !== undefined) console.warn(`tests with virtual machines are skipped: ${missing}`);

describe.skipIf(missing !== undefined)("a virtual machine that moves while it runs", () => {
  let machines: VmMachines;
  let vm: VmClient;

  beforeAll(async () => {
    machines = await VmMachines.start("vmmove", `ckb${process.pid}`);
    vm = new VmClient(machines.deployment, "mover");
  }, 900_000);
  afterAll(async () => await machines?.stop());

  test("goes to the other agent, with its ping, and back", async () => {
    const { prefix, uplink } = machines.network;
    const before = await machines.listing();
    const network = { name: "vmbr", type: "bridge", uplink, ip: `${prefix}.9/24` };
    const more = { network, disk: { system: { size: 16 } }, attributes: [] };
    await vm.create(await tinyVm(more, `cke.ip=${prefix}.9/24`));
    await vm.until("running");
    await vm.booted(1);
    const from = machines.ran();
    expect(from.toSorted()).toEqual([0, 1]);
    await vm.type(`ping ${prefix}.1 > /ping & sleep 5; grep -c ttl= /ping | sed 's/^/answers: /'`, /answers: [1-9]/);
    for (const [round, hosts] of [from.toReversed(), from].entries()) {
      const answer = await vm.does("POST", "migrate?wait=4m", { live: true });
      console.log(`round ${round + 1}: ${answer}`);
      await vm.untilState("to have moved", () => JSON.stringify(machines.ran()) === JSON.stringify(hosts));
      await vm.until("running");
      await expect
        .poll(async () => JSON.parse(await vm.text("state")).plan.changes, { timeout: 600_000, interval: 500 })
        .toEqual([]);
    }
    const words = await vm.type(
      "sleep 5; echo lost $(sed -n 's/.*seq=\\([0-9]*\\) ttl.*/\\1/p' /ping | awk '{n=$1} END {print n+1-NR, \"of\", n+1}') .",
      /lost \d+ of \d+ \./,
    );
    console.log(`${words} after two moves`);
    await vm.remove();
    await expect.poll(() => machines.listing(), { timeout: 300_000 }).toEqual(before);
  }, 1_800_000);
});
