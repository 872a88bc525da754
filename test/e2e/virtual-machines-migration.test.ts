// A virtual machine moves between two agents, each on a machine of its own, while it runs: a ping in its guest goes on, and nothing stays on
// the old one.
import { guestDirectory } from "@cke/test-servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { command } from "../../scripts/up/progress/stage.ts";
import { Deployment } from "./deployment.ts";
import { tinyVm } from "./virtual-machines/tiny-vm.ts";
import { VmClient } from "./virtual-machines/vm-client.ts";
import { VmMachine } from "./virtual-machines/vm-machine.ts";

const missing = VmMachine.missing();
if (missing !== undefined) console.warn(`tests with virtual machines are skipped: ${missing}`);

/** A link to the switch on this machine, called so on both. */
const uplink = "ckup0";

describe.skipIf(missing !== undefined)("a virtual machine that moves while it runs", () => {
  const machines: VmMachine[] = [];
  let deployment: Deployment;
  let vm: VmClient;
  let prefix = "";
  const bridge = `ckb${process.pid}`;

  beforeAll(async () => {
    for (const _ of [1, 2]) machines.push(await VmMachine.start());
    const [first, second] = machines;
    if (first === undefined || second === undefined) throw new Error("no machines");
    await second.sh(`ip route add ${first.outside} via ${second.outside}`);
    await command("ip", ["link", "add", bridge, "type", "bridge"]);
    for (const machine of machines) {
      const cable = await machine.cable();
      prefix ||= cable.prefix;
      await command("ip", ["address", "flush", "dev", cable.outsideLink]);
      await command("ip", ["link", "set", cable.outsideLink, "master", bridge]);
      await machine.sh(`ip link set ${cable.link} name ${uplink}; ip link set ${uplink} up`);
    }
    await command("ip", ["address", "add", `${prefix}.1/24`, "dev", bridge]);
    await command("ip", ["link", "set", bridge, "up"]);
    // Each agent's daemon is where that of a system is.
    const flags = ["-vm_live_migration", "-vm_data_path", first.data, "-vm_image_path", guestDirectory()];
    deployment = new Deployment({ name: "vmmove", agents: 2, machines, flags });
    await deployment.start();
    vm = new VmClient(deployment, "mover");
  }, 900_000);
  afterAll(async () => {
    await deployment?.stop();
    for (const machine of machines) await machine.stop();
    await command("ip", ["link", "delete", bridge]).catch(() => {});
  });

  test("goes to the other agent, with its ping, and back", async () => {
    const before = await Promise.all(machines.map((machine) => machine.listing()));
    const network = { name: "vmbr", type: "bridge", uplink, ip: `${prefix}.9/24` };
    const more = { network, disk: { system: { size: 16 } }, attributes: [] };
    await vm.create(await tinyVm(more, `cke.ip=${prefix}.9/24`));
    await vm.until("running");
    await vm.booted(1);
    const ran = () => machines.map((machine) => machine.guests().length);
    const from = ran();
    expect(from.toSorted()).toEqual([0, 1]);
    await vm.type(`ping ${prefix}.1 > /ping & sleep 5; grep -c ttl= /ping | sed 's/^/answers: /'`, /answers: [1-9]/);
    for (const [round, hosts] of [from.toReversed(), from].entries()) {
      const answer = await vm.does("POST", "migrate?wait=4m", { live: true });
      console.log(`round ${round + 1}: ${answer}`);
      await vm.untilState("to have moved", () => JSON.stringify(ran()) === JSON.stringify(hosts));
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
    await expect
      .poll(() => Promise.all(machines.map((machine) => machine.listing())), { timeout: 300_000 })
      .toEqual(before);
  }, 1_800_000);
});
