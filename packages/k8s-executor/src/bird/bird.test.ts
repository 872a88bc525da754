import { expect, test } from "vitest";
import { type GatewayBird, gatewayBird } from "./gateway-bird.ts";
import { type NodeBird, nodeBird } from "./node-bird.ts";

const node: NodeBird = {
  ...{ address: "10.88.0.20", asn: 64_512, secretsFile: "/s.conf", blocks: ["10.244.0.0/24"] },
  ...{ pods: "10.244.0.0/16", services: "10.96.0.0/16" },
  others: [{ name: "w1", address: "10.88.0.21", blocks: ["10.244.1.0/24", "10.99.3.1/32"] }],
  gateways: [{ name: "gw", address: "10.88.0.2" }],
  routers: [{ name: "vr", address: "10.88.0.1", asn: 65_001 }],
};
const gateway: GatewayBird = {
  ...{ address: "10.88.0.2", asn: 64_512, secretsFile: "/s.conf", announced: ["0.0.0.0/0"], preference: 200 },
  nodes: [{ name: "w0", address: "10.88.0.20", blocks: [] }, ...node.others],
  routers: node.routers,
};

test("a node announces its block, and takes known blocks from their owners only", () => {
  const text = nodeBird(node);
  expect(text).toContain('if proto ~ "router.*" && net !~ [ 10.244.0.0/16+ ] then krt_realm = 179; accept;');
  expect(text).toContain("protocol static pods { ipv4; route 10.244.0.0/24 blackhole; }");
  expect(text).toContain("  if net = 10.244.1.0/24 then { if bgp_next_hop = 10.88.0.21 then accept; reject; }\n");
  expect(text).toContain("  if net = 10.99.3.1/32 then { if bgp_next_hop = 10.88.0.21 then accept; reject; }\n");
  expect(text).toContain("  if net ~ [ 10.244.0.0/16+, 10.96.0.0/16+ ] then reject;\n");
  expect(text).toContain(
    "protocol bgp 'gateway.gw' from session {\n  neighbor 10.88.0.2 as 64512; password cluster_secret;\n",
  );
  expect(text).toContain("protocol bgp 'router.vr' from session {\n  neighbor 10.88.0.1 as 65001; allow local as 1;\n");
});

test("addresses of Services go to routers and gateways only, and are taken from nobody", () => {
  const text = nodeBird({ ...node, addresses: ["10.99.2.1"], pools: ["10.99.2.0/24"] });
  expect(text).toContain("protocol static services { ipv4 { table services4; }; route 10.99.2.1/32 unreachable; }\n");
  expect(text).toContain("  if net ~ [ 10.244.0.0/16+, 10.96.0.0/16+, 10.99.2.0/24+ ] then reject;\n");
  const exports = (one: string) => [...one.matchAll(/^protocol bgp '(\S+)'[^}]*?export where ([^;]+);/gm)];
  const mesh = exports(nodeBird({ ...node, addresses: ["10.99.2.1"], pools: ["10.99.2.0/24"], gateways: [] }));
  expect(new Map([...exports(text), ...mesh].map(([, name, filter]) => [name, filter]))).toEqual(
    new Map([
      ["gateway.gw", 'proto = "pods" || proto = "services" || proto = "api"'],
      ["router.vr", 'proto = "pods" || proto = "services" || proto = "api"'],
      ["node.w1", 'proto = "pods"'],
    ]),
  );
  expect(nodeBird(node)).not.toContain("services4");
});

test("each table of the kernel has one protocol: two would take away the routes of each other", () => {
  const natGateways = [{ name: "g", address: "10.88.0.7" }];
  const text = nodeBird({ ...node, addresses: ["10.99.2.1"], pools: ["10.99.2.0/24"], natGateways });
  const tables = [...text.matchAll(/kernel table (\d+)/g)].map(([, table]) => table);
  expect(tables.toSorted()).toEqual(["178", "179"]);
});

test("nodes without a gateway have sessions with each other, but two without blocks have none", () => {
  const master = { name: "m", address: "10.88.0.10", blocks: [] };
  const text = nodeBird({ ...node, others: [...node.others, master], gateways: [], routers: [] });
  expect(text).toContain(`protocol bgp 'node.w1' from session {
  neighbor 10.88.0.21 as 64512; password cluster_secret; bfd off;
  ipv4 { import keep filtered; receive limit 10000 action block; import where net ~ [ 10.244.1.0/24, 10.99.3.1/32 ] && bgp_next_hop = from; export where`);
  expect(text).toContain("protocol bgp 'node.m' from session {");
  expect(text).toContain("import where false && bgp_next_hop = from;");
  const alone = nodeBird({ ...node, blocks: [], others: [master], gateways: [], routers: [] });
  expect(alone).not.toContain("protocol bgp");
});

