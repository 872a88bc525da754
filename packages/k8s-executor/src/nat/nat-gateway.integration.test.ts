// Two NAT gateways, a node with a pod and a router outside, with real BIRDs and rules of nft, each in a network namespace of its own.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { systemClock } from "@cke/foundation";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BirdControl } from "../bird/bird-control.ts";
import { preferenceOf } from "../bird/nat-gateway-bird.ts";
import { BirdLab, birdLabMissing, type LabHost, labSecret, secretsFile, until } from "../bird/testing/bird-lab.ts";
import { nodeBgp, nodeNat } from "../peers/node-bgp.ts";
import type { Peers } from "../peers/peers.ts";
import type { Command } from "../wrapper/wrapper-client.ts";
import { natRules } from "./nat-rules.ts";
import { probeCommand, probing } from "./testing/probing.ts";

const missing = birdLabMissing();
if (missing !== undefined) console.warn(`NAT gateways are not tested: ${missing}`);

const images = fileURLToPath(new URL("../../../../images/kube-node/rootfs/usr/local/bin/", import.meta.url));
const pods = "10.244.0.0/16";
const snat = "198.51.100.7";
const floating = "198.51.100.64";
const router = { address: "10.89.0.1", asn: 65_001 };
const node = { name: "node0", ip: "10.88.0.21", podCidr: "10.244.0.0/24" };
const gateways = [0, 1].map((place) => ({
  name: `gw${place}`,
  ip: `10.88.0.${2 + place}`,
  up: `10.89.0.${2 + place}`,
}));
const peersOf = (some = gateways): Peers => ({
  version: "1",
  peers: [
    { ...node, master: false },
    ...some.map(({ name, ip, up }) => ({
      ...{ name, ip, podCidr: "", master: false },
      gateway: { type: "natgw" as const, uplinkIp: up },
    })),
  ],
  bgp: {
    ...{
      asn: 64_512,
      podRange: pods,
      serviceRange: "10.96.0.0/16",
      routers: [],
      announcements: [],
      pools: [],
      apiAddress: "",
    },
    uplink: {
      routers: [{ ...router, password: false }],
      snat,
      floating: [{ address: floating, target: "10.244.0.6" }],
    },
  },
});
/** The configuration of a host's BIRD, with its secrets beside it. */
const birdOf = (name: string, announces = true, peers = peersOf()) =>
  nodeBgp(
    peers,
    name,
  )?.({ any: announces, services: announces, api: announces }).replaceAll(
    /include "[^"]+"/g,
    `include "${secretsFile}"`,
  ) ?? "";

let lab: BirdLab;
let worker: LabHost;
let pod: LabHost;
let outside: LabHost;
const hosts: LabHost[] = [];

async function startGateway(place: number): Promise<LabHost> {
  const { ip, up, name } = gateways[place] ?? { ip: "", up: "", name: "" };
  const host = await lab.host(ip);
  await lab.plug(host, "eth1", up, "br1");
  const setting = nodeNat(peersOf(), name, router.address);
  if (setting === undefined) throw new Error("it is a gateway");
  mkdirSync(join(host.root, "etc/cke/nat"), { recursive: true });
  writeFileSync(join(host.root, "etc/cke/nat/uplink"), `${setting.uplink} ${setting.way}\n`);
  // Its own address among those inside changes nothing: its sessions with the router live on packets that nobody translates.
  const own = { address: `198.51.100.${65 + place}`, target: up };
  const rules = natRules({ ...setting, floating: [...setting.floating, own] });
  writeFileSync(join(host.root, "etc/cke/nat/rules.nft"), rules);
  // The way that Docker gives leads through the network of the nodes.
  await host.sh(`ip route add default via 10.88.0.254; CKE_ROOT=${host.root} sh ${images}cke-nat`);
  await host.start(birdOf(name));
  return host;
}

const wayOfPods = () => worker.sh("ip -4 route show table 179").catch(() => "");
const usesGateway = (place: number) =>
  until(`the pods' way through gateway ${place}`, async () =>
    (await wayOfPods()).includes(`default via ${gateways[place]?.ip} `) ? true : undefined,
  );
const outsideUses = (place: number) =>
  until(`the router's way through gateway ${place}`, async () =>
    (await outside.routes()).includes(`${snat} ${gateways[place]?.up}`) ? true : undefined,
  );

