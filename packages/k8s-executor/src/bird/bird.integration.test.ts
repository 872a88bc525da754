// Real BIRDs on a switch: what nodes and gateways learn of each other by the configurations that CKE makes, and what they refuse.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bgpSecretsFile } from "@cke/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AnnouncingNode } from "./bird-text.ts";
import { gatewayBird } from "./gateway-bird.ts";
import { nodeBird } from "./node-bird.ts";
import { BirdLab, birdLabMissing, type LabHost, labSecret, secretsFile, until } from "./testing/bird-lab.ts";

const missing = birdLabMissing();
if (missing !== undefined) console.warn(`BGP is not tested: ${missing}`);

const asn = 64_512;
const ranges = { pods: "10.244.0.0/16", services: "10.96.0.0/16" };
const gateway = { name: "gw-0", address: "10.88.0.2" };
const node = (number: number): AnnouncingNode => ({
  name: `node-${number}`,
  address: `10.88.0.${20 + number}`,
  blocks: [`10.244.${number}.0/24`],
});
const [first, second, rogue, late] = [node(0), node(1), node(2), node(3)];
const own = ({ address }: { readonly address: string }) => ({ address, asn, secretsFile });

const ofGateway = (nodes: readonly AnnouncingNode[]) =>
  gatewayBird({ ...own(gateway), nodes, announced: [ranges.services, "0.0.0.0/0"], preference: 200, routers: [] });
const ofNode = (one: AnnouncingNode, all: readonly AnnouncingNode[]) =>
  nodeBird({
    ...{ ...own(one), ...ranges, blocks: one.blocks, gateways: [gateway], routers: [] },
    others: all.filter((other) => other !== one),
  });

let lab: BirdLab;
let gw: LabHost;
beforeAll(async () => {
  if (missing !== undefined) return;
  lab = await BirdLab.start();
  gw = await lab.host(gateway.address);
});
afterAll(async () => {
  await lab?.stop();
});

const established = (host: LabHost, name: string) =>
  until(`the session ${name}`, async () => {
    const session = (await host.sessions()).get(name);
    return session?.established === true ? session.since : undefined;
  });
const routesBecome = (host: LabHost, wanted: readonly string[]) =>
  until(`the routes ${wanted.join(", ")}`, async () => {
    const routes = await host.routes();
    return JSON.stringify(routes) === JSON.stringify([...wanted].sort()) ? routes : undefined;
  });
const way = (one: AnnouncingNode) => `${one.blocks.join()} ${one.address}`;
const egress = `default ${gateway.address}`;

test.skipIf(missing !== undefined)(
  "nodes learn the blocks of each other, and nothing else that somebody announces",
  async () => {
    const all = [first, second, rogue];
    const [one, two, three] = [
      await lab.host(first.address, first.blocks[0]),
      await lab.host(second.address, second.blocks[0]),
      await lab.host(rogue.address, rogue.blocks[0]),
    ];
    await gw.start(ofGateway(all));
    await one.start(ofNode(first, all));
    await two.start(ofNode(second, all));
    // It announces the default route, the Services, another node's block and a part of its own, beside its own.
    const stolen = ["0.0.0.0/0", ranges.services, ...first.blocks, "10.244.2.128/25", "10.244.9.0/24"];
    const announcing = ofNode({ ...rogue, blocks: [...rogue.blocks, ...stolen] }, [...all]);
    await three.start(announcing);
    await until("the refusal of all that the third node must not announce", async () => {
      const text = await gw.birdc("show protocols all \"'node.node-2'\"");
      const [, , , filtered = "0"] = /Import updates:\s+(\d+)\s+(\d+)\s+(\d+)/.exec(text) ?? [];
      return Number(filtered) >= stolen.length ? true : undefined;
    });
    await routesBecome(gw, [way(first), way(second), way(rogue)]);
    await routesBecome(one, [egress, way(second), way(rogue)]);
    await routesBecome(two, [egress, way(first), way(rogue)]);

    const ofFirst = await until("the routes of the first node's session", async () => {
      const session = (await gw.sessions()).get("node.node-0");
      return session?.exported === 4 && session.established ? session : undefined;
    });
    expect(ofFirst).toMatchObject({ neighbour: first.address, established: true, info: "Established", imported: 1 });

    // A node comes: everybody has its block, and nobody's session is reset for that.
    const next = [...all, late];
    const four = await lab.host(late.address, late.blocks[0]);
    await four.start(ofNode(late, next));
    expect(await gw.configure(ofGateway(next))).toEqual([]);
    expect(await one.configure(ofNode(first, next))).toEqual([]);
    expect(await two.configure(ofNode(second, next))).toEqual([]);
    await routesBecome(one, [egress, way(second), way(rogue), way(late)]);
    await routesBecome(four, [egress, way(first), way(second), way(rogue)]);

    // A node goes.
    const rest = [first, rogue, late];
    expect(await gw.configure(ofGateway(rest))).toEqual(["node.node-1"]);
    expect(await one.configure(ofNode(first, rest))).toEqual([]);
    await routesBecome(one, [egress, way(rogue), way(late)]);
    expect([...(await gw.sessions()).keys()].toSorted()).toEqual(["node.node-0", "node.node-2", "node.node-3"]);

    // The daemon of a node dies, and is back: no route is lost meanwhile, neither there nor elsewhere.
    const losses = [await one.watchLosses(), await four.watchLosses()];
    await four.killBird();
    await until("the end of its session", async () =>
      (await gw.sessions()).get("node.node-3")?.established === false ? true : undefined,
    );
    expect(await one.routes()).toEqual([egress, way(rogue), way(late)].sort());
    // On a starved machine its neighbour may come later than a node waits for it.
    await four.start(ofNode(late, rest).replace("restart wait 10;", "restart wait 240;"));
    await established(gw, "node.node-3");
    await routesBecome(four, [egress, way(first), way(rogue)]);
    await routesBecome(one, [egress, way(rogue), way(late)]);
    const [atOne = [], atFour = []] = await Promise.all(losses.map((told) => told()));
    expect(atOne).toEqual([]);
    // The daemon did not know that the second node had gone.
    expect(atFour.filter((line) => !line.includes(second.address))).toEqual([]);
  },
);

