import { describe, expect, it } from "vitest";
import { sampleLaunch } from "../../kubernetes/testing/sample-records.ts";
import { newUnitRecord, type UnitRecord } from "../records/records.ts";
import { sleeperSpec } from "../testing/sleeper-kind.ts";
import { beginningWithoutData, undecidedBeginning } from "./beginning-without-data.ts";

const unit = (name: string, stateful = true) => ({ ...sleeperSpec("c").units[0], name, stateful });
const workload = { spec: { ...sleeperSpec("c"), units: [unit("m1"), unit("m2"), unit("m3"), unit("w", false)] } };

const record = (name: string, more: Partial<UnitRecord> = {}): UnitRecord => ({
  ...newUnitRecord("c", name, "1"),
  ...more,
});
const lost = (name: string) => record(name, { dataLost: { hostname: `h-${name}`, atMs: 1 } });
const kept = (name: string) => record(name, { home: `h-${name}` });
const launched = (name: string, more: Partial<UnitRecord> = {}, cleanup = false) =>
  record(name, { launch: sampleLaunch({ hostname: `h-${name}`, cleanup }), ...more });
const worker = record("w", { home: "h-w" });

const settled = () => "";
/** Mesos is asked what these are. */
const unsettled =
  (...names: readonly string[]) =>
  (name: string) =>
    names.includes(name) ? `${name} is looked up` : "";

describe("beginningWithoutData", () => {
  it.each<[string, readonly UnitRecord[], readonly string[], RegExp]>([
    ["nothing is lost", [kept("m1"), kept("m2"), record("m3")], [], /^$/],
    ["nothing has begun", [record("m1"), record("m2"), record("m3")], [], /^$/],
    ["one is lost, others have data", [lost("m1"), kept("m2"), kept("m3")], [], /^$/],
    ["two are lost, one has data", [lost("m1"), lost("m2"), kept("m3")], [], /^$/],
    ["one has data on a host, and is not launched now", [lost("m1"), lost("m2"), kept("m3"), worker], [], /^$/],
    ["all are lost", [lost("m1"), lost("m2"), lost("m3"), worker], ["m1", "m2", "m3"], /m1 on h-m1 and m2 on h-m2/],
    ["the others never began", [lost("m1"), record("m2"), record("m3")], ["m1"], /./],
    ["the only one is lost", [lost("m1")], ["m1"], /./],
    ["a report is on its way", [lost("m1"), launched("m2"), record("m3")], [], /: m2 on h-m2 has not reported yet/],
    ["two reports are", [lost("m1"), launched("m2"), launched("m3")], [], /: m2 on h-m2 and m3 on h-m3 has not/],
    ["a report has come", [lost("m1"), launched("m2", { home: "h-m2" }), lost("m3")], [], /^$/],
    ["one is only cleaned up", [lost("m1"), launched("m2", {}, true)], ["m1"], /./],
    [
      "one began beside the others, by an earlier version",
      [lost("m1"), launched("m2", { dataLost: { hostname: "h-m2", atMs: 1 } })],
      [],
      /m2 on h-m2 has not reported yet/,
    ],
    ["a worker is no ground", [lost("m1"), launched("w"), worker], ["m1"], /./],
  ])("%s", (_title, units, begin, undecided) => {
    const after = beginningWithoutData(workload, units, settled);
    expect(after.map((one) => one.unit)).toEqual(begin);
    expect(after.every((one) => !("dataLost" in one))).toBe(true);
    expect(undecidedBeginning(workload, units, settled)).toMatch(undecided);
  });

  it.each<[string, readonly UnitRecord[], readonly string[], readonly string[], RegExp]>([
    [
      "one that is in no record",
      [lost("m1"), record("m2"), record("m3")],
      ["m2"],
      [],
      /: m2 may run already, .*: m2 is lo/,
    ],
    ["two of them", [lost("m1"), record("m2"), record("m3")], ["m2", "m3"], [], /m2 is looked up; m3 may run already/],
    ["one beside a report", [lost("m1"), launched("m2"), record("m3")], ["m3"], [], /reported yet.*; m3 may run alr/],
    ["one whose data was lost before", [lost("m1"), lost("m2")], ["m2"], [], /m1 on h-m1 and m2 on h-m2.*: m2 may run/],
    ["the only one", [lost("m1")], ["m1"], [], /m1 may run already/],
    [
      "one that is launched is named once",
      [lost("m1"), launched("m2")],
      ["m2"],
      [],
      /m2 on h-m2 has not reported [^;]*$/,
    ],
    ["one that is cleaned up", [lost("m1"), launched("m2", {}, true)], ["m2"], [], /m2 may run already/],
    ["one beside one with data", [lost("m1"), kept("m2"), record("m3")], ["m3"], [], /^$/],
    ["a worker is no ground", [lost("m1"), record("m2"), record("w")], ["w"], ["m1"], /together if none has any$/],
    ["nothing is lost", [record("m1"), record("m2")], ["m2"], [], /^$/],
  ])("while it is not known what runs: %s", (_title, units, names, begin, undecided) => {
    expect(beginningWithoutData(workload, units, unsettled(...names)).map((one) => one.unit)).toEqual(begin);
    expect(undecidedBeginning(workload, units, unsettled(...names))).toMatch(undecided);
  });

  it("is made once: nothing of it is decided again, and nobody waits", () => {
    const units = [lost("m1"), lost("m2"), record("m3")];
    const begun = new Map(beginningWithoutData(workload, units, settled).map((one) => [one.unit, one]));
    const after = units.map((one) => begun.get(one.unit) ?? one);
    expect(beginningWithoutData(workload, after, settled)).toEqual([]);
    expect(undecidedBeginning(workload, after, settled)).toBe("");
  });
});
