import { describe, expect, it, test } from "vitest";
import { newUnitRecord } from "../../workload/records/records.ts";
import { sampleLaunch } from "../testing/sample-records.ts";
import { apiVips, lateCertificates, lateMasters, vipNews, withVip } from "./api-vip.ts";
import { emptyRegistration } from "./registration.ts";
import { sampleCluster } from "./testing/sample-cluster.ts";

const nodes = ["m1", "m2"].map((name, index) => ({ name, type: "master", ip: `10.0.0.${index}` }));
const { spec } = sampleCluster({ nodes, apiserver: { expose: ["spider-lb"] } });
const plain = sampleCluster({ nodes });

test("what can be in a URL and in a certificate is an address of the API, where the cluster wants that", () => {
  const vip = ["10.9.9.9", "fd00::9", "lb.example", "10.9.9.9:80", "a b", "-x", ""];
  expect(apiVips(spec, vip)).toEqual(["10.9.9.9", "fd00::9", "lb.example"]);
  expect(apiVips(plain.spec, vip)).toEqual([]);
});

describe("an address that is new", () => {
  const unit = (name: string, launched: boolean) => ({
    ...newUnitRecord("c", name, ""),
    ...(launched ? { launch: sampleLaunch({}) } : {}),
  });
  it.each<[string, readonly string[], readonly string[], readonly string[], string | undefined, readonly string[]]>([
    ["before any launch is only told", [], [], ["10.9.9.9"], "info", ["10.9.9.9"]],
    ["after a launch is a warning with the masters", ["m2"], [], ["10.9.9.9"], "warning", ["10.9.9.9", "m2"]],
    ["beside one that was known", ["m1"], ["10.9.9.9"], ["10.9.9.9", "10.9.9.8"], "warning", ["10.9.9.8", "m1"]],
    ["is not one that was known", ["m1"], ["10.9.9.9"], ["10.9.9.9"], undefined, []],
    ["is not none", ["m1"], ["10.9.9.9"], [], undefined, []],
  ])("%s", (_title, launched, before, vip, level, words) => {
    const units = ["m1", "m2"].map((name) => unit(name, launched.includes(name)));
    const news = vipNews({ spec, units }, before, vip);
    expect(news?.level).toBe(level);
    for (const word of words) expect(news?.words).toContain(word);
    expect(vipNews({ spec: plain.spec, units }, before, vip)).toBeUndefined();
  });
});

describe("masters whose certificates do not name an address", () => {
  const unit = (name: string, createdAtMs: number | undefined) => ({
    ...newUnitRecord("c", name, ""),
    ...(createdAtMs === undefined ? {} : { launch: { ...sampleLaunch({}), createdAtMs } }),
  });
  const known = { "10.9.9.9": 1_000 };

  it.each<[string, number | undefined, readonly string[], readonly string[]]>([
    ["launched after it", 2_000, ["10.9.9.9"], []],
    ["launched before it", 500, ["10.9.9.9"], ["10.9.9.9 is not in the certificate of m1 yet", "(it is away)"]],
    ["not launched", undefined, ["10.9.9.9"], []],
    ["it is gone again", 500, [], []],
    ["known since an earlier version", 500, ["10.9.9.7"], []],
  ])("%s", (_title, createdAtMs, vip, words) => {
    const units = [unit("m1", createdAtMs), unit("m2", 2_000)];
    const late = lateMasters({ spec, units }, vip, known, () => false);
    const text = lateCertificates(late, () => "it is away");
    expect(text === "").toBe(words.length === 0);
    for (const word of words) expect(text).toContain(word);
    expect(text).not.toContain("m2");
    expect(lateMasters({ spec: plain.spec, units }, vip, known, () => false)).toEqual([]);
    expect(lateMasters({ spec, units }, vip, known, () => true)).toEqual([]);
  });

  it("times of addresses are kept while they are named", () => {
    const none = emptyRegistration("vpc", 1);
    const first = withVip(none, ["a"], 5);
    expect(first).toMatchObject({ vip: ["a"], vipAtMs: 5, vipSinceMs: { a: 5 } });
    expect(withVip(first, ["a", "b"], 9).vipSinceMs).toEqual({ a: 5, b: 9 });
    expect(withVip({ ...none, vip: ["a"] }, ["a"], 9).vipSinceMs).toEqual({ a: 0 });
    expect(withVip(first, [], 9).vipSinceMs).toEqual({});
  });
});
