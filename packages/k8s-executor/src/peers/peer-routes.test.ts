import { expect, test } from "vitest";
import { type Route, readRoutes, routeCommands } from "./peer-routes.ts";

const nodes = (...numbers: readonly number[]) => ({
  version: "0a",
  peers: [
    { name: "master", ip: "10.77.0.20", podCidr: "", master: false },
    ...numbers.map((n) => ({ name: `node${n}`, ip: `10.77.0.${21 + n}`, podCidr: `10.244.${n}.0/24`, master: false })),
  ],
});
const route = (n: number, protocol = "98", gateway = `10.77.0.${21 + n}`): Route => ({
  dst: `10.244.${n}.0/24`,
  gateway,
  protocol,
});
const others: readonly Route[] = [
  { dst: "default", gateway: "10.77.0.1", protocol: "3" },
  { dst: "10.244.0.0/24", gateway: "", protocol: "2" },
  { dst: "10.99.0.0/16", gateway: "10.77.0.9", protocol: "4" },
];

test.each<[string, readonly Route[], readonly number[], readonly string[]]>([
  [
    "a node without routes gets those to all other blocks",
    [],
    [0, 1],
    ["route replace 10.244.1.0/24 via 10.77.0.22 proto 98"],
  ],
  ["what is there already is left alone", [route(1)], [0, 1], []],
  [
    "a node that was removed loses its route",
    [route(1), route(2)],
    [0, 1],
    ["route del 10.244.2.0/24 via 10.77.0.23 proto 98"],
  ],
  [
    "a block that has gone to another node is led there",
    [route(1, "98", "10.77.0.99")],
    [0, 1],
    ["route replace 10.244.1.0/24 via 10.77.0.22 proto 98"],
  ],
  [
    "routes that the image of an earlier version set are taken over, and its stale ones go",
    [route(1, "97"), route(3, "97")],
    [0, 1],
    ["route del 10.244.3.0/24 via 10.77.0.24 proto 97", "route replace 10.244.1.0/24 via 10.77.0.22 proto 98"],
  ],
  ["a cluster without workers has none", [route(1)], [], ["route del 10.244.1.0/24 via 10.77.0.22 proto 98"]],
])("%s", (_title, present, numbers, commands) => {
  expect(routeCommands([...others, ...present], nodes(...numbers), "node0")).toEqual(commands);
});

test("reads what ip prints", () => {
  const printed =
    '[{"dst":"default","gateway":"10.77.0.1","dev":"eth0","flags":[]},{"dst":"10.244.1.0/24","gateway":"10.77.0.22","dev":"eth0","protocol":"98","flags":[]}]';
  expect(readRoutes(printed)).toEqual([{ dst: "default", gateway: "10.77.0.1", protocol: "" }, route(1)]);
  expect(readRoutes("")).toEqual([]);
  expect(() => readRoutes("[{}]")).toThrow();
});
