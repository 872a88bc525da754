// Real BIRDs: addresses of Services and of an API server, from nodes to routers outside and to a gateway; and other routers for nodes that run.
import { afterAll, beforeAll, expect, test } from "vitest";
import { gatewayBird } from "./gateway-bird.ts";
import { nodeBird } from "./node-bird.ts";
import { BirdLab, birdLabMissing, type LabHost, labSecret, secretsFile, until } from "./testing/bird-lab.ts";

const missing = birdLabMissing();
if (missing !== undefined) console.warn(`BGP is not tested: ${missing}`);

const asn = 64_512;
const shared = { asn, secretsFile };
const ranges = { pods: "10.244.0.0/16", services: "10.96.0.0/16", pools: ["10.99.2.0/24"] };
const router = { name: "vr", address: "10.88.0.1", asn: 65_001, secret: "cluster_secret" };
const gateway = { name: "gw", address: "10.88.0.2" };
const nodes = [0, 1].map((number) => ({
  name: `node-${number}`,
  address: `10.88.0.${20 + number}`,
  blocks: [`10.244.${number}.0/24`],
}));
const ofNode = (at: number, addresses: readonly string[], more: { readonly announces?: boolean } = {}) => {
  const [self, other] = at === 0 ? nodes : nodes.toReversed();
  if (self === undefined || other === undefined) throw new Error("there are two nodes");
  return nodeBird({
    ...{ ...shared, ...ranges, ...more, address: self.address, blocks: self.blocks, addresses },
    ...{ others: [other], gateways: [], routers: [router] },
  });
};
/** It knows nothing of CKE, and sends everybody everything. */
const ofRouter = (extra: string) => `router id ${router.address};
log stderr all;
protocol device { }
protocol direct { ipv4; }
protocol kernel { ipv4 { import none; export where source = RTS_BGP; }; merge paths on; }
protocol static outside { ipv4; ${extra} }
${nodes.map(({ name, address }) => `protocol bgp '${name}' { local ${router.address} as ${router.asn}; neighbor ${address} as ${asn}; password "${labSecret}";\n  ipv4 { import all; export all; }; }\n`).join("")}`;

let lab: BirdLab;
let vr: LabHost;
const hosts: LabHost[] = [];
beforeAll(async () => {
  if (missing !== undefined) return;
  lab = await BirdLab.start();
  vr = await lab.host(router.address);
  // One after the other: the laboratory counts them.
  for (const { address, blocks } of nodes) hosts.push(await lab.host(address, blocks[0]));
});
afterAll(async () => await lab?.stop());

/** The ways to an address in the router's kernel. */
const ways = async (address: string) => {
  const shown = await vr.sh(`ip -4 route show ${address}`);
  return [...shown.matchAll(/via (\S+)/g)].map(([, via]) => via).sort();
};
const waysBecome = (address: string, wanted: readonly string[]) =>
  until(`the ways ${wanted.join(", ")} to ${address}`, async () =>
    JSON.stringify(await ways(address)) === JSON.stringify(wanted) ? wanted : undefined,
  );
const [one = "", two = ""] = nodes.map(({ address }) => address);

test.skipIf(missing !== undefined)(
  "a router has a way through each node that announces an address, and no session ends when that changes",
  async () => {
    const [first, second] = hosts;
    if (first === undefined || second === undefined) throw new Error("there are two nodes");
    await vr.start(ofRouter("route 10.99.2.77/32 blackhole; route 203.0.113.0/24 blackhole;"));
    await first.start(ofNode(0, []));
    await second.start(ofNode(1, []));
    for (const host of hosts)
      await until("the routes of the other node and of the router", async () => {
        const routes = await host.routes();
        return routes.length === 2 ? routes : undefined;
      });
    expect(await first.configure(ofNode(0, ["10.99.2.1", "10.99.2.2"]))).toEqual([]);
    expect(await second.configure(ofNode(1, ["10.99.2.1"]))).toEqual([]);
    await waysBecome("10.99.2.1", [one, two]);
    await waysBecome("10.99.2.2", [one]);
    // Nodes take an address of the pool from nobody, neither from each other nor from the router.
    for (const host of hosts) {
      expect(await host.sh("ip -4 route show table main")).not.toContain("10.99.2.");
      const session = (await host.sessions()).get("router.vr");
      expect([session?.established, (session?.filtered ?? 0) > 0]).toEqual([true, true]);
    }
    expect(await first.sh("ip -4 route show table 178")).toMatch(/unreachable 10\.99\.2\.1 proto bird/);
    expect(await first.configure(ofNode(0, ["10.99.2.2"]))).toEqual([]);
    await waysBecome("10.99.2.1", [two]);
    // A node that ends takes everything back and keeps its sessions.
    expect(await second.configure(ofNode(1, ["10.99.2.1"], { announces: false }))).toEqual([]);
    await waysBecome("10.99.2.1", []);
    expect((await second.sessions()).get("router.vr")?.established).toBe(true);
    expect(await second.sh("ip -4 route show table 178")).toBe("");
  },
);

