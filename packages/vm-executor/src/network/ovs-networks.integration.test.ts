// Model 4: VMs on an Open vSwitch bridge, with VLANs, rates and anti-spoofing.
import { afterEach, beforeEach, expect, test } from "vitest";
import { NetworkLab, networkLabMissing, nic, placeOf, quietWork } from "./testing/network-lab.ts";

const missing = networkLabMissing(["ip", "python3", "ovs-vsctl", "ovs-vswitchd", "ovsdb-server"]);
if (missing !== undefined) console.warn(`tests of Open vSwitch are skipped: ${missing}`);

let lab: NetworkLab;
beforeEach(async () => {
  if (missing === undefined) lab = await NetworkLab.start();
});
afterEach(async () => {
  if (missing === undefined) await lab.stop();
});

const ovsTest = test.skipIf(missing !== undefined);
const onVlan = (vlan: number, value = {}) => ({ kind: "ovs", value: { bridge: "ovsbr", vlan, ...value } }) as const;

ovsTest("guests of one VLAN reach each other, and no other's; spoofed frames go nowhere; nothing is left", async () => {
  await lab.startOvs();
  const given = await lab.listing();
  const networks = lab.networks();
  const vms = [
    { place: placeOf(lab, "one"), nic: nic({ network: onVlan(5), ip: "10.5.0.1/24", antiSpoofing: true }) },
    {
      place: placeOf(lab, "two"),
      nic: nic({ network: onVlan(5, { ingressKbps: 8_000, egressKbps: 4_000 }), ip: "10.5.0.2/24" }),
    },
    { place: placeOf(lab, "three"), nic: nic({ network: onVlan(6), ip: "10.5.0.3/24" }) },
  ];
  const guests = [];
  const macs: string[] = [];
  for (const vm of vms) {
    const [prepared] = await networks.prepare([vm.nic], vm.place, quietWork());
    if (prepared === undefined) throw new Error("no NIC");
    const guest = await lab.guest(prepared.device);
    await networks.attached([vm.nic], vm.place, quietWork());
    guest.own(prepared.mac, vm.nic.ip.slice(0, -3));
    guests.push(guest);
    macs.push(prepared.mac);
  }
  const [one, two] = guests;
  const [mac = ""] = macs;
  await one?.reach(mac, "10.5.0.1", "10.5.0.2");
  one?.answers();
  one?.ask(mac, "10.5.0.1", "10.5.0.3"); // of another VLAN
  one?.ask(mac, "10.5.0.9", "10.5.0.2"); // not its address
  one?.ask("52:54:00:00:00:99", "10.5.0.1", "10.5.0.2"); // not its MAC
  await one?.reach(mac, "10.5.0.1", "10.5.0.2");
  expect(one?.answers()).toEqual(new Set(["answer 10.5.0.2 to 10.5.0.1"]));
  await two?.reach(macs[1] ?? "", "10.5.0.9", "10.5.0.1"); // nobody guards it
  const device = networks.locate(nic({}), placeOf(lab, "two")).device;
  expect(
    (await lab.sh(`ovs-vsctl get Interface ${device} ingress_policing_rate; ovs-vsctl get Port ${device} tag`)).split(
      "\n",
    ),
  ).toEqual(["8000", "5", ""]);
  expect(await lab.sh("ovs-vsctl --columns=other_config list QoS")).toContain('max-rate="4000000"');
  await networks.prepare(
    vms.slice(1, 2).map((vm) => vm.nic),
    placeOf(lab, "two"),
    quietWork(),
  );
  expect((await lab.sh("ovs-vsctl --bare --columns=_uuid list QoS")).trim().split("\n")).toHaveLength(1);
  for (const guest of guests) await guest.stop();
  for (const vm of vms.slice(1)) await networks.release(vm.place);
  expect(await lab.sh("ovs-vsctl list-br")).toBe("ovsbr\n");
  for (const vm of vms) await networks.release(vm.place);
  expect(await lab.sh("ovs-vsctl list-br; ovs-vsctl list QoS")).toBe("");
  await expect.poll(async () => (await lab.listing()).filter((line) => line !== "link ovs-netdev")).toEqual(given);
});

ovsTest("a bridge and its uplink that were there stay", async () => {
  await lab.startOvs();
  await lab.sh(
    "ovs-vsctl --timeout=60 add-br ovsbr -- set Bridge ovsbr datapath_type=netdev; ip link add up0 type veth peer name up1; ip link set up1 up",
  );
  const networks = lab.networks();
  const place = placeOf(lab, "one");
  await networks.prepare([nic({ network: onVlan(0, { uplink: "up0" }) })], place, quietWork());
  expect((await lab.sh("ovs-vsctl list-ports ovsbr")).split("\n").sort()).toEqual([
    "",
    networks.locate(nic({}), place).device,
    "up0",
  ]);
  await networks.release(place);
  expect(await lab.sh("ovs-vsctl list-br; ovs-vsctl list-ports ovsbr")).toBe("ovsbr\n");
});

ovsTest("without a running Open vSwitch the error says what to start", async () => {
  const place = placeOf(lab, "one");
  const networks = lab.networks();
  await expect(networks.prepare([nic({ network: onVlan(0) })], place, quietWork())).rejects.toMatchObject({
    code: "ovs_missing",
    message: expect.stringContaining("start openvswitch-switch"),
  });
  await networks.release(place);
});
