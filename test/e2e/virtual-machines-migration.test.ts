// A virtual machine moves between two agents, each on a machine of its own, while it runs, with a NIC of each model of network: a ping on each of
// them goes on, and nothing stays on the old one.
import { existsSync } from "node:fs";
import { missingHere } from "@cke/test-servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tinyVm } from "./virtual-machines/tiny-vm.ts";
import { VmClient } from "./virtual-machines/vm-client.ts";
import { VmMachine } from "./virtual-machines/vm-machine.ts";
import { type OuterNetwork, VmMachines } from "./virtual-machines/vm-machines.ts";

const missing = missingHere(
  VmMachine.missing() ?? (existsSync("/usr/bin/ovs-vsctl") ? undefined : "no ovs-vsctl: install openvswitch-switch"),
);
if (missing !== undefined) console.warn(`tests with virtual machines are skipped: ${missing}`);

/** A NIC of each model. */
const nics = [
  { model: "bridge", of: ({ uplink }: OuterNetwork) => ({ name: "vmbr", type: "bridge", uplink }) },
  {
    model: "netns",
    of: ({ uplink }: OuterNetwork) => ({ name: "inner", type: "netns", namespace: "cke-inner", uplink }),
  },
  { model: "macvtap", of: ({ uplink }: OuterNetwork) => ({ name: uplink, type: "macvtap" }) },
  { model: "ovs", of: ({ uplink }: OuterNetwork) => ({ name: "vmovs", type: "ovs", uplink }) },
] as const;

describe.skipIf(missing !== undefined)("a virtual machine that moves while it runs", () => {
  let machines: VmMachines;
  let vm: VmClient;

  beforeAll(async () => {
    machines = await VmMachines.start("vmmove", `ckb${process.pid}`, nics.length);
    for (const machine of machines.both) await machine.startOvs();
    vm = new VmClient(machines.deployment, "mover");
  }, 900_000);
  afterAll(async () => await machines?.stop());

  test("goes to the other agent, with its pings, and back", async () => {
    const wired = nics.flatMap(({ model, of }, index) => {
      const network = machines.networks[index];
      return network === undefined ? [] : [{ model, prefix: network.prefix, nic: of(network) }];
    });
    const before = await machines.listing();
    const network = wired.map(({ nic, prefix }) => ({ ...nic, ip: `${prefix}.9/24` }));
    const addresses = wired.map(({ prefix }, index) => `cke.ip${index === 0 ? "" : index}=${prefix}.9/24`);
    const more = { network, disk: { system: { size: 16 } }, attributes: [] };
    await vm.create(await tinyVm(more, addresses.join(" ")));
    await vm.until("running");
    await vm.booted(1);
    const from = machines.ran();
    expect(from.toSorted()).toEqual([0, 1]);
    for (const { model, prefix } of wired)
      await vm.type(
        `ping ${prefix}.1 > /ping-${model} & sleep 5; grep -c ttl= /ping-${model} | sed 's/^/${model} answers: /'`,
        new RegExp(`${model} answers: [1-9]`),
      );
    for (const [round, hosts] of [from.toReversed(), from].entries()) {
      const answer = await vm.does("POST", "migrate?wait=4m", { live: true });
      console.log(`round ${round + 1}: ${answer}`);
      await vm.untilState("to have moved", () => JSON.stringify(machines.ran()) === JSON.stringify(hosts));
      await vm.until("running");
      await expect
        .poll(async () => JSON.parse(await vm.text("state")).plan.changes, { timeout: 600_000, interval: 500 })
        .toEqual([]);
      // Each is answered where it is now.
      for (const { model } of wired)
        await vm.type(
          `n=$(grep -c ttl= /ping-${model}); until [ $(grep -c ttl= /ping-${model}) -gt $((n+3)) ]; do sleep 1; done; echo ${model}-$((${round}+41))`,
          new RegExp(`${model}-${round + 41}`),
        );
    }
    for (const { model } of wired) {
      const words = await vm.type(
        `echo lost $(sed -n 's/.*seq=\\([0-9]*\\) ttl.*/\\1/p' /ping-${model} | awk '{n=$1} END {print n+1-NR, "of", n+1}') .`,
        /lost \d+ of \d+ \./,
      );
      console.log(`${model}: ${words} after two moves`);
    }
    await vm.remove();
    await expect.poll(() => machines.listing(), { timeout: 300_000 }).toEqual(before);
  }, 1_800_000);
});
