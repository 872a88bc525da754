import { expect, test } from "vitest";
import { sharedPlaces } from "./node-places.ts";

const units = (...list: readonly Readonly<Record<string, unknown>>[]) => ({
  units: list.map((unit, index) => ({ name: `n${index}`, ...unit })),
});

test.each([
  [
    "nothing in common",
    units({ ip: "10.0.0.1" }, { ip: "10.0.0.2", podIndex: 0 }, { ip: "10.0.0.3", podIndex: 1 }),
    "",
  ],
  ["no address at all", units({}, {}), ""],
  ["an address", units({ ip: "10.0.0.1" }, { ip: "10.0.0.1" }), "two nodes have the address 10.0.0.1"],
  ["a pod block", units({ podIndex: 3 }, { podIndex: 3 }), "two nodes have the pod block 3"],
  ["a name", units({ name: "a" }, { name: "a" }), "two nodes have the name a"],
])("%s", (_what, spec, words) => expect(sharedPlaces(spec)).toBe(words));