test("a long name of a node is cut to what BIRD takes, and two that begin alike stay two", () => {
  const names = [`${"a".repeat(58)}x`, `${"a".repeat(59)}x`, `${"a".repeat(62)}x`, `${"a".repeat(62)}y`];
  const others = names.map((name, at) => ({ name, address: `10.88.0.${30 + at}`, blocks: [`10.244.${30 + at}.0/24`] }));
  const text = nodeBird({ ...node, others, gateways: [], routers: [] });
  const found = [...text.matchAll(/^protocol bgp '([^']+)'/gm)].map(([, name]) => name ?? "");
  expect(found[0]).toBe(`node.${names[0]}`);
  expect(found.map((name) => name.length)).toEqual([64, 64, 64, 64]);
  expect(new Set(found).size).toBe(4);
  // A node's name has no "_": nobody can be named like the cut name of another one.
  for (const name of found.slice(1)) expect(name).toMatch(/^node\.a{42}_[0-9a-f]{16}$/);
});

test("a gateway takes from each node its own blocks only, and nothing from a node without any", () => {
  const text = gatewayBird(gateway);
  expect(text).toContain("import where net ~ [ 10.244.1.0/24, 10.99.3.1/32 ] && bgp_next_hop = from;");
  expect(text).toContain("import where false && bgp_next_hop = from;");
  expect(text).toContain('if proto = "own" then { bgp_local_pref = 200; accept; }');
});

test("a router outside does not get the default route of a gateway", () => {
  const text = gatewayBird(gateway);
  expect(text).toContain("neighbor 10.88.0.1 as 65001;\n  ipv4 { import none; export filter to_outside; };");
  expect(text).toContain('filter to_outside {\n  if net = 0.0.0.0/0 then reject;\n  if proto = "own" then {');
  expect(text).toContain('filter to_all {\n  if proto = "own" then {');
});

test("another node changes only what is of it", () => {
  const more = { name: "w2", address: "10.88.0.22", blocks: ["10.244.2.0/24"] };
  const lines = (text: string) => new Set(text.split("\n"));
  const before = lines(gatewayBird(gateway));
  const added = [...lines(gatewayBird({ ...gateway, nodes: [...gateway.nodes, more] }))].filter(
    (line) => !before.has(line),
  );
  expect(added.every((line) => /w2|10\.88\.0\.22|10\.244\.2\.0/.test(line))).toBe(true);
});

test.each<[string, () => string, RegExp]>([
  ["an address", () => nodeBird({ ...node, address: "10.88.0.20; include x" }), /no IPv4 address/],
  [
    "an address of a gateway",
    () => nodeBird({ ...node, gateways: [{ name: "gw", address: "gw" }] }),
    /no IPv4 address/,
  ],
  [
    "an address of a Service",
    () => nodeBird({ ...node, pools: ["10.99.2.0/24"], addresses: ["10.99.2.1; x"] }),
    /no IPv4 address/,
  ],
  [
    "the API server's address",
    () => nodeBird({ ...node, api: { address: "1.2.3.4/32; x", announces: true } }),
    /no IPv4 address/,
  ],
  ["a block", () => nodeBird({ ...node, blocks: ["10.244.0.0/24 blackhole; x"] }), /no IPv4 range/],
  ["a range", () => nodeBird({ ...node, pods: "" }), /no IPv4 range/],
  ["a name", () => nodeBird({ ...node, gateways: [{ name: "g'w", address: "10.88.0.2" }] }), /cannot be part/],
  [
    "a secret",
    () => nodeBird({ ...node, routers: [{ name: "vr", address: "10.88.0.1", asn: 1, secret: '"a"; x' }] }),
    /a secret is named by/,
  ],
  ["the file of the secrets", () => nodeBird({ ...node, secretsFile: 'a"; x "' }), /file of the secrets/],
  ["a number", () => nodeBird({ ...node, asn: 0 }), /no number of an autonomous system/],
  ["a preference", () => gatewayBird({ ...gateway, preference: -1 }), /no local preference/],
])("what could be read as something else is refused: %s", (_what, make, words) => {
  expect(make).toThrow(words);
});
