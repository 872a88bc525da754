import { expect, test } from "vitest";
import { knowsConstraints } from "../mesos/master-features.ts";
import type { PlacementRequest } from "../offer-fit/placement-request.ts";
import { type ConstraintInput, constraintsFor, maxConstrainedHosts } from "./offer-constraints.ts";

const request = (more: Partial<PlacementRequest>): PlacementRequest => ({
  id: "c/n",
  workload: "c",
  host: "*",
  attributes: [],
  roles: [],
  parts: [],
  home: "",
  homeOnly: false,
  cleanup: false,
  spread: false,
  ...more,
});
const executor = { agentId: "S", hostname: "Exact.example", executorId: "e", role: "a" };
const hosts = (input: Partial<ConstraintInput>) =>
  Object.entries(
    constraintsFor({ roles: ["a"], requests: [], watched: new Map(), ...input })?.role_constraints ?? {},
  ).map(([role, { groups = [] }]) => [
    role,
    ...groups.map(({ attribute_constraints: [one] = [] }) => {
      expect(one?.selector).toEqual({ pseudoattribute_type: "HOSTNAME" });
      return one?.predicate.text_equals?.value ?? one?.predicate.text_matches?.regex;
    }),
  ]);

test.each<readonly [string, Partial<ConstraintInput>, readonly unknown[]]>([
  ["nothing waits", {}, []],
  ["a pinned node", { requests: [request({ host: "h-1.example" })] }, [["a", "(?i:h-1\\.example)"]]],
  ["a pinned and a free one", { requests: [request({ host: "h" }), request({})] }, []],
  ["a host given as an address", { requests: [request({ host: "10.0.0.5" })] }, []],
  ["a host given as an IPv6 address", { requests: [request({ host: "fd00::5" })] }, []],
  ["a process of a running node", { requests: [request({ executor })] }, [["a", "Exact.example"]]],
  ["a clean-up", { requests: [request({ host: "h", home: "h", homeOnly: true, cleanup: true })] }, [["a", "h"]]],
  ["a node that may leave its home by now", { requests: [request({ home: "h" })] }, []],
  [
    "resources to give back elsewhere",
    { requests: [request({ executor })], watched: new Map([["a", new Set(["w"])]]) },
    [["a", "Exact.example", "w"]],
  ],
  ["only resources to give back", { watched: new Map([["a", new Set(["w"])]]) }, [["a", "w"]]],
  [
    "a look at all agents",
    { requests: [request({ host: "h" })], watched: new Map([["a", "everywhere" as const]]) },
    [],
  ],
  [
    "requests of another role",
    { roles: ["a", "b"], requests: [request({ executor }), request({ roles: ["b"] })] },
    [["a", "Exact.example"]],
  ],
  ["the same host twice", { requests: [request({ host: "h" }), request({ host: "h" })] }, [["a", "(?i:h)"]]],
  [
    "very many hosts",
    { requests: Array.from({ length: maxConstrainedHosts + 1 }, (_, n) => request({ host: `h${n}` })) },
    [],
  ],
])("B17: constraints for %s", (_title, input, expected) => {
  expect(hosts(input)).toEqual(expected);
});

test("B17: only masters since 1.11 know constraints", () => {
  expect(["1.4.0", "1.10.0", "1.11.0", "1.12.0-dev", "2.0.0", undefined].map(knowsConstraints)).toEqual([
    false,
    false,
    true,
    true,
    true,
    false,
  ]);
});
