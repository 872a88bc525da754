// What the provider of a cluster changes in its rendering, and that the static one changes nothing.
import { readFileSync } from "node:fs";
import { bgpSecretsName } from "@cke/protocol";
import { expect, test } from "vitest";
import { readCluster } from "../cluster/cluster-reader.ts";
import type { ClusterConfiguration } from "../configuration/configuration.ts";
import { parseConfiguration } from "../configuration/configuration-parser.ts";
import { readAddedNodes } from "../nodes/added-nodes.ts";
import { PresentRenderer } from "../rendering/current-renderer.ts";
import { context, failure, node } from "../testing/read-bodies.ts";
import { clusterJson } from "../views/cluster-json.ts";
import { networkProviderOf } from "./network-provider.ts";

const text = readFileSync(new URL("../../../../../default_cfg/cke.conf-1.37.yaml", import.meta.url), "utf8");
const configuration = parseConfiguration("cke.conf-1.37.yaml", "1.37", text);
const nodes = [
  node({}),
  node({ name: "w", type: "node", node_ip: "10.0.0.2" }),
  node({ name: "c", type: "console", node_ip: "10.0.0.3" }),
];
const contextOf = (one: ClusterConfiguration) => context({ configurations: new Map([["1.37", one]]) });
const specOf = (body: Readonly<Record<string, unknown>>, one = configuration) =>
  readCluster({ name: "my", network: "net", nodes, ...body }, contextOf(one)).spec;
const rendered = (body: Readonly<Record<string, unknown>>, one = configuration) =>
  new PresentRenderer({ configurations: new Map([["1.37", one]]), imagePath: "reg", cfsQuota: true }).render(
    specOf(body, one),
  );

/** As `cke.conf` was before BGP. */
const before: ClusterConfiguration = {
  ...configuration,
  nodes: {
    master: withoutBird(configuration.nodes.master),
    node: withoutBird(configuration.nodes.node),
    console: withoutBird(configuration.nodes.console),
    natgw: withoutBird(configuration.nodes.natgw),
  },
};
function withoutBird(of: ClusterConfiguration["nodes"]["node"]) {
  const processes = of.processes.filter(({ type }) => type !== "bird");
  const secrets = of.secrets.filter(({ name }) => name !== bgpSecretsName);
  expect([processes.length, secrets.length]).toEqual([of.processes.length - 1, of.secrets.length - 1]);
  return { ...of, processes, secrets };
}

test("containers and processes of clusters with static routes are those of before, byte by byte", () => {
  const [now, then] = [rendered({}), rendered({}, before)];
  for (const [name, { configHash, processes, total }] of then)
    expect(now.get(name)).toMatchObject({
      configHash,
      total,
      processes: processes.map((one) => ({ configHash: one.configHash })),
    });
  expect(now.size).toBe(3);
});

test("with BGP each node has a BIRD and its secrets, and none of these is in what Mesos carries", () => {
  const routed = rendered({ routers: [{ address: "10.0.0.9", asn: 65_001, password: "pass.word" }] });
  for (const { kubeNode, processes } of routed.values()) {
    expect(processes.find(({ type }) => type === "bird")?.spec).toMatchObject({
      command: ["/usr/local/bin/cke-bird"],
      stopSignal: "KILL",
    });
    expect(kubeNode.secrets).toContainEqual({ name: bgpSecretsName, path: "/etc/cke/bird/secrets.conf" });
    expect(JSON.stringify([kubeNode, processes])).not.toContain("pass.word");
  }
});

test.each<[string, Readonly<Record<string, unknown>>, unknown]>([
  ["a name", {}, undefined],
  ["an object", { network: { name: "net" } }, undefined],
  ["static by request", { network: { name: "net", provider: "static" } }, undefined],
  ["BGP by request", { network: { name: "net", provider: "bgp" } }, { asn: 64_512, routers: [] }],
  [
    "BGP because of a router",
    { routers: [{ address: "10.0.0.9", asn: 65_001 }] },
    { asn: 64_512, routers: [{ address: "10.0.0.9", asn: 65_001 }] },
  ],
  [
    "a number of its own, and a password",
    { network: { name: "net", asn: 64_600 }, routers: [{ address: "10.0.0.9", asn: 64_600, password: "p" }] },
    { asn: 64_600, routers: [{ address: "10.0.0.9", asn: 64_600, password: true }] },
  ],
])("the network of a body: %s", (_what, body, bgp) => {
  const { spec, passwords } = readCluster({ name: "my", network: "net", nodes, ...body }, contextOf(configuration));
  expect(spec.network).toBe("net");
  expect(spec.bgp).toEqual(bgp);
  expect(JSON.stringify(spec)).not.toContain('"p"');
  expect(passwords).toEqual(JSON.stringify(body).includes('"password"') ? { "10.0.0.9": "p" } : {});
  const again = specOf(clusterJson(spec));
  const open = JSON.parse(JSON.stringify(spec).replace(',"password":true', ""));
  expect(again).toEqual(open);
});

