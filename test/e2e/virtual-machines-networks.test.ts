// The four models of network, as an operator orders them: one guest with a NIC of each pings what is outside of its host, and serves
// HTTP to it. Two of its ports are published on the host.
import { existsSync } from "node:fs";
import { missingHere } from "@cke/test-servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Deployment } from "./deployment.ts";
import { tinyVm } from "./virtual-machines/tiny-vm.ts";
import { VmClient } from "./virtual-machines/vm-client.ts";
import { type Cable, VmMachine } from "./virtual-machines/vm-machine.ts";
import { waitFor } from "./wait-for.ts";

const missing = missingHere(
  VmMachine.missing() ??
    (existsSync("/usr/bin/ovs-vsctl") ? undefined : "no ovs-vsctl: install openvswitch-switch") ??
    (existsSync("/usr/sbin/nft") ? undefined : "no nft: install nftables"),
);
if (missing !== undefined) console.warn(`tests with networks of virtual machines are skipped: ${missing}`);

const models = ["bridge", "netns", "macvtap", "ovs"] as const;
const publishedPort = 31_080;

describe.skipIf(missing !== undefined)("a virtual machine with four NICs", () => {
  let machine: VmMachine;
  let deployment: Deployment;
  let vm: VmClient;
  const cables = new Map<string, Cable>();
  const prefixOf = (model: string) => cables.get(model)?.prefix ?? "";

  beforeAll(async () => {
    machine = await VmMachine.start();
    await machine.startOvs();
    for (const model of models) {
      const cable = await machine.cable();
      cables.set(model, cable);
      await machine.sh(`ip link set ${cable.link} up`);
    }
    deployment = new Deployment({ name: "vmnet", machine, flags: machine.flags });
    await deployment.start();
    vm = new VmClient(deployment, "webs");
  }, 900_000);
  afterAll(async () => {
    await deployment?.stop();
    await machine?.stop();
  });

  /** The page of the guest's own server: its name and the identity of its boot. */
  const page = async (address: string) =>
    await waitFor(
      `a page from ${address}`,
      async () => {
        const answer = await fetch(`http://${address}/`, { signal: AbortSignal.timeout(60_000) });
        return await answer.text();
      },
      () => vm.words(),
    );

  test("each reaches the outside and is reached from there, and all goes with the VM", async () => {
    const before = await machine.listing();
    const uplink = (model: string) => cables.get(model)?.link ?? "";
    const ip = (model: string) => `${prefixOf(model)}.9/24`;
    const addresses = models.map((model, index) => `cke.ip${index === 0 ? "" : index}=${ip(model)}`);
    await vm.create(
      await tinyVm(
        {
          network: [
            {
              ...{ name: "vmbr", type: "bridge", uplink: uplink("bridge"), ip: ip("bridge") },
              ...{ address: `${prefixOf("bridge")}.2/24`, ports: [`${publishedPort}:80`] },
            },
            { name: "inner", type: "netns", namespace: "cke-inner", uplink: uplink("netns"), ip: ip("netns") },
            { name: uplink("macvtap"), type: "macvtap", ip: ip("macvtap") },
            { name: "vmovs", type: "ovs", uplink: uplink("ovs"), ip: ip("ovs") },
          ],
        },
        [...addresses, "cke.http=80", "cke.hostname=webs"].join(" "),
      ),
    );
    await vm.until("running");
    await vm.booted(1);
    const [boot = ""] = vm.boots();
    for (const model of models) {
      await vm.type(
        // A single packet may be lost while the way to there is being learned.
        `until ping -c 1 -W 5 ${prefixOf(model)}.1 >/dev/null; do sleep 1; done; echo ${model}-$((40+2))`,
        new RegExp(`${model}-42`),
      );
      expect([model, (await page(`${prefixOf(model)}.9`)).trim()]).toEqual([model, `webs ${boot}`]);
    }
    expect((await page(`${machine.address}:${publishedPort}`)).trim()).toBe(`webs ${boot}`);
    expect((await vm.state())?.domain?.warnings.filter((words) => words.includes("NIC"))).toEqual([]);
    await vm.remove();
    await expect.poll(() => machine.listing(), { timeout: 600_000 }).toEqual(before);
  }, 1_800_000);
});
