// Thresholds of probes as tables: "+" is a pass, "-" a failure; what is expected is the state after each.
import { Probe } from "@cke/protocol";
import { describe, expect, it } from "vitest";
import { newProbeRecord, nextProbeDelayMs, probeTiming, recordResult, restartProbeRecord } from "./probe-record.ts";

const probe = (success: number, failure: number) =>
  Probe.create({
    name: "p",
    successThreshold: success,
    failureThreshold: failure,
    periodMs: 1_000,
    startupPeriodMs: 100,
  });

function feed(success: number, failure: number, results: string) {
  const timing = probeTiming(probe(success, failure));
  let record = newProbeRecord(probe(success, failure), 0);
  let passing = "";
  for (const [index, result] of [...results].entries()) {
    record = recordResult(
      record,
      { passing: result === "+", message: result === "+" ? "" : "refused" },
      timing,
      index + 1,
    );
    passing += record.state.passing ? "P" : "f";
  }
  return { record, passing, timing };
}

describe("recordResult", () => {
  it.each([
    [1, 1, "+-+-", "PfPf"],
    [1, 3, "--+---", "ffPPPf"],
    [1, 3, "+--+--+---", "PPPPPPPPPf"],
    [3, 1, "++-+++", "fffffP"],
    [2, 2, "+-+-++--", "fffffPPf"],
  ])("success %i, failure %i: %s -> %s", (success, failure, results, expected) => {
    expect(feed(success, failure, results).passing).toBe(expected);
  });

  it("keeps the state object while nothing visible changes", () => {
    const { record, timing } = feed(1, 3, "+");
    expect(recordResult(record, { passing: true, message: "" }, timing, 9).state).toBe(record.state);
    const failing = feed(1, 1, "-");
    expect(recordResult(failing.record, { passing: false, message: "refused" }, timing, 9).state).toBe(
      failing.record.state,
    );
  });

  it("tells a failure before the threshold, and forgets it when the probe passes", () => {
    const failing = feed(1, 3, "+-").record;
    expect(failing.state).toMatchObject({ passing: true, message: "refused", changedAtMs: 1 });
    expect(feed(1, 3, "+-+").record.state).toMatchObject({ passing: true, message: "" });
  });

  it("remembers across runs what was ever reached", () => {
    const again = restartProbeRecord(feed(1, 1, "+").record, 50);
    expect(again).toMatchObject({ settled: false, state: { passing: false, everPassed: true, changedAtMs: 50 } });
  });
});

describe("nextProbeDelayMs", () => {
  it("is short until the first success of a run, with a tenth of jitter", () => {
    const { record, timing } = feed(1, 1, "--");
    expect(nextProbeDelayMs(record, timing, 0)).toBeCloseTo(90);
    expect(nextProbeDelayMs(record, timing, 1)).toBeCloseTo(110);
    expect(nextProbeDelayMs(feed(1, 1, "+-").record, timing, 0.5)).toBeCloseTo(1_000);
  });
});
