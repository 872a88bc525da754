import { systemClock } from "@cke/foundation";
import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { FakeClusterService } from "../api/testing/fake-cluster-service.ts";
import { ActivityTracker } from "./activity-tracker.ts";
import { callStacks } from "./call-stacks.ts";
import { addClusterMetrics } from "./cluster-metrics.ts";
import { addGauge, addLabelledGauge } from "./gauge.ts";
import { addProcessMetrics } from "./process-metrics.ts";

describe("metrics", () => {
  it("shows what a gauge reads now, and no more what it has read before", async () => {
    const metrics = new Registry();
    const sizes = new Map([["x", 1]]);
    addGauge(metrics, "size", "Size.\nOf all.", () => sizes.size);
    addLabelledGauge(metrics, "sizes", "Sizes.", ["of"], () =>
      [...sizes].map(([of, value]) => ({ labels: { of }, value })),
    );
    expect(await metrics.metrics()).toContain('sizes{of="x"} 1\n');
    sizes.clear();
    sizes.set('a"b\\c\nd', 3).set("y", 4);
    expect(await metrics.metrics()).toBe(`# HELP size Size.\\nOf all.
# TYPE size gauge
size 2

# HELP sizes Sizes.
# TYPE sizes gauge
sizes{of="a\\"b\\\\c\\nd"} 3
sizes{of="y"} 4
`);
  });

  it("has the process and the clusters", async () => {
    const metrics = new Registry();
    const stop = addProcessMetrics(metrics);
    const service = new FakeClusterService();
    addClusterMetrics(metrics, () => service);
    await service.create({ cluster_name: "my" });
    const page = await metrics.metrics();
    stop();
    expect(page).toMatch(/cke_build_info\{version="0\.1\.0",build="source",node="v\d+/);
    expect(page).toContain('cke_clusters{status="running"} 1\n');
    expect(page).toMatch(/^# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total \d/m);
    expect(page).toContain('cke_clusters{status="failed"} 0\n');
    expect(page).toContain("cke_mesos_subscribed 1\n");
    expect(page).toMatch(/process_resident_memory_bytes \d{7,}/);
    expect(page).not.toContain("NaN");
  });
});

describe("ActivityTracker", () => {
  it("knows what is pending, since when and from where, oldest first", async () => {
    let now = 1000;
    const tracker = new ActivityTracker({ ...systemClock, monotonic: () => now });
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
    const text = callStacks(new ActivityTracker(systemClock));
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