beforeAll(async () => {
  if (missing !== undefined) return;
  lab = await BirdLab.start();
  outside = await lab.host(router.address, undefined, "br1");
  await outside.sh("ip addr add 203.0.113.1/32 dev lo");
  await outside.start(`router id ${router.address};
log stderr all;
protocol device { }
protocol direct { ipv4; }
protocol kernel { ipv4 { import none; export where source = RTS_BGP; }; }
protocol static way { ipv4; route 0.0.0.0/0 blackhole; }
protocol bfd { interface "*" { interval 200 ms; multiplier 3; }; }
${gateways
  .map(
    ({ name, up }) => `protocol bgp ${name} { local ${router.address} as ${router.asn}; neighbor ${up} as 64512;
  bfd graceful; graceful restart on; graceful restart time 0; long lived graceful restart on; long lived stale time 600;
  hold time 9; keepalive time 3; connect retry time 2; connect delay time 1; error wait time 1, 4;
  ipv4 { import all; export where proto = "way"; next hop self; }; }
`,
  )
  .join("")}`);
  worker = await lab.host(node.ip, node.podCidr);
  pod = await lab.pod(worker, "10.244.0.5");
  // As Docker leaves it; nobody is there, so that what takes this way is lost.
  await worker.sh("ip route add default via 10.88.0.254");
  mkdirSync(join(worker.root, "run/cke"), { recursive: true });
  await worker.sh(
    `echo 1 >/proc/sys/net/ipv4/ip_forward; echo nameserver 192.0.2.53 >${worker.root}/run/cke/resolv.conf; unshare --mount sh -ec 'mount --bind ${worker.root}/run/cke /run/cke 2>/dev/null || true; POD_CIDR=${node.podCidr} CLUSTER_CIDR=${pods} NODE_IP=${node.ip} CKE_ROOT=${worker.root} sh ${images}cke-network'`,
  );
  await worker.start(birdOf("node0"));
  hosts.push(await startGateway(0), await startGateway(1));
  await usesGateway(0);
  await outsideUses(0);
});
afterAll(async () => {
  await lab?.stop();
});

test.skipIf(missing !== undefined)("pods leave by the first gateway, with the cluster's address outside", async () => {
  expect(labSecret).not.toBe("");
  expect([preferenceOf(0), preferenceOf(1), preferenceOf(2)]).toEqual([200, 100, 99]);
  await probing(outside.run(...probeCommand("serve", "7000")));
  const client = await probing(pod.run(...probeCommand("connect", "203.0.113.1", "7000")));
  await delay(1_000);
  const seen = await client.end();
  expect(seen).toMatchObject({ seen: [snat], broken: "", outageMs: 0 });
  // What the node itself sends outside does not go there.
  expect(await worker.sh("ip -4 route get 203.0.113.1")).toContain("via 10.88.0.254");
});

test.skipIf(missing !== undefined)(
  "nobody outside sees a pod's own address in an answer without a connection",
  async () => {
    const client = await lab.host("10.88.0.30");
    // The pod's node has no other way to it than by a gateway, which has not seen what the pod answers to.
    await client.sh("ip addr add 203.0.113.9/32 dev lo; ip route add 10.244.0.5 via 10.88.0.21 src 203.0.113.9");
    const count = (host: LabHost, hook: string, packets: string) =>
      host.sh(
        `nft 'table ip seen { chain packets { type filter hook ${hook} priority raw; ip saddr 10.244.0.5 ${packets} counter; }; }'`,
      );
    await count(pod, "output", "tcp flags & (syn | ack) == syn | ack");
    await count(outside, "prerouting", "");
    const counted = async (host: LabHost) => /packets (\d+)/.exec(await host.sh("nft list table ip seen"))?.[1];
    await probing(pod.run(...probeCommand("serve", "7002")));
    expect(await client.sh("curl -s -m 2 http://10.244.0.5:7002/ || echo $?")).toBe("28\n");
    expect(Number(await counted(pod))).toBeGreaterThan(0);
    expect(await counted(outside)).toBe("0");
  },
);