test.skipIf(missing !== undefined)(
  "what comes from outside for an address and is nobody's is refused, and the node's own programs are not",
  async () => {
    const [first] = hosts;
    const [, device = ""] = /dev (\S+)/.exec((await first?.sh(`ip -4 route get ${router.address}`)) ?? "") ?? [];
    await first?.configure(ofNode(0, ["10.99.2.1"]));
    await waysBecome("10.99.2.1", [one]);
    await first?.sh(`ip -4 rule add pref 1780 iif ${device} lookup 178; ip route add default via ${router.address}`);
    const from = (how: string) => first?.sh(`ip -4 route get 10.99.2.1 ${how} 2>&1 || true`);
    expect(await from(`from ${router.address} iif ${device}`)).toMatch(/No route to host|unreachable/);
    expect(await from("")).toContain(`via ${router.address}`);
  },
);

test.skipIf(missing !== undefined)(
  "a gateway takes from a node the addresses that CKE gave it, and no others",
  async () => {
    const [first] = hosts;
    const [self] = nodes;
    if (first === undefined || self === undefined) throw new Error("there is no node");
    const reflector = await lab.host(gateway.address);
    await reflector.start(
      gatewayBird({
        ...{ ...shared, address: gateway.address, announced: [], preference: 100, routers: [] },
        nodes: [{ ...self, blocks: [...self.blocks, "10.99.2.1/32"] }],
      }),
    );
    await first.configure(
      nodeBird({
        ...{ ...shared, ...ranges, address: self.address, blocks: self.blocks, addresses: ["10.99.2.1", "10.99.2.9"] },
        ...{ others: [], gateways: [gateway], routers: [] },
      }),
    );
    await until("the node's routes at the gateway", async () => {
      const routes = await reflector.routes();
      return JSON.stringify(routes) === JSON.stringify(["10.244.0.0/24 10.88.0.20", "10.99.2.1 10.88.0.20"])
        ? routes
        : undefined;
    });
    const session = await until("what is refused", async () => {
      const now = (await reflector.sessions()).get("node.node-0");
      return (now?.filtered ?? 0) === 1 ? now : undefined;
    });
    expect(session.established).toBe(true);
  },
);

test.skipIf(missing !== undefined)(
  "a master announces its API server's address while it may, and another router ends no session but its own",
  async () => {
    const address = "10.88.0.30";
    const second = { name: "vr2", address: "10.88.0.3", asn: 65_002, secret: "cluster_secret" };
    const of = (announces: boolean, routers: readonly (typeof router)[]) =>
      nodeBird({
        ...{ ...shared, ...ranges, address, blocks: [], others: [], gateways: [], routers },
        api: { address: "10.99.3.1", announces },
      });
    const master = await lab.host(address);
    const outside = await Promise.all(
      [router, second].map(({ address: own }) => (own === router.address ? vr : lab.host(own))),
    );
    for (const [at, { address: own, asn: system }] of [router, second].entries()) {
      const text = `router id ${own};
log stderr all;
protocol device { }
protocol direct { ipv4; }
protocol kernel { ipv4 { import none; export where source = RTS_BGP; }; }
protocol bgp master { local ${own} as ${system}; neighbor ${address} as ${asn}; password "${labSecret}"; ipv4 { import all; export none; }; }
`;
      if (at === 0) await outside[at]?.configure(text);
      else await outside[at]?.start(text);
    }
    await master.start(of(false, [router]));
    await until("the session with the first router", async () =>
      (await master.sessions()).get("router.vr")?.established === true ? true : undefined,
    );
    expect(await ways("10.99.3.1")).toEqual([]);
    expect(await master.configure(of(true, [router]))).toEqual([]);
    await waysBecome("10.99.3.1", [address]);
    expect(await master.configure(of(true, [router, second]))).toEqual([]);
    await until("the way at the other router", async () =>
      (await outside[1]?.sh("ip -4 route show 10.99.3.1"))?.includes(address) === true ? true : undefined,
    );
    expect(await master.configure(of(true, [second]))).toEqual(["router.vr"]);
    await waysBecome("10.99.3.1", []);
    expect((await master.sessions()).get("router.vr2")?.established).toBe(true);
  },
);

test.skipIf(missing !== undefined)(
  "a node with addresses of Services and NAT gateways has both tables, and each of its protocols is up",
  async () => {
    const host = await lab.host("10.88.0.40", "10.244.9.0/24");
    await host.start(
      nodeBird({
        ...{ ...shared, ...ranges, address: "10.88.0.40", blocks: ["10.244.9.0/24"], addresses: ["10.99.2.5"] },
        ...{ others: [], gateways: [], routers: [], natGateways: [{ name: "gw0", address: "10.88.0.41" }] },
      }),
    );
    await until("the address in its table", async () =>
      (await host.sh("ip -4 route show table 178")).includes("unreachable 10.99.2.5") ? true : undefined,
    );
    const protocols = (await host.birdc("show protocols"))
      .split("\n")
      .filter((line) => / (Kernel|Static|Pipe) /.test(line));
    expect(protocols.length).toBeGreaterThanOrEqual(6);
    for (const line of protocols) expect(line).toMatch(/ up /);
  },
);
