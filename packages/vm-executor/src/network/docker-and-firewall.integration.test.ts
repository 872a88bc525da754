// What VMs share with others on the host: bridges of Docker networks, and a firewall that drops what is forwarded.
import { afterEach, beforeEach, expect, test } from "vitest";
import { NetworkLab, networkLabMissing, nic, placeOf, quietWork } from "./testing/network-lab.ts";

const missing = networkLabMissing(["ip", "nft", "iptables", "python3"]);
if (missing !== undefined) console.warn(`tests of networks are skipped: ${missing}`);

let lab: NetworkLab;
beforeEach(async () => {
  if (missing === undefined) lab = await NetworkLab.start();
});
afterEach(async () => {
  if (missing === undefined) await lab.stop();
});
const labTest = test.skipIf(missing !== undefined);
const bridged = { kind: "bridge", value: { bridge: "vmbr", address: "10.9.0.1/24" } } as const;

labTest("a VM on a Docker network's bridge is placed beside its containers", async () => {
  await lab.sh(
    "ip link add br-0123456789ab type bridge; ip address add 10.6.0.1/24 dev br-0123456789ab; ip link set br-0123456789ab up",
  );
  const given = await lab.listing();
  const { run } = lab;
  // What `docker network inspect` says; the engine of this machine is not asked.
  const networks = lab.networks((command, signal) => {
    if (command.argv[0] !== "docker") return run(command, signal);
    const IPAM = { Config: [{ Subnet: "fd00::/64" }, { Subnet: "10.6.0.0/24", Gateway: "10.6.0.1" }] };
    const known = { Id: "0123456789abcdef", Driver: "bridge", Options: {}, IPAM };
    const swarm = {
      ...known,
      Driver: "overlay",
      Options: { "com.docker.network.driver.overlay.vxlanid_list": "4097" },
    };
    if (command.argv.includes("swarm")) return Promise.resolve(JSON.stringify([swarm]));
    return Promise.resolve(command.argv.includes("mynet") ? JSON.stringify([known]) : "[]");
  });
  const place = placeOf(lab, "one");
  const docked = nic({ network: { kind: "docker", value: { name: "mynet" } }, ip: "10.6.0.9" });
  const [prepared] = await networks.prepare([docked], place, quietWork());
  if (prepared === undefined) throw new Error("no NIC");
  const guest = await lab.guest(prepared.device);
  await guest.reach(prepared.mac, "10.6.0.9", "10.6.0.1");
  // The seed needs the prefix length, which the network knows.
  expect(networks.locate(docked, place).ip).toBe("10.6.0.9/24");
  expect(networks.locate({ ...docked, ip: "10.6.0.8" }, place).ip).toBe("10.6.0.8");
  await guest.stop();
  await networks.release(place);
  expect(await lab.listing()).toEqual(given);
  const elsewhere = nic({ ...docked, ip: "10.7.0.9" });
  await expect(networks.prepare([elsewhere], place, quietWork())).rejects.toMatchObject({
    code: "network_invalid",
    message: expect.stringContaining("10.7.0.9 is in no subnet of the Docker network mynet (fd00::/64, 10.6.0.0/24)"),
  });
  const swarm = nic({ network: { kind: "docker", value: { name: "swarm" } }, ip: "10.6.0.9" });
  await expect(networks.prepare([swarm], place, quietWork())).rejects.toMatchObject({
    code: "network_invalid",
    message: expect.stringContaining(
      "the Docker network swarm has the driver overlay, and a VM can be in networks with",
    ),
  });
  const none = nic({ network: { kind: "docker", value: { name: "other" } } });
  await expect(networks.prepare([none], place, quietWork())).rejects.toMatchObject({ code: "network_missing" });
});

labTest("where the firewall drops what is forwarded, a bridge's packets pass, and the rules go with it", async () => {
  await lab.sh("iptables -w -P FORWARD DROP");
  const rules = () => lab.sh("iptables -w -S FORWARD");
  const given = await rules();
  const networks = lab.networks();
  const [one, two] = [placeOf(lab, "one"), placeOf(lab, "two")];
  await networks.prepare([nic({ network: bridged })], one, quietWork());
  const made = await rules();
  expect(made).toContain("-A FORWARD -i vmbr");
  expect(made).toMatch(/-o vmbr -m conntrack --ctstate .*DNAT/);
  await networks.prepare([nic({ network: bridged })], two, quietWork());
  expect(await rules()).toBe(made);
  await networks.release(one);
  expect(await rules()).toBe(made);
  await networks.release(two);
  expect(await rules()).toBe(given);
});
