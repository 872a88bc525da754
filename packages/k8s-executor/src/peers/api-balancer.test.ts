import { expect, test } from "vitest";
import { balancerSetting } from "./api-balancer.ts";

const peers = (...names: readonly string[]) => ({
  version: "0a",
  peers: names.map((name, index) => ({
    name,
    ip: `10.0.0.${index + 1}`,
    podCidr: "",
    master: name.startsWith("m"),
  })),
});
const balancer = { port: 6444, masterPort: 6443 };

test("all masters are behind it, and no worker", () => {
  expect(balancerSetting(peers("m0", "n0"), balancer, "n0")).toEqual({
    listen: "127.0.0.1:6444",
    targets: ["10.0.0.1:6443"],
    healthPath: "/readyz",
  });
});

test("nodes begin with different masters, each always with the same one", () => {
  const first = (node: string) => balancerSetting(peers("m0", "m1", "m2"), balancer, node)?.targets[0];
  const nodes = Array.from({ length: 30 }, (_, index) => `n${index}`);
  expect(new Set(nodes.map(first)).size).toBe(3);
  expect(nodes.map(first)).toEqual(nodes.map(first));
  const targets = balancerSetting(peers("m0", "m1", "m2"), balancer, "n0")?.targets ?? [];
  expect(targets.toSorted()).toEqual(["10.0.0.1:6443", "10.0.0.2:6443", "10.0.0.3:6443"]);
});

test("peers of an earlier scheduler name no master: the balancer stays as it is", () => {
  expect(balancerSetting(peers("n0", "n1"), balancer, "n0")).toBeUndefined();
});
