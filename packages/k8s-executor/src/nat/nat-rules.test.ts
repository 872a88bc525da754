import { expect, test } from "vitest";
import { natRules } from "./nat-rules.ts";

const rules = { pods: "10.244.0.0/16", snat: "198.51.100.7", routers: ["10.9.0.1", "10.9.0.2"], floating: [] };

test("the table is replaced in one step, and only pods are translated", () => {
  const text = natRules(rules);
  expect(text.split("\n").slice(0, 3)).toEqual(["table ip cke_nat", "delete table ip cke_nat", "table ip cke_nat {"]);
  expect(text).toContain("oifname $uplink ip saddr 10.244.0.0/16 snat to 198.51.100.7\n");
  expect(text).toContain("ip saddr { 10.9.0.1, 10.9.0.2 } tcp dport 179 accept\n");
  expect(text).toContain("oifname $uplink ct state invalid drop\n");
  expect(natRules({ ...rules, routers: [] })).not.toContain("dport");
});

test.each([
  ["a range", { ...rules, pods: "10.244.0.0/16 accept" }],
  ["an address", { ...rules, snat: "198.51.100.7; flush ruleset" }],
  ["a floating address", { ...rules, floating: [{ address: "198.51.100.8 }", target: "10.244.0.9" }] }],
  ["where it leads", { ...rules, floating: [{ address: "198.51.100.8", target: "10.244.0.0/16" }] }],
  ["a router", { ...rules, routers: ["10.9.0.1 }"] }],
])("%s that would be read as a statement is refused", (_, wrong) => {
  expect(() => natRules(wrong)).toThrow(RangeError);
});

test("floating addresses are translated one to one, both ways, without connections", () => {
  const floating = [
    { address: "198.51.100.64", target: "10.244.0.9" },
    { address: "198.51.100.65", target: "10.244.1.9" },
  ];
  const text = natRules({ ...rules, floating });
  expect(text).toContain("elements = { 198.51.100.64 : 10.244.0.9, 198.51.100.65 : 10.244.1.9 }");
  expect(text).toContain("elements = { 10.244.0.9 : 198.51.100.64, 10.244.1.9 : 198.51.100.65 }");
  expect(text.match(/notrack/g)).toHaveLength(2);
  // Whatever the maps have: nothing but pods is translated, and nothing else is reached from outside.
  expect(text).toContain("iifname != $uplink ip saddr 10.244.0.0/16 ip saddr { 10.244.0.9, 10.244.1.9 } notrack\n");
  expect(text).toContain("oifname $uplink ip saddr 10.244.0.0/16 ip saddr { 10.244.0.9, 10.244.1.9 } ip saddr set");
  expect(text).toContain("iifname $uplink ct state untracked ip daddr 10.244.0.0/16 accept\n");
  expect(text.match(/untracked/g)).toHaveLength(1);
  expect(natRules(rules)).not.toContain("notrack");
});
