import { expect, test } from "vitest";
import { cyclesOf } from "./cycles.ts";

const graph = (edges: Readonly<Record<string, string>>) =>
  new Map(Object.entries(edges).map(([node, targets]) => [node, targets === "" ? [] : targets.split(" ")]));

test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
  ["a tree has none", { a: "b c", b: "c", c: "" }, []],
  ["two nodes", { a: "b", b: "a" }, ["a b"]],
  ["a node that points to itself", { a: "a" }, ["a"]],
  ["beside a shorter way", { c: "a", a: "b", b: "c d", d: "b" }, ["a b c", "b d"]],
  ["a way into a cycle is no part of it", { a: "b", b: "c", c: "b" }, ["b c"]],
  ["two that do not touch", { x: "y", y: "x", a: "b", b: "a" }, ["a b", "x y"]],
  ["begins with the smallest name", { q: "p", p: "r", r: "q" }, ["p r q"]],
])("%s", (_, edges, expected) => {
  expect(cyclesOf(graph(edges)).map((cycle) => cycle.join(" "))).toEqual(expected);
});
