import { expect, test } from "vitest";
import { readCluster } from "../cluster/cluster-reader.ts";
import { context } from "../testing/read-bodies.ts";
import { smallBody } from "../testing/user-bodies.ts";
import { hostWarnings } from "./host-warnings.ts";

const words =
  "host c is not known: the Mesos master has no agent of that name or address; there is a. Start it, or name another host";
const agentNames = { problem: ({ host }: { readonly host: string }) => (host === "c" ? words : "") };
const inventory = (subnet: string) => ({
  known: () => ({
    hosts: [
      {
        hostname: "a",
        atMs: 0,
        networks: [{ name: "net", driver: "bridge", scope: "local", ranges: [{ subnet, gateway: "" }] }],
        images: [],
      },
    ],
    complete: true,
    now: 1_000,
  }),
});
const worker = (name: string, host: string, last: number) => ({ name, type: "node", node_ip: `10.0.0.${last}`, host });
const warned = (subnet: string, ...workers: readonly object[]) => {
  const nodes = [{ name: "m", type: "master", node_ip: "10.0.0.1" }, ...workers];
  const { spec } = readCluster(smallBody({ nodes, network: "net" }), context());
  return hostWarnings({ agentNames, inventory: inventory(subnet) }, spec, spec.units);
};

test("a node that is bound to a host which is not known is told, and what its address is elsewhere", () => {
  expect(warned("10.0.0.0/24", worker("w", "a", 2))).toEqual([]);
  expect(warned("10.0.0.0/24", worker("w", "c", 2))).toEqual([`node "w" waits for its host: ${words}`]);
  expect(warned("10.9.0.0/24", worker("w", "c", 2), worker("v", "a", 3))).toEqual([
    `node "w" waits for its host: ${words}; its address 10.0.0.2 is not in 10.9.0.0/24 in network net of host a (seen 1 s ago); allowed there: 10.9.0.1 to 10.9.0.254, and is taken for that host alone`,
  ]);
});

test("of many only the first are told one by one", () => {
  const many = Array.from({ length: 12 }, (_, index) => worker(`w${index}`, "c", index + 2));
  const told = warned("10.0.0.0/24", ...many);
  expect([told.length, told.at(-1)]).toEqual([11, "2 more wait for hosts that are not known"]);
});
