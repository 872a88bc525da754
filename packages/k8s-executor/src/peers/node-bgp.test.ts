import { expect, test } from "vitest";
import { nodeBgp, nodeNat } from "./node-bgp.ts";

const peer = (name: string, at: number, podCidr = "") => ({ name, ip: `10.77.0.${at}`, podCidr, master: name === "m" });
const bgp = {
  ...{ asn: 64_512, podRange: "10.244.0.0/16", serviceRange: "10.96.0.0/16" },
  routers: [
    { address: "10.77.0.1", asn: 65_001, password: true },
    { address: "10.77.0.2", asn: 64_512, password: false },
  ],
  announcements: [
    { address: "10.99.2.1", nodes: [] },
    { address: "10.99.2.2", nodes: ["n1"] },
  ],
  pools: ["10.99.2.0/24"],
  apiAddress: "",
};
const all = { any: true, services: true, api: true };
const peers = {
  version: "0a",
  peers: [peer("m", 10), peer("n0", 20, "10.244.0.0/24"), peer("n1", 21, "10.244.1.0/24")],
  bgp,
};
const sessions = (text: string | undefined) =>
  [...(text ?? "").matchAll(/^protocol bgp '(\S+)'/gm)].map(([, name]) => name);

test("a worker has sessions with all nodes and routers, and its secrets are elsewhere", () => {
  const text = nodeBgp(peers, "n0")?.(all);
  expect(sessions(text)).toEqual(["node.m", "node.n1", "router.10.77.0.1", "router.10.77.0.2"]);
  expect(text).toContain('include "/etc/cke/bird/secrets.conf";\n');
  expect(text).toContain("neighbor 10.77.0.1 as 65001; password router_secret_10_77_0_1; allow local as 1;");
  expect(text).toContain("neighbor 10.77.0.2 as 64512;\n");
  expect(text).toContain("route 10.244.0.0/24 blackhole;");
});

test("a node that ends keeps its sessions, and announces nothing", () => {
  const [before = "", after = ""] = [all, { ...all, any: false }].map((one) => nodeBgp(peers, "n0")?.(one));
  const less = before.replace("route 10.244.0.0/24 blackhole; ", "").replace("route 10.99.2.1/32 unreachable; ", "");
  expect(after).toBe(less);
  expect(after.length).toBeLessThan(before.length - 60);
});

test("a node announces addresses of Services that are its own, while its kube-proxy works", () => {
  const routes = (node: string, one = all) =>
    [...(nodeBgp(peers, node)?.(one) ?? "").matchAll(/route (\S+)\/32 unreachable/g)].map(([, address]) => address);
  expect([routes("n0"), routes("n1"), routes("m")]).toEqual([["10.99.2.1"], ["10.99.2.1", "10.99.2.2"], []]);
  expect(routes("n1", { ...all, services: false })).toEqual([]);
  expect(nodeBgp(peers, "n0")?.({ ...all, services: false })).toContain("route 10.244.0.0/24 blackhole;");
});

test("a master, which has no pods, takes the blocks of workers and has no session with routers", () => {
  expect(sessions(nodeBgp(peers, "m")?.(all))).toEqual(["node.n0", "node.n1"]);
});

test("a master whose API server has an address of its own announces it to routers, while that is ready", () => {
  const cluster = { ...peers, bgp: { ...bgp, apiAddress: "10.99.3.1" } };
  const master = nodeBgp(cluster, "m")?.(all);
  expect(sessions(master)).toEqual(["node.n0", "node.n1", "router.10.77.0.1", "router.10.77.0.2"]);
  expect(master).toContain("protocol static api { ipv4; route 10.99.3.1/32 blackhole; }");
  for (const one of [
    { ...all, api: false },
    { ...all, any: false },
  ])
    expect(nodeBgp(cluster, "m")?.(one)).toContain("protocol static api { ipv4; }");
  const worker = nodeBgp(cluster, "n0")?.(all);
  expect(worker).toContain("protocol static api { ipv4; }");
  expect(worker).toContain("10.99.2.0/24+, 10.99.3.1/32+ ] then reject;");
});

test("no configuration for a cluster with static routes, and for a node that was removed", () => {
  expect(nodeBgp({ ...peers, bgp: undefined }, "n0")).toBeUndefined();
  expect(nodeBgp(peers, "gone")).toBeUndefined();
});

