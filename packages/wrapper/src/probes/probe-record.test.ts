// Thresholds of probes as tables: "+" is a pass, "-" a failure; what is expected is the state after each.
import { Probe } from "@cke/protocol";
import { describe, expect, it } from "vitest";
import {
  newProbeRecord,
  nextProbeDelayMs,
  probeTimeoutMs,
  probeTiming,
  recordResult,
  restartProbeRecord,
} from "./probe-record.ts";

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
      { passing: result === "+", message: result === "+" ? "" : "refused", output: `answer ${index}`, late: false },
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
    expect(recordResult(record, { passing: true, message: "", output: "", late: false }, timing, 9).state).toBe(
      record.state,
    );
    const failing = feed(1, 1, "-");
    expect(
      recordResult(failing.record, { passing: false, message: "refused", output: "", late: false }, timing, 9).state,
    ).toBe(failing.record.state);
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

describe("the answer behind the words", () => {
  it("is the first with these words, and is forgotten when the probe passes", () => {
    expect(feed(1, 1, "---").record.output).toBe("answer 0");
    expect(feed(1, 1, "-+").record.output).toBe("");
    expect(feed(1, 1, "-+-").record.output).toBe("answer 2");
  });
});

describe("nextProbeDelayMs", () => {
  const delay = (
    results: string,
    { tookMs = 0, nowMs = 0, random = 0.5 }: Partial<Record<"tookMs" | "nowMs" | "random", number>>,
  ) => {
    const { record, timing } = feed(1, 1, results);
    return Math.round(nextProbeDelayMs(record, timing, { tookMs, nowMs, random }));
  };

  // The period is 1000 ms, until the first success 100 ms.
  it.each([
    ["until the first success it is short, with a tenth of jitter", "--", { random: 0 }, 90],
    ["the same, at the other end", "--", { random: 1 }, 110],
    ["then it is the period", "+-", {}, 1_000],
    ["a first success that is long in coming is asked for more rarely", "--", { nowMs: 20_000 }, 400],
    ["but at least once in a period", "--", { nowMs: 3_600_000 }, 1_000],
    ["a quick run changes nothing", "+", { tookMs: 30 }, 1_000],
    ["a slow one rests twice as long as it took", "+", { tookMs: 2_500 }, 5_000],
    ["never longer than half a minute", "+", { tookMs: 20_000 }, 30_000],
    ["before the first success it rests a tenth of the time waited at most", "-", { tookMs: 2_500, nowMs: 3_000 }, 300],
    ["at least the period until then", "-", { tookMs: 900, nowMs: 900 }, 100],
    ["on a machine that is slow for long it rests as long as ever", "-", { tookMs: 2_500, nowMs: 60_000 }, 5_000],
    ["and then too never longer than half a minute", "-", { tookMs: 20_000, nowMs: 3_600_000 }, 30_000],
  ])("%s", (_title, results, facts, expected) => {
    expect(delay(results, facts)).toBe(expected);
  });
});

describe("probeTimeoutMs", () => {
  const late = { passing: false, message: "no answer within 3 s", output: "", late: true };
  // "+" passes, "-" is refused, "." is late; three failures in a row make it fail.
  it.each([
    ["", 3_000],
    [".", 6_000],
    ["..", 12_000],
    ["......", 12_000],
    ["..-", 3_000],
    ["+.", 3_000],
    ["+..", 3_000],
    ["+...", 12_000],
    ["...+", 3_000],
  ])("after %s it is %i ms", (results, expected) => {
    const timing = probeTiming(probe(1, 3));
    let record = newProbeRecord(probe(1, 3), 0);
    for (const result of results) {
      const answer = { passing: result === "+", message: result === "+" ? "" : "refused", output: "", late: false };
      record = recordResult(record, result === "." ? late : answer, timing, 1);
    }
    expect(probeTimeoutMs(record, timing)).toBe(expected);
  });
});