const words = (body: Readonly<Record<string, unknown>>, one = configuration) => {
  const { problems, status } = failure({ name: "my", network: "net", nodes, ...body }, contextOf(one));
  return [status, ...problems.map(({ path, message }) => `${path}: ${message}`)];
};
const router = { address: "10.0.0.9", asn: 65_001 };

test.each<[Readonly<Record<string, unknown>>, number, RegExp]>([
  [{ network: { name: "host" } }, 400, /^network\.name: must be the name of a Docker network that was made for nodes/],
  [{ network: 5 }, 400, /^network: must be the name of a Docker network .*\{"name": "nodes", "provider": "bgp"\}/],
  [{ network: { name: "net", provider: "ospf" } }, 400, /^network\.provider: must be "static" or "bgp"/],
  [{ network: { name: "net", provider: "bgp", asn: 0 } }, 400, /^network\.asn: must be the number of an autonomous/],
  [{ network: { name: "net", asn: 64_600 } }, 400, /^network\.asn: is of BGP only/],
  [{ network: { name: "net", provider: "static" }, routers: [router] }, 400, /^routers: need the provider "bgp"/],
  [{ routers: [{ ...router, address: "fd00::1" }] }, 400, /^routers\[0\]\.address: must be an IPv4 address/],
  [{ routers: [{ address: "10.0.0.9" }] }, 400, /^routers\[0\]\.asn: is missing/],
  [{ routers: [router, { ...router, asn: 1 }] }, 400, /^routers: must be routers with different addresses/],
  [{ routers: [{ ...router, password: 'a"; b' }] }, 400, /^routers\[0\]\.password: must be 1 to 80 printable letters/],
])("%j is refused", (body, status, message) => {
  const [given, ...problems] = words(body);
  expect(given).toBe(status);
  expect(problems.join("\n")).toMatch(message);
  expect(problems.join("\n")).not.toContain('a"; b');
});

/** As delivered, but for what is taken away from these types. */
const lacking = (
  types: readonly ("master" | "node" | "console")[],
  what: "processes" | "secrets",
): ClusterConfiguration => ({
  ...configuration,
  nodes: {
    ...configuration.nodes,
    ...Object.fromEntries(
      types.map((type) => [type, { ...configuration.nodes[type], [what]: before.nodes[type][what] }]),
    ),
  },
});
const remedy = 'add what default_cfg has, or let network.provider be "static"';
test.each<[string, ClusterConfiguration, string]>([
  [
    "anything of it",
    before,
    'no process of type "bird" for nodes of type master, node, console, and no secret "bgp-secrets.conf" for nodes of type master, node, console',
  ],
  ["a BIRD in masters", lacking(["master"], "processes"), 'no process of type "bird" for nodes of type master'],
  [
    "its secret",
    lacking(["node", "console"], "secrets"),
    'no secret "bgp-secrets.conf" for nodes of type node, console',
  ],
])("a cke.conf without %s can route nothing over BGP", (_what, one, missing) => {
  expect(words({ routers: [router] }, one)).toEqual([
    422,
    `network.provider: cke.conf-1.37.yaml has ${missing}: ${remedy}`,
  ]);
});

test("what a type of node lacks that the cluster does not have is told when the first one is added", () => {
  const one = lacking(["console"], "processes");
  const spec = specOf({ routers: [router], nodes: [node({})] }, one);
  const add = (type: string) => readAddedNodes(node({ name: "x", type, node_ip: "10.0.0.7" }), spec, contextOf(one));
  expect(add("node").nodes).toHaveLength(1);
  expect(() => add("console")).toThrow(
    'pods of the cluster are routed over BGP, and cke.conf-1.37.yaml has no process of type "bird" for nodes of type console: add what default_cfg has',
  );
});

test("host bits of ranges in cke.conf do not reach nodes, whose BIRD refuses them", () => {
  const spec = specOf({ routers: [router] });
  const { bgp } = networkProviderOf(spec).routing(spec, { pods: "10.244.3.0/16", services: "10.96.0.9/16" });
  expect(bgp).toMatchObject({ podRange: "10.244.0.0/16", serviceRange: "10.96.0.0/16" });
});

test("a static cluster has processes of its own types only", () => {
  expect(words({ nodes: [node({ process: [{ name: "bird", type: "bird" }] })] })[1]).toMatch(
    /^nodes\[0\]\.process\[0\]\.type: "bird" is not a type of process for a master/,
  );
});
