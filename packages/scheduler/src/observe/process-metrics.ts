// Metrics of the scheduler's own process, under the names that Prometheus' client libraries use for them. prom-client's own
// default metrics have the event loop's lag under the same name and without quantiles; operators have the quantiles.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { build, version } from "@cke/foundation";
import { Counter, type Registry } from "prom-client";
import { addGauge, addLabelledGauge } from "./gauge.ts";

/** Adds them; the returned function ends the measuring. */
export function addProcessMetrics(metrics: Registry): () => void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const startedAt = Date.now() / 1000 - process.uptime();
  addLabelledGauge(
    metrics,
    "cke_build_info",
    "Version and build of this scheduler.",
    ["version", "build", "node"],
    () => [{ labels: { version, build, node: process.version }, value: 1 }],
  );
  addGauge(metrics, "process_start_time_seconds", "UNIX time of the start of the process.", () => startedAt);
  new Counter({
    name: "process_cpu_seconds_total",
    help: "CPU time used, user and system.",
    registers: [metrics],
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  addGauge(metrics, "process_resident_memory_bytes", "Resident memory.", () => process.memoryUsage.rss());
  addGauge(metrics, "nodejs_heap_size_used_bytes", "Used JavaScript heap.", () => process.memoryUsage().heapUsed);
  addLabelledGauge(
    metrics,
    "nodejs_eventloop_lag_seconds",
    "Event loop delay since the last scrape, by quantile.",
    ["quantile"],
    () => {
      const values = [0.5, 0.99, 1].map((quantile) => ({
        labels: { quantile: String(quantile) },
        value: (quantile === 1 ? delay.max : delay.percentile(quantile * 100)) / 1e9,
      }));
      delay.reset();
      return values;
    },
  );
  return () => void delay.disable();
}