test.skipIf(missing !== undefined)(
  "a router outside passes on the blocks of nodes, and nothing else of the cluster's ranges is taken from it",
  async () => {
    const [left, right] = [node(5), node(6)];
    const router = { name: "vr", address: "10.88.0.1", asn: 65_001, secret: "cluster_secret" };
    const [vr, one, two] = [
      await lab.host(router.address),
      await lab.host(left.address, left.blocks[0]),
      await lab.host(right.address, right.blocks[0]),
    ];
    const neighbours = [left, right].map(
      ({ address }, index) =>
        `protocol bgp n${index} { local ${router.address} as ${router.asn}; neighbor ${address} as ${asn}; password "${labSecret}";
  ipv4 { import all; export all; }; }\n`,
    );
    const stolen = [...left.blocks, ...right.blocks, ranges.services, "10.244.77.0/24"];
    await vr.start(`router id ${router.address};
log stderr all;
protocol device { }
protocol direct { ipv4; }
protocol kernel { ipv4 { import none; export where source = RTS_BGP; }; }
protocol static outside { ipv4; ${["203.0.113.0/24", ...stolen.slice(2)].map((net) => `route ${net} blackhole; `).join("")}}
${neighbours.join("")}`);
    const configuration = (self: AnnouncingNode, other: AnnouncingNode) =>
      nodeBird({
        ...{ ...own(self), ...ranges, blocks: self.blocks, others: [other], gateways: [] },
        routers: [router],
      });
    await one.start(configuration(left, right));
    await two.start(configuration(right, left));
    const outside = `203.0.113.0/24 ${router.address}`;
    await routesBecome(vr, [way(left), way(right)]);
    await routesBecome(one, [outside, way(right)]);
    await routesBecome(two, [outside, way(left)]);
    // Now the router says that it has the other node's block itself.
    await vr.configure(`router id ${router.address};
log stderr all;
protocol device { }
protocol direct { ipv4; }
protocol static outside { ipv4; ${[...stolen, "198.51.100.0/24"].map((net) => `route ${net} blackhole; `).join("")}}
${neighbours.join("")}`);
    await routesBecome(one, [`198.51.100.0/24 ${router.address}`, way(right)]);
    // All else of what it sends is refused.
    const session = await until("what is refused of the router", async () => {
      const now = (await one.sessions()).get("router.vr");
      return (now?.filtered ?? 0) >= 4 ? now : undefined;
    });
    expect(session.established).toBe(true);
  },
);

