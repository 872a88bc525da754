// Metrics of the scheduler's own process, under the names that Prometheus' client libraries use for them.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { build, version } from "@cke/foundation";
import type { Metrics } from "./metrics.ts";

/** Adds them; the returned function ends the measuring. */
export function addProcessMetrics(metrics: Metrics): () => void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const startedAt = Date.now() / 1000 - process.uptime();
  metrics.gauge("cke_build_info", "Version and build of this scheduler.", () => [
    { labels: { version, build, node: process.version }, value: 1 },
  ]);
  metrics.gauge("process_start_time_seconds", "UNIX time of the start of the process.", () => startedAt);
  metrics.gauge("process_cpu_seconds_total", "CPU time used, user and system.", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  metrics.gauge("process_resident_memory_bytes", "Resident memory.", () => process.memoryUsage.rss());
  metrics.gauge("nodejs_heap_size_used_bytes", "Used JavaScript heap.", () => process.memoryUsage().heapUsed);
  metrics.gauge("nodejs_eventloop_lag_seconds", "Event loop delay since the last scrape, by quantile.", () => {
    const values = [0.5, 0.99, 1].map((quantile) => ({
      labels: { quantile: String(quantile) },
      value: (quantile === 1 ? delay.max : delay.percentile(quantile * 100)) / 1e9,
    }));
    delay.reset();
    return values;
  });
  return () => void delay.disable();
}
