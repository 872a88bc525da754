import { describe, expect, test } from "vitest";
import type { Resource } from "../v1/resource.ts";
import { findResources } from "./resource-matching.ts";
import { parseResources } from "./resource-text.ts";
import {
  allocatedTo,
  contains,
  equal,
  isReserved,
  portsOf,
  ranges,
  scalar,
  scalarOf,
  set,
  subtract,
  sum,
} from "./resources.ts";

const plain = (text: string) => parseResources(text);
const allocated = (text: string, role = "dev") => allocatedTo(role, plain(text));
const volume = (id: string, size: number): Resource => ({
  ...scalar("disk", size),
  reservations: [{ type: "DYNAMIC", role: "dev", principal: "me" }],
  disk: { persistence: { id, principal: "me" }, volume: { mode: "RW", container_path: "data" } },
});

describe("sum, subtract, contains", () => {
  test.each([
    ["cpus:0.1", "cpus:0.2", "cpus:0.3"],
    ["cpus:1;mem:64", "mem:64;disk:5", "cpus:1;mem:128;disk:5"],
    ["ports:[1-3]", "ports:[4-6,9-9]", "ports:[1-6,9-9]"],
    ["names:{a,b}", "names:{b,c}", "names:{a,b,c}"],
    ["cpus(dev):1", "cpus:1", "cpus(dev):1;cpus:1"],
    ["cpus(dev):1", "cpus(dev):1.5", "cpus(dev):2.5"],
    ["cpus:0.0001", "cpus:0.0001", ""],
  ])("%j + %j = %j", (a, b, total) => {
    expect(sum(plain(a), plain(b))).toEqual(plain(total));
  });

  test.each([
    ["cpus:8;mem:64", "cpus:7.9", "cpus:0.1;mem:64"],
    ["cpus:8", "cpus:8", ""],
    ["cpus:1", "cpus:2", ""],
    ["cpus(dev):8", "cpus:8", "cpus(dev):8"],
    ["ports:[31000-32000]", "ports:[31000-31001,31500-31500]", "ports:[31002-31499,31501-32000]"],
    ["names:{a,b}", "names:{b,x}", "names:{a}"],
  ])("%j - %j = %j", (a, b, rest) => {
    expect(subtract(plain(a), plain(b))).toEqual(plain(rest));
  });

  test.each([
    ["cpus:8;ports:[1-9]", "cpus:8;ports:[2-3]", true],
    ["cpus:8", "cpus:8.001", false],
    ["cpus:8", "cpus:8.0001", true],
    ["cpus:8", "mem:1", false],
    ["cpus:8", "mem:0", true],
    ["cpus:4;cpus:4", "cpus:8", true],
    ["cpus(dev):8", "cpus:1", false],
    ["ports:[1-3]", "ports:[3-4]", false],
    ["names:{a,b}", "names:{b}", true],
    ["names:{a}", "names:{a,b}", false],
  ])("%j contains %j: %s", (a, b, expected) => {
    expect(contains(plain(a), plain(b))).toBe(expected);
  });

  test('role "*", no role and key order are the same kind; allocation makes another', () => {
    const cpus: Resource = { name: "cpus", type: "SCALAR", scalar: { value: 1 }, role: "*" };
    expect(sum([cpus], [scalar("cpus", 1)])).toMatchObject([{ scalar: { value: 2 } }]);
    const reservation = { role: "a", type: "DYNAMIC", principal: "p" };
    const turned = { principal: "p", type: "DYNAMIC", role: "a" };
    const [one, two] = [reservation, turned].map((item) => ({ ...scalar("cpus", 1), reservations: [item] }));
    expect(sum(one ? [one] : [], two ? [two] : [])).toHaveLength(1);
    expect(equal(allocated("cpus:1"), plain("cpus:1"))).toBe(false);
    expect(equal(allocated("cpus:1", "a"), allocated("cpus:1", "a"))).toBe(true);
  });

  test.each<[string, Partial<Resource>, boolean]>([
    ["of no role in words", { role: "*" }, true],
    ["revocable", { revocable: {} }, false],
    ["shared", { shared: {} }, false],
    ["of a provider", { provider_id: { value: "p" } }, false],
    ["reserved", { reservations: [{ type: "STATIC", role: "a" }] }, false],
    ["reserved in the old format", { role: "a" }, false],
    ["allocated", { allocation_info: { role: "a" } }, false],
    ["allocated, and revocable", { allocation_info: { role: "a" }, revocable: {} }, false],
  ])("%s: of one kind with plain resources: %s", (_title, more, same) => {
    const plain = scalar("cpus", 1);
    expect(sum([plain, { ...plain, ...more }])).toHaveLength(same ? 1 : 2);
  });

  test("allocations to two roles are two kinds, whatever else they have", () => {
    const to = (role: string, more: Partial<Resource> = {}) => ({
      ...scalar("cpus", 1),
      ...more,
      allocation_info: { role },
    });
    expect(sum([to("a"), to("b"), to("a")])).toEqual([{ ...to("a"), scalar: { value: 2 } }, to("b")]);
    expect(sum([to("a", { shared: {} }), to("b", { shared: {} }), to("a", { shared: {} })])).toHaveLength(2);
  });

  test("volumes are taken as pieces", () => {
    const disks = [scalar("disk", 100), volume("v1", 10), volume("v2", 10)];
    expect(sum(disks)).toEqual(disks);
    expect(contains(disks, [volume("v1", 10)])).toBe(true);
    expect(contains(disks, [volume("v1", 5)])).toBe(false);
    expect(subtract(disks, [volume("v1", 10)])).toEqual([scalar("disk", 100), volume("v2", 10)]);
  });

  test("many small steps do not drift", () => {
    let left: readonly Resource[] = plain("cpus:100");
    for (let step = 0; step < 1000; step += 1) left = subtract(left, plain("cpus:0.1"));
    expect(left).toEqual([]);
  });

  test("totals over all reservations", () => {
    const mixed = plain("cpus:1.1;cpus(dev):2.2;ports:[1-2];ports(dev):[3-4,8-8]");
    expect(scalarOf(mixed, "cpus")).toBe(3.3);
    expect(portsOf(mixed)).toEqual([
      { begin: 1, end: 4 },
      { begin: 8, end: 8 },
    ]);
    expect(mixed.map(isReserved)).toEqual([false, true, false, true]);
  });
});

