import { expect, test } from "vitest";
import { freePrefix } from "./example-cluster.ts";

test.each([
  [[], "10.77.0"],
  [["172.17.0.0/16", "fd00::/64"], "10.77.0"],
  [["10.77.0.0/24"], "10.77.1"],
  [["10.77.0.128/25", "10.77.0.0/25", "10.77.1.0/30"], "10.77.2"],
  [["10.77.0.0/18"], "10.77.64"],
])("networks %j leave %s", (subnets, prefix) => {
  expect(freePrefix(subnets)).toBe(prefix);
});

test("when a network covers the whole range it says so", () => {
  expect(() => freePrefix(["10.0.0.0/8"])).toThrow(/no free/);
});
