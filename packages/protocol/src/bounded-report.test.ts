import { describe, expect, it } from "vitest";
import { boundedReport, maxReportBytes } from "./bounded-report.ts";
import { TaskReport } from "./generated/executor.ts";

const text = `first ${"日".repeat(350_000)} last`;
const probe = { name: "health", phase: "etcd health", passing: true, everPassed: true, message: text, changedAtMs: 7 };
const process = {
  name: "etcd",
  type: "etcd",
  phase: "backoff",
  pid: 9,
  restarts: 3,
  exitCode: 2,
  reason: text,
  lastOutput: text,
  nextStartMs: 12,
  health: [probe],
  startWhen: [probe],
} as const;

describe("boundedReport", () => {
  it("leaves a report that fits as it is", () => {
    const report = TaskReport.encode({
      report: { kind: "process", value: { ...process, reason: "", lastOutput: "x" } },
    });
    expect(boundedReport(report, 3_000_000)).toBe(report);
  });

  it("cuts the words of a process and keeps what is decided by", () => {
    const short = boundedReport(TaskReport.encode({ report: { kind: "process", value: process } }));
    expect(short?.length).toBeLessThanOrEqual(maxReportBytes);
    const { report } = TaskReport.decode(short ?? new Uint8Array());
    expect(report?.value).toMatchObject({
      ...process,
      reason: expect.stringMatching(/^first .* last$/),
      lastOutput: expect.stringMatching(/^\[… \d+ bytes cut …\].* last$/),
      health: [{ ...probe, message: expect.stringMatching(/^first .* last$/) }],
      startWhen: [{ ...probe, message: expect.stringMatching(/^first .* last$/) }],
    });
  });

  it("cuts the words of a node", () => {
    const value = { containerId: "c1", launchStep: "container", detail: text, data: "kept", startedAtMs: 5 };
    const short = boundedReport(TaskReport.encode({ report: { kind: "unit", value } }));
    expect(short?.length).toBeLessThanOrEqual(maxReportBytes);
    const { report } = TaskReport.decode(short ?? new Uint8Array());
    expect(report?.value).toMatchObject({ ...value, detail: expect.stringMatching(/^first .* last$/) });
  });

  it("bounds a report of thousands of probes", () => {
    const health = Array.from({ length: 5_000 }, () => ({ ...probe, message: "not yet" }));
    const short = boundedReport(TaskReport.encode({ report: { kind: "process", value: { ...process, health } } }));
    expect(short?.length).toBeLessThanOrEqual(maxReportBytes);
  });

  it("does not take for a report what is none", () => {
    expect(() => boundedReport(new Uint8Array(100_000).fill(0xff))).toThrow(/malformed/);
  });
});
