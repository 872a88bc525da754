import { expect, test } from "vitest";
import {
  type FloatingAddress,
  floatingRecordBytes,
  followed,
  freeAddress,
  givenAlready,
  isInPool,
} from "./floating-spec.ts";

const pool = "198.51.100.64/30";
const web = { namespace: "shop", name: "web-0" };
const given: readonly FloatingAddress[] = [
  { address: "198.51.100.64", pod: web, target: "10.244.0.9" },
  { address: "198.51.100.66", target: "10.244.0.8" },
];

test("the lowest free address is given, and none twice, until the pool is empty", () => {
  const all: FloatingAddress[] = [...given];
  const found: (string | undefined)[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    const address = freeAddress(pool, all);
    found.push(address);
    if (address !== undefined) all.push({ address });
  }
  expect(found).toEqual(["198.51.100.65", "198.51.100.67", undefined]);
  expect(freeAddress("198.51.100.9/32", [])).toBe("198.51.100.9");
  expect(
    ["198.51.100.63", "198.51.100.64", "198.51.100.67", "198.51.100.68", "x"].map((one) => isInPool(pool, one)),
  ).toEqual([false, true, true, false, false]);
});

test.each([
  [{ pod: web }, "it has 198.51.100.64 already"],
  [{ target: "10.244.0.9" }, "it has 198.51.100.64 already"],
  [{ target: "10.244.0.7", address: "198.51.100.66" }, "198.51.100.66 is given to 10.244.0.8"],
  [{ pod: { ...web, namespace: "other" }, address: "198.51.100.64" }, "198.51.100.64 is given to pod shop/web-0"],
  [{ pod: { ...web, namespace: "other" } }, ""],
  [{ target: "10.244.0.7", address: "198.51.100.65" }, ""],
])("what asks for %j hears %j", (asked, words) => {
  expect(givenAlready(given, asked)).toBe(words);
});

const at = (target: string) => () => ({ target, problem: "" });

test("an address follows its pod, and leads nowhere while that has none", () => {
  expect(followed(given, at("10.244.0.9")).next).toBe(given);
  expect(followed(given, at("10.244.1.3")).next).toEqual([{ ...given[0], target: "10.244.1.3" }, given[1]]);
  const lost = followed(given, () => ({ problem: "it is gone" }));
  expect(lost.next[0]).toEqual({ address: "198.51.100.64", pod: web });
  expect([...lost.problems]).toEqual([["198.51.100.64", "it is gone"]]);
  // Nothing is known of it, or it could not be asked.
  expect(followed(given, () => undefined).next).toBe(given);
  const unknown = followed(given, () => ({ problem: "no answer", unknown: true }));
  expect(unknown.next).toBe(given);
  expect([...unknown.problems]).toEqual([["198.51.100.64", "no answer"]]);
  expect([unknown.unasked, lost.unasked]).toEqual(["no answer", ""]);
});

test("where another one leads already is said", () => {
  const { next, problems } = followed(given, at("10.244.0.8"));
  expect(next[0]).toEqual({ address: "198.51.100.64", pod: web });
  expect(problems.get("198.51.100.64")).toBe("198.51.100.66 leads to its address 10.244.0.8 already");
});

test("the bytes of addresses are counted with the longest addresses of their pods", () => {
  const [one] = given;
  if (one === undefined) throw new Error("given has one");
  const { target: _, ...waiting } = one;
  expect(floatingRecordBytes({}, [waiting])).toBe(floatingRecordBytes({}, [one]));
  expect(floatingRecordBytes({ a: 1 }, given)).toBeGreaterThan(JSON.stringify({ a: 1, given }).length - 20);
});
