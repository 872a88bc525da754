import { expect, test } from "vitest";
import { scalarOf } from "./bag.ts";
import { completed, hostFacts, hostResources } from "./host-resources.ts";
import { parseResources } from "./parse.ts";

const facts = { cpus: 8, memMib: 20_000, diskMib: 105_120 };

test("agents share out what the host has, each with ports of its own", () => {
  expect(hostResources(facts, 0, 1)).toEqual(parseResources("cpus:8;mem:18000;disk:100000;ports:[31000-31999]"));
  expect(hostResources(facts, 1, 4)).toEqual(parseResources("cpus:2;mem:4500;disk:25000;ports:[32000-32999]"));
});

test.each([
  ["half of a small disk is left to the host", 8_000, 4_000],
  ["5 GiB of a large one", 10_240, 5_120],
])("%s", (_name, diskMib, offered) => {
  expect(scalarOf(hostResources({ ...facts, diskMib }, 0, 1), "disk")).toBe(offered);
});

test.each([
  ["cpus:16;mem:32768;ports:[31000-35000]", "cpus:16;mem:32768;ports:[31000-35000];disk:100000"],
  ["disk:7", "disk:7;cpus:8;mem:18000;ports:[31000-31999]"],
  ["", "cpus:8;mem:18000;disk:100000;ports:[31000-31999]"],
  ["cpus(org):1;mem:1;disk:1;ports:[1-2]", "cpus(org):1;mem:1;disk:1;ports:[1-2]"],
])("what is not named is the host's: %s", (given, all) => {
  expect(completed(parseResources(given), hostResources(facts, 0, 1))).toEqual(parseResources(all));
});

test("the facts of this host", async () => {
  const { cpus, memMib, diskMib } = await hostFacts("/");
  expect(Math.min(cpus, memMib, diskMib)).toBeGreaterThan(0);
});
