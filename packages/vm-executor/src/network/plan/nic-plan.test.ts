import { VmNic, type VmNicInit } from "@cke/protocol";
import { expect, test } from "vitest";
import { cookieOf, guardCommands, guardFlows } from "./guard.ts";
import { makeCommands, removeCommands } from "./link-commands.ts";
import { deviceOf, linkName, macOf } from "./nic-names.ts";
import { planNic } from "./nic-plan.ts";
import { localnetCommand, publishCommands, wantsLoopback } from "./published-ports.ts";
import { keyOf, type Present, type PresentLink } from "./shared-link.ts";

const uuid = "11111111-2222-4333-8444-555555555555";
const link = (type = ""): PresentLink => ({ type, master: "", lower: "", multiQueue: false, carrier: true });
const present: Present = {
  links: new Map([
    [
      "",
      new Map([
        ["eth0", link()],
        ["hostbr", link("bridge")],
      ]),
    ],
  ]),
  forwardDrops: false,
  forwarded: new Set(),
  ovsBridges: new Set(),
  ovsPorts: new Map(),
};
const mynet = { driver: "bridge", bridge: "br-mynet", subnets: ["10.6.0.0/23", "fd00::/64"] };
const facts = { present, dockerNetworks: new Map([["mynet", mynet]]), ovsUserspace: false };
const plan = (init: VmNicInit, more = {}) =>
  planNic(VmNic.create({ name: "n", ...init }), { uuid }, { ...facts, ...more });
const keys = (init: VmNicInit, more = {}) => plan(init, more).shared.map(keyOf);
const docker: VmNicInit = { network: { kind: "docker", value: { name: "mynet" } } };
const bridge = (value: object) => ({ network: { kind: "bridge", value: { bridge: "vmbr", ...value } } }) as const;

test("names are derived, stable, and fit", () => {
  expect(macOf(uuid, "n")).toBe(macOf(uuid, "n"));
  expect(macOf(uuid, "n")).not.toBe(macOf(uuid, "m"));
  expect(macOf(uuid, "n")).toMatch(/^52:54:00(:[0-9a-f]{2}){3}$/);
  expect(deviceOf(uuid, "a very long name of a NIC")).toHaveLength(15);
  expect(linkName("ckv", "a", "bc")).not.toBe(linkName("ckv", "ab", "c"));
  expect(plan({ ...bridge({}), mac: "52:54:00:AB:CD:EF" }).mac).toBe("52:54:00:ab:cd:ef");
});

test.each([
  ["", ""],
  ["10.6.1.9", "10.6.1.9/23"],
  ["10.6.1.9/24", "10.6.1.9/24"],
])("a Docker network knows the prefix length of %j", (ip, whole) => {
  expect(plan({ ...docker, ip }).ip).toBe(whole);
});

test.each<[string, VmNicInit, readonly string[]]>([
  ["a bridge", bridge({}), ["bridge /vmbr"]],
  ["with an uplink", bridge({ uplink: "eth0" }), ["bridge /vmbr", "port eth0"]],
  [
    "with a VLAN of the uplink",
    bridge({ uplink: "eth0", vlan: 7 }),
    ["bridge /vmbr", `vlan ${linkName("ckl", "eth0", "7")}`, `port ${linkName("ckl", "eth0", "7")}`],
  ],
  ["in a namespace", bridge({ namespace: "ns" }), ["namespace ns", "bridge ns/vmbr"]],
  [
    "in a namespace, from a bridge",
    bridge({ namespace: "ns", uplink: "hostbr" }),
    ["namespace ns", "bridge ns/vmbr", `cable ${linkName("ckv", "ns", "vmbr", "hostbr")}`],
  ],
  [
    "in a namespace, from a device",
    bridge({ namespace: "ns", uplink: "eth0" }),
    ["namespace ns", "bridge ns/vmbr", "moved eth0"],
  ],
  [
    "in a namespace, from a VLAN",
    bridge({ namespace: "ns", uplink: "eth0", vlan: 7 }),
    ["namespace ns", "bridge ns/vmbr", `vlan ${linkName("ckl", "eth0", "7")}`, `moved ${linkName("ckl", "eth0", "7")}`],
  ],
  ["macvtap", { network: { kind: "macvtap", value: { parent: "veth-vm" } } }, ["parent veth-vm"]],
  [
    "Open vSwitch",
    { network: { kind: "ovs", value: { bridge: "ovsbr", uplink: "eth0" } } },
    ["ovs ovsbr", "ovs-port eth0"],
  ],
  ["a Docker network", docker, []],
])("what is shared: %s", (_what, init, wanted) => {
  expect(keys(init)).toEqual(wanted);
});

test("a firewall that drops lets bridges of the host pass, and no others", () => {
  const dropping = { present: { ...present, forwardDrops: true } };
  expect(keys(bridge({}), dropping)).toEqual(["bridge /vmbr", "forward vmbr"]);
  expect(keys(docker, dropping)).toEqual(["forward br-mynet"]);
  expect(keys(bridge({ namespace: "ns" }), dropping)).toEqual(["namespace ns", "bridge ns/vmbr"]);
});