test.skipIf(missing !== undefined)(
  "the silent death of the active gateway costs a moment, and long connections survive",
  async () => {
    const [first] = hosts;
    if (first === undefined) throw new Error("there is a gateway");
    const client = await probing(pod.run(...probeCommand("connect", "203.0.113.1", "7000")));
    await delay(1_000);
    await lab.cut(first);
    await usesGateway(1);
    await outsideUses(1);
    await delay(2_500);
    const seen = await client.end();
    console.log(`  silent death: new connections ${seen.outageMs} ms, long connection ${seen.longestMs} ms`);
    expect(seen).toMatchObject({ seen: [snat], broken: "" });
    expect(seen.outageMs).toBeGreaterThan(0);
    expect(seen.outageMs).toBeLessThan(5_000);
    await lab.cut(first, false);
    await usesGateway(0);
    await outsideUses(0);
  },
);

test.skipIf(missing !== undefined)(
  "a gateway that ends on purpose takes its routes back first, and nothing is lost",
  async () => {
    const [first] = hosts;
    const client = await probing(pod.run(...probeCommand("connect", "203.0.113.1", "7000")));
    await delay(1_000);
    await first?.configure(birdOf("gw0", false));
    await usesGateway(1);
    await outsideUses(1);
    await delay(1_500);
    const seen = await client.end();
    console.log(`  planned: new connections ${seen.outageMs} ms, long connection ${seen.longestMs} ms`);
    expect(seen).toMatchObject({ seen: [snat], broken: "" });
    await first?.configure(birdOf("gw0"));
    await usesGateway(0);
  },
);

test.skipIf(missing !== undefined)(
  "a gateway whose configuration its executor has not written takes its routes back too",
  async () => {
    const [first] = hosts;
    if (first === undefined) throw new Error("there is a gateway");
    const said: string[] = [];
    const wrapper = {
      putFile: async () => true,
      run: async ({ command: [, ...words] }: Command) => {
        const line = words.map((word) => `'${word}'`).join(" ");
        const stdout = await first.sh(`birdc -s ${first.root}/run/bird/bird.ctl ${line}`);
        said.push(stdout);
        return { code: 0, stdout, stderr: "" };
      },
    };
    await new BirdControl().withdraw(wrapper, systemClock, "gateway");
    expect(said.join("")).toContain("own: disabled");
    expect(said.join("")).toContain(`router.${router.address}: disabled`);
    await usesGateway(1);
    await outsideUses(1);
    await first.sh(`birdc -s ${first.root}/run/bird/bird.ctl enable all`);
    await usesGateway(0);
    await outsideUses(0);
  },
);

test.skipIf(missing !== undefined)("the rules of a gateway may be loaded twice at the same time", async () => {
  const [, second] = hosts;
  if (second === undefined) throw new Error("there is a second gateway");
  const load = `CKE_ROOT=${second.root} sh ${images}cke-nat`;
  for (let round = 0; round < 10; round += 1) {
    await second.sh("ip route add default via 10.88.0.254");
    await second.sh(`${load} & other=$!; ${load}; wait $other`);
    expect(await second.sh("ip route show default via 10.88.0.254")).toBe("");
  }
});

test.skipIf(missing !== undefined)(
  "a floating address leads to its pod through any gateway, and the pod sees who asks",
  async () => {
    const [first] = hosts;
    if (first === undefined) throw new Error("there is a gateway");
    const server = await lab.pod(worker, "10.244.0.6");
    await probing(server.run(...probeCommand("serve", "7001")));
    const client = await probing(outside.run(...probeCommand("connect", floating, "7001")));
    await delay(1_000);
    await lab.cut(first);
    await usesGateway(1);
    await until("the router's other way to it", async () =>
      (await outside.routes()).includes(`${floating} ${gateways[1]?.up}`) ? true : undefined,
    );
    await delay(2_500);
    const seen = await client.end();
    console.log(`  floating: new connections ${seen.outageMs} ms, long connection ${seen.longestMs} ms`);
    expect(seen).toMatchObject({ seen: [router.address], broken: "" });
    // The pod has the address outside too.
    const asking = await probing(server.run(...probeCommand("connect", "203.0.113.1", "7000")));
    await delay(500);
    expect(await asking.end()).toMatchObject({ seen: [floating], broken: "" });
    // Whoever is outside reaches no other pod, also when it sends to the pod's own address.
    await outside.sh(`ip route add 10.244.0.0/24 via ${gateways[1]?.up}`);
    expect(await outside.sh("curl -s -m 2 http://10.244.0.6:7001/ || echo $?")).toBe("28\n");
    await lab.cut(first, false);
  },
);
