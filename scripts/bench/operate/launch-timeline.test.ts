import { expect, test } from "vitest";
import { timeline, timelineRows } from "./launch-timeline.ts";

const requested = new Date(2026, 10, 29, 13, 38, 24, 500).getTime();
const line = (afterMs: number, fields: object) =>
  `{"level":"info","time":"${new Date(requested + afterMs).toISOString()}",${JSON.stringify(fields).slice(1)}`;
const logs = {
  scheduler: [
    line(-60_000, { node: "a", message: "launched on b" }),
    line(50, { node: "other", message: "launched on b" }),
    line(140, { node: "a", message: "launched on b" }),
  ],
  executor: [
    "I1129 13:38:24.750000 11386 fetcher] Fetching URI 'http://h/exec'",
    "I1129 13:38:24.800000 11386 fetcher] Successfully fetched all URIs into '/s'",
    line(700, { step: "image", detail: "", message: "launch step" }),
    line(900, { step: "image", detail: "", message: "launch step" }),
  ],
  wrapper: [
    "cke-node-init: no /dev/kmsg",
    line(1_000, { message: "serving /s" }),
    line(1_500, { process: "kubelet", message: "starting -> running" }),
  ],
};
const text = (lines: readonly string[]) => lines.join("\n");
const marks = timeline("a", requested, {
  scheduler: text(logs.scheduler),
  executor: text(logs.executor),
  wrapper: text(logs.wrapper),
});

test("marks are those of the node, the first of each kind since the request, in the order of time", () => {
  expect(marks.map(({ what, at }) => [what, Math.round(at)])).toEqual([
    ["launch accepted", 140],
    ["agent fetches the executor", 250],
    ["fetched", 300],
    ["Docker has answered", 700],
    ["wrapper serves", 1_000],
    ["kubelet started", 1_500],
  ]);
});

test("a row for what every launch reached, with medians and how long it took", () => {
  const later = marks.slice(0, 3).map(({ what, at }) => ({ what, at: at + 100 }));
  expect(timelineRows([marks, later, later]).slice(1)).toEqual([
    ["launch accepted", "240", "140", "240"],
    ["agent fetches the executor", "350", "250", "110"],
    ["fetched", "400", "300", "50"],
  ]);
});