test.each<[VmNicInit, RegExp]>([
  [{}, /NIC n: it has no network/],
  [bridge({ bridge: "a-name-that-is-too-long" }), /bridge must be the name of a link/],
  [bridge({ bridge: "-x" }), /bridge must be the name of a link/],
  [bridge({ bridge: 'a";drop' }), /bridge must be the name of a link/],
  [bridge({ namespace: "../etc" }), /namespace is no name/],
  [bridge({ uplink: "none0" }), /uplink none0: this host has no such link/],
  [bridge({ uplink: "eth0", vlan: 4095 }), /vlan must be from 1 to 4094/],
  [bridge({ address: "10.0.0.1" }), /address must be an IPv4 address with its prefix length/],
  [{ ...bridge({}), ip: "10.0.0.1/24; drop" }, /ip must be an IPv4 address/],
  [{ ...bridge({}), mac: "53:54:00:00:00:01" }, /mac must be a unicast address/],
  [{ ...bridge({}), mac: "52:54:00:00:00:01 drop" }, /mac must be a unicast address/],
  [{ ...bridge({}), mtu: 10 }, /mtu must be from 576/],
  [{ ...bridge({}), ports: [{ hostPort: 70_000, guestPort: 1 }] }, /ports must be from 1 to 65535/],
  [{ ...bridge({}), ports: [{ hostPort: 1, guestPort: 1, hostIp: "::1" }] }, /host_ip must be an IPv4 address/],
  [{ ...bridge({}), ports: [{ hostPort: 1, guestPort: 1, protocol: "sctp" }] }, /must be tcp or udp/],
  [
    { network: { kind: "macvtap", value: { parent: "p", mode: "other" } } },
    /mode must be bridge, private, vepa or passthru/,
  ],
  [
    { ...docker, ip: "10.8.0.9" },
    /ip 10.8.0.9 is in no subnet of the Docker network mynet \(10.6.0.0\/23, fd00::\/64\)/,
  ],
  [{ ...docker, ip: "fd00::9" }, /ip must be an IPv4 address/],
  [{ ...bridge({}), ip: "10.6.0.9" }, /with its prefix length/],
  [{ network: { kind: "docker", value: { name: "none" } } }, /there is no Docker network none/],
])("%j is refused", (init, words) => {
  expect(() => plan(init)).toThrow(words);
});

test("a VLAN is made over its parent and goes alone", () => {
  const vlan = { kind: "vlan", name: "ckl1", parent: "eth0", id: 7 } as const;
  expect(makeCommands(vlan, present)[0]?.argv.join(" ")).toBe("ip link add link eth0 name ckl1 type vlan id 7");
  expect(removeCommands(vlan, "/proc/1/ns/net").map(({ argv }) => argv.join(" "))).toEqual(["ip link delete ckl1"]);
});

test("a guest with an address speaks from nothing else", () => {
  const guard = { device: "ckt0123456789ab", mac: "52:54:00:00:00:01", address: "10.0.0.5", hook: "ingress" } as const;
  const [command] = guardCommands(guard, "ns");
  expect(command?.argv).toEqual(["nsenter", "--net=/run/netns/ns", "nft", "-f", "-"]);
  expect(command?.input).toContain("ether saddr != 52:54:00:00:00:01 counter drop");
  expect(command?.input).toContain("ether type ip ip saddr != 10.0.0.5 counter drop");
  expect(command?.input).toContain("ether type != { arp, ip } counter drop");
  const [open] = guardCommands({ ...guard, address: "" }, "");
  expect(open?.input).not.toContain("ether type ip");
  expect(cookieOf(guard.device)).toBe("0x0123456789ab");
  expect(guardFlows(guard, 3).at(-1)).toBe("priority=100,in_port=3,actions=drop");
  expect(guardFlows(guard, 3)[1]).toBe(
    "priority=200,ip,in_port=3,dl_src=52:54:00:00:00:01,nw_src=10.0.0.5,actions=NORMAL",
  );
});

test("published ports, and none", () => {
  const ports = [{ hostPort: 31_000, guestPort: 80, protocol: "tcp", hostIp: "192.0.2.1" }] as const;
  const text = publishCommands("ckt1", "10.0.0.5", ports)[0]?.input ?? "";
  expect(text.match(/ip daddr 192.0.2.1 tcp dport 31000 dnat to 10.0.0.5:80/g)).toHaveLength(2);
  expect(text).toContain("ip daddr 10.0.0.5 tcp dport 80 ct status dnat masquerade");
  expect(text).not.toContain("127.0.0.0/8");
  expect(publishCommands("ckt1", "10.0.0.5", [])[0]?.input).not.toContain("dnat");
});

test.each([
  ["", true],
  ["127.0.0.1", true],
  ["192.0.2.1", false],
])("a port at %j answers on loopback: %j", (hostIp, expected) => {
  const ports = [{ hostPort: 31_000, guestPort: 80, protocol: "tcp", hostIp }] as const;
  expect(wantsLoopback(ports)).toBe(expected);
  // Nobody outside uses that the link takes such packets.
  expect(publishCommands("ckt1", "10.0.0.5", ports, "br.7")[0]?.input).toContain(
    'iifname "br.7" ip daddr 127.0.0.0/8 counter drop',
  );
  expect(localnetCommand("br.7", true)).toEqual({
    argv: ["tee", "/proc/sys/net/ipv4/conf/br.7/route_localnet"],
    input: "1",
  });
});
