import { describe, expect, test } from "vitest";
import { type ConsoleNode, consoleNodes, consoleQuery, consoleTitle } from "./console-request.ts";

const node = (name: string, type: string, status = "running", apiserver = "running"): ConsoleNode => ({
  name,
  type,
  status,
  processes: type === "master" ? [{ type: "apiserver", status: apiserver }] : [],
});

describe("where a terminal is opened", () => {
  test.each([
    ["a console that runs comes first", [node("m", "master"), node("c", "console")], ["c", "m"]],
    ["a console that does not run is left out", [node("c", "console", "staging"), node("m", "master")], ["m"]],
    [
      "masters that serve come before others",
      [node("a", "master", "running", "failed"), node("b", "master")],
      ["b", "a"],
    ],
    ["workers have no kubeconfig of an administrator", [node("n", "node")], []],
    ["nothing runs", [node("m", "master", "killed")], []],
  ])("%s", (_what, nodes, expected) => {
    expect(consoleNodes({ node: undefined }, nodes)).toEqual(expected);
  });

  test("the node that was asked for, whatever it is", () => {
    expect(consoleNodes({ node: "n" }, [node("m", "master")])).toEqual(["n"]);
  });
});

test.each([
  [{}, "kubectl"],
  [{ node: "n0" }, "node n0"],
  [{ pod: "web" }, "pod default/web"],
  [{ pod: "web", namespace: "shop", container: "c" }, "container c of pod shop/web"],
  [{ pod: "web", attach: "true" }, "process of pod default/web"],
])("%j is called %s", (query, title) => {
  expect(consoleTitle(consoleQuery.parse(query))).toBe(title);
});

test.each([
  [{ pod: "../x" }],
  [{ pod: "--help" }],
  [{ pod: "a b" }],
  [{ pod: "p", namespace: "$(x)" }],
  [{ pod: "p", attach: "yes" }],
  [{ node: "n", pod: "p" }],
  [{ attach: "true" }],
  [{ rows: "1001" }],
  [{ other: "1" }],
])("%j is refused", (query) => {
  expect(consoleQuery.safeParse(query).success).toBe(false);
});
