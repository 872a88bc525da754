// A cluster and a virtual machine of one scheduler, on two hosts: a VXLAN between both is a port of the bridge of the cluster's Docker network,
// and of the VM's bridge. KubeNode and VM reach each other, by it and by nothing else.
import { missingHere } from "@cke/test-servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { command } from "../../scripts/up/progress/stage.ts";
import { clusterName } from "./cluster-name.ts";
import { Deployment } from "./deployment.ts";
import type { AgentMachine } from "./test-network.ts";
import { tinyVm } from "./virtual-machines/tiny-vm.ts";
import { VmClient } from "./virtual-machines/vm-client.ts";
import { VmMachine } from "./virtual-machines/vm-machine.ts";

const missing = missingHere(VmMachine.missing());
if (missing !== undefined) console.warn(`a test with a cluster and a virtual machine is skipped: ${missing}`);

const cluster = clusterName("vmbeside");
const tunnel = `ckw${process.pid.toString(16)}`;
const vxlanId = 1 + (process.pid % 2 ** 20);

describe.skipIf(missing !== undefined)("a cluster and a virtual machine on one VXLAN", () => {
  let machine: VmMachine;
  let deployment: Deployment;
  let vm: VmClient;
  const address = (last: number) => `${deployment.prefix}.${last}`;
  const inNode = async (script: string) =>
    await command("docker", ["exec", `cke-${cluster}-master`, "sh", "-c", script]);

  beforeAll(async () => {
    machine = await VmMachine.start();
    const here: AgentMachine = {
      enter: (program = "", ...args) => [program, ...args],
      outside: machine.outside,
      address: machine.outside,
    };
    deployment = new Deployment({ name: "vmbeside", agents: 2, machines: [here, machine], flags: machine.flags });
    await deployment.start();
    vm = new VmClient(deployment, "beside");
    const cable = await machine.cable();
    const vxlan = (local: number, remote: number, link: string) =>
      `type vxlan id ${vxlanId} local ${cable.prefix}.${local} remote ${cable.prefix}.${remote} dstport 4789 dev ${link}`;
    await machine.sh(
      `ip address add ${cable.prefix}.2/24 dev ${cable.link}; ip link set ${cable.link} up; ip link add wide ${vxlan(2, 1, cable.link)}`,
    );
    const id = await command("docker", ["network", "inspect", "--format", "{{.Id}}", deployment.network]);
    await command("sh", [
      "-ec",
      `ip link add ${tunnel} ${vxlan(1, 2, cable.outsideLink)}; ip link set ${tunnel} master br-${id.trim().slice(0, 12)} up`,
    ]);
  }, 900_000);
  afterAll(async () => {
    await command("ip", ["link", "delete", tunnel]).catch(() => "");
    await deployment?.stop();
    await machine?.stop();
  });

  test("reach each other", async () => {
    const master = { name: "master", type: "master", host: "agent-1", node_ip: address(10) };
    await deployment.api.create({ cluster_name: cluster, network: deployment.network, kubenodes: [master] });
    const nic = { name: "vmwide", type: "bridge", uplink: "wide", ip: `${address(200)}/24`, mtu: 1450 };
    const words = `cke.ip=${address(200)}/24 cke.http=80 cke.hostname=beside`;
    await vm.create(await tinyVm({ host: "agent-2", network: nic }, words));
    await Promise.all([deployment.waitUp(cluster), vm.until("running")]);
    await vm.booted(1);
    const [boot = ""] = vm.boots();
    await vm.type(
      `ip link set eth0 mtu 1450; until ping -c 1 -W 5 ${address(10)} >/dev/null; do sleep 1; done; echo pinged-$((40+2))`,
      /pinged-42/,
    );
    await inNode("mkdir /run/page; echo of the node > /run/page/index.html");
    await command("docker", [
      ...["exec", "-d", `cke-${cluster}-master`],
      ...["busybox", "httpd", "-f", "-p", "18080", "-h", "/run/page"],
    ]);
    await vm.type(`wget -q -O - http://${address(10)}:18080/; echo asked-$((40+2))`, /of the node\s+asked-42/);
    const page = `curl -s -m 60 http://${address(200)}/`;
    expect(await inNode(page)).toContain(`beside ${boot}`);
    await command("ip", ["link", "set", tunnel, "down"]);
    await expect(inNode(page.replace("60", "5"))).rejects.toThrow();
    await vm.remove();
    await deployment.api.remove(cluster);
    await deployment.waitGone(cluster);
    expect(await deployment.leftovers(cluster)).toEqual([]);
  }, 1_800_000);
});
