import { systemClock } from "@cke/foundation";
import { describe, expect, it } from "vitest";
import { FakeClusterService } from "../api/testing/fake-cluster-service.ts";
import { callStacks } from "./call-stacks.ts";
import { addClusterMetrics } from "./cluster-metrics.ts";
import { Metrics } from "./metrics.ts";
import { addProcessMetrics } from "./process-metrics.ts";
import { TaskTracker } from "./task-tracker.ts";

describe("Metrics", () => {
  it("renders counters, gauges and histograms", () => {
    const metrics = new Metrics();
    const counter = metrics.counter("events_total", "Events.\nOf all kinds.");
    counter.increment();
    counter.increment({ kind: 'a"b\\c\nd' }, 2);
    counter.increment({ kind: 'a"b\\c\nd' });
    metrics.gauge("size", "Size.", () => 7);
    metrics.gauge("sizes", "Sizes.", () => [{ labels: { of: "x" }, value: 1 }]);
    const histogram = metrics.histogram("seconds", "Time.", [0.1, 1]);
    for (const value of [0.05, 0.1, 0.5, 20]) histogram.observe(value);
    expect(metrics.render()).toBe(`# HELP events_total Events.\\nOf all kinds.
# TYPE events_total counter
events_total 1
events_total{kind="a\\"b\\\\c\\nd"} 3
# HELP size Size.
# TYPE size gauge
size 7
# HELP sizes Sizes.
# TYPE sizes gauge
sizes{of="x"} 1
# HELP seconds Time.
# TYPE seconds histogram
seconds_bucket{le="0.1"} 2
seconds_bucket{le="1"} 3
seconds_bucket{le="+Inf"} 4
seconds_sum 20.65
seconds_count 4
`);
    expect(() => metrics.counter("size", "")).toThrow(TypeError);
  });

  it("has the process and the clusters", async () => {
    const metrics = new Metrics();
    const stop = addProcessMetrics(metrics);
    const service = new FakeClusterService();
    addClusterMetrics(metrics, () => service);
    await service.create({ cluster_name: "my" });
    const page = metrics.render();
    stop();
    expect(page).toMatch(/cke_build_info\{version="0\.1\.0",build="source",node="v\d+/);
    expect(page).toContain('cke_clusters{status="running"} 1\n');
    expect(page).toContain('cke_clusters{status="failed"} 0\n');
    expect(page).toContain("cke_mesos_subscribed 1\n");
    expect(page).toMatch(/process_resident_memory_bytes \d{7,}/);
    expect(page).not.toContain("NaN");
  });
});

describe("TaskTracker", () => {
  it("knows what is pending, since when and from where, oldest first", async () => {
    let now = 1000;
    const tracker = new TaskTracker({ ...systemClock, monotonic: () => now });
    const gate = Promise.withResolvers<string>();
    const end = tracker.begin("request GET /");
    now = 3000;
    const task = tracker.track("launch", () => gate.promise);
    now = 4000;
    const [request, launch] = tracker.pending();
    expect(request).toEqual({ name: "request GET /", ageMs: 3000 });
    expect(launch).toMatchObject({ name: "launch", ageMs: 1000 });
    expect(launch?.stack).toContain("observe.test.ts");
    end();
    end();
    gate.resolve("done");
    expect(await task).toBe("done");
    await expect(tracker.track("fails", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(tracker.pending()).toEqual([]);
  });
});

describe("callStacks", () => {
  it("shows the caller, timers and sockets, and nothing of the environment", async () => {
    process.env.CKE_TEST_SECRET = "do-not-show-me";
    const timer = setTimeout(() => {}, 60_000);
    const text = callStacks(new TaskTracker(systemClock));
    clearTimeout(timer);
    delete process.env.CKE_TEST_SECRET;
    expect(text).toMatch(/^cke-scheduler pid \d+, up \d+ s, /);
    expect(text).toContain("observe.test.ts");
    expect(text).toMatch(/timer .*firesInMsFromNow=\d+/);
    expect(text).toContain("(none)");
    expect(text).toMatch(/\d+ x Timeout/);
    expect(text).not.toContain("do-not-show-me");
  });
});