test.skipIf(missing !== undefined)(
  "a router outside gets the routes of a gateway, and not its default route",
  async () => {
    const router = { name: "vr", address: "10.88.0.6", asn: 65_001, secret: "cluster_secret" };
    const [announcing, one] = [{ address: "10.88.0.5" }, node(10)];
    const [vr, host, reflector] = [
      await lab.host(router.address),
      await lab.host(one.address, one.blocks[0]),
      await lab.host(announcing.address),
    ];
    await vr.start(`router id ${router.address};
log stderr all;
protocol device { }
protocol direct { ipv4; }
protocol kernel { ipv4 { import none; export where source = RTS_BGP; }; }
protocol bgp reflector { local ${router.address} as ${router.asn}; neighbor ${announcing.address} as ${asn}; password "${labSecret}";
  ipv4 { import all; export none; }; }
`);
    await host.start(
      nodeBird({
        ...{ ...own(one), ...ranges, blocks: one.blocks, others: [], routers: [] },
        gateways: [{ name: "gw", address: announcing.address }],
      }),
    );
    await reflector.start(
      gatewayBird({
        ...{ ...own(announcing), nodes: [one], preference: 200, routers: [router] },
        announced: ["0.0.0.0/0", ranges.services],
      }),
    );
    await routesBecome(host, [`default ${announcing.address}`]);
    await routesBecome(vr, [way(one), `${ranges.services} ${announcing.address}`]);
    expect(await reflector.birdc("show route export \"'router.vr'\"")).not.toContain("0.0.0.0/0");
  },
);

test.skipIf(missing !== undefined)("a node with another secret gets no session", async () => {
  const stranger = node(9);
  const host = await lab.host(stranger.address);
  const guarded = await lab.host("10.88.0.3");
  await guarded.start(
    gatewayBird({
      ...own({ address: "10.88.0.3" }),
      nodes: [stranger, first],
      announced: [],
      preference: 100,
      routers: [],
    }),
  );
  const asking = {
    ...own(stranger),
    ...ranges,
    blocks: stranger.blocks,
    others: [],
    routers: [],
  };
  host.secret("another");
  const gateways = [{ name: "gw", address: "10.88.0.3" }];
  await host.start(nodeBird({ ...asking, gateways }));
  // The kernel counts what it dropped for a wrong signature.
  await until("an attempt that is refused", async () => {
    const [names = "", values = ""] = (await guarded.sh("grep ^TcpExt: /proc/net/netstat")).trim().split("\n");
    const at = names.split(" ").indexOf("TCPMD5Failure");
    return Number(values.split(" ")[at]) > 0 ? true : undefined;
  });
  expect((await guarded.sessions()).get("node.node-9")?.established).toBe(false);
  // With the right one it has.
  host.secret(labSecret);
  expect(await host.configure(nodeBird({ ...asking, gateways }))).toEqual(["gateway.gw"]);
  await established(guarded, "node.node-9");
});

test.skipIf(missing !== undefined).each<[string, string]>([
  ["a gateway without nodes", gatewayBird({ ...own(gateway), nodes: [], announced: [], preference: 0, routers: [] })],
  [
    "a gateway of 250 nodes and two routers",
    gatewayBird({
      ...{ ...own(gateway), announced: ["0.0.0.0/0", "10.99.1.1/32"], preference: 4_294_967_295 },
      nodes: Array.from({ length: 250 }, (_, number) => ({
        name: `node-${number}.long.name_${number}`,
        address: `10.89.0.${number}`,
        blocks: number % 7 === 0 ? [] : [`10.244.${number}.0/24`, `10.99.3.${number}/32`],
      })),
      routers: ["a", "b"].map((name, index) => ({ name, address: `10.90.0.${index}`, asn: 4_200_000_000 + index })),
    }),
  ],
  [
    "a node alone",
    nodeBird({
      ...own(first),
      ...ranges,
      blocks: [],
      others: [],
      gateways: [],
      routers: [],
    }),
  ],
])("BIRD reads the configuration of %s", (what, configuration) => {
  const file = join(lab.directory, `${what.replaceAll(" ", "-")}.conf`);
  writeFileSync(file, configuration);
  const every = "!#$%&'()*+,-./:;<=>?@[]^_`{|}~\\";
  writeFileSync(join(lab.directory, secretsFile), bgpSecretsFile(every, { "10.90.0.0": every }));
  expect(execFileSync("bird", ["-p", "-c", file], { encoding: "utf8" })).toBe("");
});