describe("findResources", () => {
  const offer = allocated("cpus:4;mem:1024;cpus(dev):2;cpus(other):8;cpus(dev/web):1;ports:[31000-31009];names:{a,b}");
  const needed = (text: string) => findResources(plain(text), offer, "dev");

  test("takes reserved pieces first and keeps what the offer says about them", () => {
    const match = needed("cpus:3;mem:100");
    expect(match).toMatchObject({
      ok: true,
      taken: [
        { name: "cpus", scalar: { value: 2 }, reservations: [{ role: "dev" }], allocation_info: { role: "dev" } },
        { name: "cpus", scalar: { value: 1 }, allocation_info: { role: "dev" } },
        { name: "mem", scalar: { value: 100 } },
      ],
    });
    if (!match.ok) throw new Error("unreachable");
    expect(equal(sum(match.taken, match.rest), offer)).toBe(true);
    expect(scalarOf(match.rest, "cpus")).toBe(12);
  });

  test("a role below may use what is reserved to the role above, not the other way round", () => {
    const hierarchical = allocated("cpus(dev):1;cpus(dev/web):1;cpus(dev/webber):9", "dev/web");
    expect(findResources(plain("cpus:2"), hierarchical, "dev/web")).toMatchObject({
      ok: true,
      rest: [{ scalar: { value: 9 } }],
    });
    expect(findResources(plain("cpus:3"), hierarchical, "dev/web")).toMatchObject({ ok: false });
  });

  test("tells every shortage at once", () => {
    const match = needed("cpus:7;mem:2048.5;gpus:1;ports:[31008-31011];names:{b,c}");
    if (match.ok) throw new Error("unreachable");
    expect(match.shortages).toEqual([
      { name: "cpus", needed: 7, found: 6 },
      { name: "mem", needed: 2048.5, found: 1024 },
      { name: "gpus", needed: 1, found: 0 },
      { name: "ports", needed: 4, found: 2, missing: "31010-31011" },
      { name: "names", needed: 2, found: 1, missing: "c" },
    ]);
  });

  test("takes particular ports from several pieces", () => {
    const ports = allocated("ports:[31000-31004];ports(dev):[31010-31011]");
    const match = findResources(plain("ports:[31000-31000,31010-31010]"), ports, "dev");
    if (!match.ok) throw new Error("unreachable");
    expect(portsOf(match.taken)).toEqual([
      { begin: 31000, end: 31000 },
      { begin: 31010, end: 31010 },
    ]);
    expect(equal(sum(match.taken, match.rest), ports)).toBe(true);
  });

  test("leaves alone what is revocable, shared, a volume, or allocated to another role", () => {
    const odd: readonly Resource[] = [
      { ...scalar("cpus", 4), revocable: {} },
      { ...scalar("cpus", 4), shared: {} },
      { ...scalar("cpus", 4), allocation_info: { role: "other" } },
      volume("v", 4),
    ];
    expect(findResources(plain("cpus:1"), odd, "dev")).toMatchObject({ ok: false });
    expect(findResources(plain("disk:1"), odd, "dev")).toMatchObject({ ok: false });
  });

  test("an offer without allocation (no MULTI_ROLE) works, and `usable` narrows", () => {
    const old = plain("cpus:2;cpus(dev):2");
    expect(findResources(plain("cpus:3"), old, "dev")).toMatchObject({ ok: true });
    expect(findResources(plain("cpus:3"), old, "dev", { usable: (piece) => !isReserved(piece) })).toMatchObject({
      ok: false,
      shortages: [{ name: "cpus", needed: 3, found: 2 }],
    });
  });
});

describe("text", () => {
  test.each([
    [
      "cpus:4;mem:1024;ports:[31000-32000]",
      [scalar("cpus", 4), scalar("mem", 1024), ranges("ports", [{ begin: 31000, end: 32000 }])],
    ],
    [" cpus : 0.5 ; names:{a, b} ;", [scalar("cpus", 0.5), set("names", ["a", "b"])]],
    ["cpus(*):1", [scalar("cpus", 1)]],
    ["mem(a/b):2", [{ ...scalar("mem", 2), reservations: [{ type: "STATIC", role: "a/b" }] }]],
    ["", []],
    ["ports:[]", []],
    ['[{"name":"cpus","type":"SCALAR","scalar":{"value":2},"role":"dev"}]', [{ ...scalar("cpus", 2), role: "dev" }]],
  ])("parse %j", (text, resources) => {
    expect(parseResources(text)).toEqual(resources);
  });

  test.each([
    "cpus",
    "cpus:",
    "cpus:-1",
    "cpus:x",
    ":4",
    "ports:[5-1]",
    "ports:[1]",
    "ports:[a-b]",
    "cpus():1",
    "[{]",
    '[{"name":"x"}]',
    "a:1,b:2",
  ])("refuses %j", (text) => {
    expect(() => parseResources(text)).toThrow(
      expect.objectContaining({ code: "mesos_invalid_resources", status: 400 }),
    );
  });
});