const natgw = (name: string, at: number) => ({
  ...peer(name, at),
  gateway: { type: "natgw" as const, uplinkIp: `10.9.0.${at}` },
});
const uplink = { routers: [{ address: "10.9.0.1", asn: 65_002, password: true }], snat: "198.51.100.7", floating: [] };
const routed = {
  ...peers,
  peers: [...peers.peers, natgw("gw1", 31), natgw("gw0", 30)],
  bgp: { ...bgp, uplink },
};

test("a worker takes the pods' default route from gateways, in a table of its own, and the mesh stays", () => {
  const text = nodeBgp(routed, "n0")?.(all);
  expect(sessions(text)).toEqual([
    ...["node.m", "node.n1", "router.10.77.0.1", "router.10.77.0.2"],
    ...["natgw.gw1", "natgw.gw0"],
  ]);
  expect(text).toContain("ipv4 { table egress; igp table master4;");
  expect(sessions(nodeBgp(routed, "m")?.(all))).toEqual(["node.n0", "node.n1"]);
});

test("a gateway has sessions with workers and the routers outside, and its place is that of its name", () => {
  const [first = "", second = ""] = [nodeBgp(routed, "gw0")?.(all), nodeBgp(routed, "gw1")?.(all)];
  expect(sessions(first)).toEqual(["node.n0", "node.n1", "router.10.9.0.1"]);
  expect(first).toContain("local 10.9.0.30 as 64512;\n  neighbor 10.9.0.1 as 65002; password router_secret_10_9_0_1;");
  expect(first).toContain("interface 10.77.0.30/32, 10.9.0.30/32;");
  expect([first, second].map((text) => /bgp_local_pref = (\d+)/.exec(text)?.[1])).toEqual(["200", "100"]);
  expect([first, second].map((text) => /bgp_med = (\d+)/.exec(text)?.[1])).toEqual(["0", "100"]);
  expect(first).toContain("protocol static own { ipv4; route 198.51.100.7/32 blackhole; }");
  expect(first).toContain("protocol static way { ipv4; }");
  const ending = nodeBgp(routed, "gw0")?.({ ...all, any: false });
  expect(sessions(ending)).toEqual(sessions(first));
  expect(ending).not.toMatch(/198\.51\.100\.7|bgp_local_pref/);
});

test("without routers outside a gateway is a way by itself, and pods have its address", () => {
  const alone = { ...routed, bgp: { ...bgp, uplink: { routers: [], snat: "", floating: [] } } };
  expect(nodeBgp(alone, "gw0")?.(all)).toContain("protocol static way { ipv4; route 0.0.0.0/0 blackhole; }");
  expect(nodeNat(alone, "gw0", "10.9.0.254")).toEqual({
    ...{ uplink: "10.9.0.30", way: "10.9.0.254", pods: "10.244.0.0/16", snat: "10.9.0.30", floating: [], routers: [] },
  });
  expect(nodeNat(routed, "gw0", "")).toMatchObject({ snat: "198.51.100.7", routers: ["10.9.0.1"] });
  expect(nodeNat(routed, "n0", "")).toBeUndefined();
});

test("a floating address that would lead to anything but a pod is left out", () => {
  const pod = { address: "198.51.100.64", target: "10.244.255.9" };
  const others = ["10.0.0.11", "10.9.0.31", "10.243.255.255", "172.17.0.1"];
  const floating = [...others.map((target, at) => ({ address: `198.51.100.${70 + at}`, target })), pod];
  const given = { ...routed, bgp: { ...bgp, uplink: { ...uplink, floating } } };
  expect(nodeNat(given, "gw1", "")?.floating).toEqual([pod]);
  expect(nodeBgp(given, "gw1")?.(all)).not.toMatch(/198\.51\.100\.7\d\/32/);
  expect(nodeBgp(given, "gw1")?.(all)).toContain(`route ${pod.address}/32`);
});

test("floating addresses are told to the routers, and each leads to one address inside", () => {
  const floating = [{ address: "198.51.100.64", target: "10.244.0.9" }];
  const given = { ...routed, bgp: { ...bgp, uplink: { ...uplink, floating } } };
  const text = nodeBgp(given, "gw1")?.(all);
  expect(text).toContain(
    "protocol static own { ipv4; route 198.51.100.7/32 blackhole; route 198.51.100.64/32 blackhole; }",
  );
  expect(nodeNat(given, "gw1", "")).toMatchObject({ floating });
  expect(nodeBgp(given, "n0")?.(all)).toBe(nodeBgp(routed, "n0")?.(all));
});
