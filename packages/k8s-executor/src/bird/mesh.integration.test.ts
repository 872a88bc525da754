// Real BIRDs on a switch, without a gateway: each node has a session with each other one.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AnnouncingNode, announced, type BgpSpeaker, mostRoutes } from "./bird-text.ts";
import { nodeBird } from "./node-bird.ts";
import { BirdLab, birdLabMissing, type LabHost, secretsFile, until } from "./testing/bird-lab.ts";

const missing = birdLabMissing();
if (missing !== undefined) console.warn(`BGP is not tested: ${missing}`);

const ranges = { pods: "10.244.0.0/16", services: "10.96.0.0/16" };
const node = (number: number): AnnouncingNode => ({
  name: `node-${number}`,
  address: `10.88.0.${20 + number}`,
  blocks: [`10.244.${number}.0/24`],
});
const own = ({ address }: AnnouncingNode) => ({ address, asn: 64_512, secretsFile });
const way = (one: AnnouncingNode) => `${one.blocks.join()} ${one.address}`;

let lab: BirdLab;
beforeAll(async () => {
  if (missing === undefined) lab = await BirdLab.start();
});
afterAll(async () => {
  await lab?.stop();
});

const routesBecome = (host: LabHost, wanted: readonly string[]) =>
  until(`the routes ${wanted.join(", ")}`, async () => {
    const routes = await host.routes();
    return JSON.stringify(routes) === JSON.stringify([...wanted].sort()) ? routes : undefined;
  });

test.skipIf(missing !== undefined)(
  "nodes take the blocks of others from their owners, and none loses a session when others come and go",
  async () => {
    const [left, right] = [node(30), node(31)];
    // With the longest name that a node can have.
    const third = { ...node(32), name: `node-32-${"n".repeat(55)}` };
    const master: AnnouncingNode = { name: "master", address: "10.88.0.60", blocks: [] };
    const all = [master, left, right];
    const [at, one, two] = [
      await lab.host(master.address),
      await lab.host(left.address, left.blocks[0]),
      await lab.host(right.address, right.blocks[0]),
    ];
    const of = (self: AnnouncingNode, others: readonly AnnouncingNode[]) =>
      nodeBird({
        ...{ ...own(self), ...ranges, blocks: self.blocks, gateways: [], routers: [] },
        others: others.filter((other) => other !== self),
      });
    await at.start(of(master, all));
    await one.start(of(left, all));
    // It announces the block of the other one, too.
    await two.start(of({ ...right, blocks: [...right.blocks, ...left.blocks] }, all));
    await until("the refusal of a block that is not the node's", async () =>
      ((await at.sessions()).get("node.node-31")?.filtered ?? 0) > 0 ? true : undefined,
    );
    await routesBecome(at, [way(left), way(right)]);
    await routesBecome(one, [way(right)]);
    await two.configure(of(right, all));
    await routesBecome(two, [way(left)]);

    const next = [...all, third];
    const three = await lab.host(third.address, third.blocks[0]);
    await three.start(of(third, next));
    expect(await one.configure(of(left, next))).toEqual([]);
    expect(await two.configure(of(right, next))).toEqual([]);
    expect(await at.configure(of(master, next))).toEqual([]);
    await routesBecome(one, [way(right), way(third)]);
    await routesBecome(at, [way(left), way(right), way(third)]);
    expect(await one.configure(of(left, [master, left, third]))).toEqual(["node.node-31"]);
    await routesBecome(one, [way(third)]);

    // A node that ends takes its block back, and not its session.
    const ending = { ...own(third), ...ranges, blocks: third.blocks, gateways: [], routers: [], announces: false };
    expect(await three.configure(nodeBird({ ...ending, others: [master, left, right] }))).toEqual([]);
    await routesBecome(one, []);
  },
);

test.skipIf(missing !== undefined)(
  "a router that sends more routes than are taken takes no more room than those, and keeps its session",
  async () => {
    const [left, router] = [node(40), { name: "r", address: "10.88.0.70", asn: 65_001 }];
    const at = await lab.host(left.address, left.blocks[0]);
    const outside = await lab.host(router.address);
    const routes = Array.from({ length: mostRoutes + 500 }, (_, at) => `11.${at >> 8}.${at & 255}.0/24`);
    await outside.start(`router id ${router.address};
log stderr all;
protocol device { }
protocol direct { ipv4; interface "eth0"; }
${announced("many", routes)}protocol bgp node { local ${router.address} as ${router.asn}; neighbor ${left.address} as 64512;
  ipv4 { import all; export where proto = "many"; }; }
`);
    const of = (routers: readonly BgpSpeaker[]) =>
      nodeBird({ ...own(left), ...ranges, blocks: left.blocks, gateways: [], others: [], routers });
    await at.start(of([router]));
    const session = await until("all that is taken", async () => {
      const found = (await at.sessions()).get("router.r");
      return (found?.imported ?? 0) >= mostRoutes ? found : undefined;
    });
    expect(session).toMatchObject({
      ...{ established: true, imported: mostRoutes, exported: 1 },
      info: "Established, sends more routes than are taken",
    });
    expect((await at.routes()).length).toBeLessThanOrEqual(mostRoutes);
  },
);
