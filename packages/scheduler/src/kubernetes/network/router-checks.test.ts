import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readCluster } from "../cluster/cluster-reader.ts";
import { parseConfiguration } from "../configuration/configuration-parser.ts";
import { readAddedNodes } from "../nodes/added-nodes.ts";
import { context, failure, node } from "../testing/read-bodies.ts";

const delivered = new URL("../../../../../default_cfg/cke.conf-1.37.yaml", import.meta.url);
const configurations = new Map([
  ["1.37", parseConfiguration("cke.conf-1.37.yaml", "1.37", readFileSync(delivered, "utf8"))],
]);
const nodes = [node({}), node({ name: "w", type: "node", node_ip: "10.0.0.2" })];
const body = (...addresses: readonly string[]) => ({
  ...{ name: "my", network: "net", nodes },
  routers: addresses.map((address) => ({ address, asn: 65_001 })),
});
const problems = (...addresses: readonly string[]) => {
  const { status, problems: found } = failure(body(...addresses), { configurations });
  return [status, ...found.map(({ path, message }) => `${path}: ${message}`)];
};

test("a router has no address of the cluster's nodes, pods and Services", () => {
  expect(problems("10.0.0.9", "10.0.0.2")).toEqual([
    422,
    'nodes[1].node_ip: 10.0.0.2 of node "w" is the address of a router of the cluster (routers[1]): each needs one of its own',
  ]);
  expect(problems("10.0.0.9", "10.244.7.1", "10.96.0.1")).toEqual([
    422,
    "routers[1].address: 10.244.7.1 is in 10.244.0.0/16, the range of the cluster's pods: a router has an address of its own network",
    "routers[2].address: 10.96.0.1 is in 10.96.0.0/16, the range of the cluster's services: a router has an address of its own network",
  ]);
});

test("nor does a node that comes later get the address of a router", () => {
  const { spec } = readCluster(body("10.0.0.9"), context({ configurations }));
  const add = (ip: string) =>
    readAddedNodes(
      [node({ name: "x", type: "node", node_ip: ip })],
      spec,
      context({ configurations, existing: [spec] }),
    );
  expect(add("10.0.0.8").nodes).toHaveLength(1);
  expect(() => add("10.0.0.9")).toThrow(
    '[0].node_ip: 10.0.0.9 of node "x" is the address of a router of the cluster (routers[0])',
  );
});
