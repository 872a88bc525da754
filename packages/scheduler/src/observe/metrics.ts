// Metrics in Prometheus' text format (version 0.0.4): counters and histograms that code raises, and gauges that are
// asked for their values when somebody scrapes. Label values must come from small fixed sets (routes, not URLs).

export type Labels = Readonly<Record<string, string>>;

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  samples(): Iterable<{ readonly suffix: string; readonly labels: Labels; readonly value: number }>;
}

export class Counter {
  readonly #values = new Map<string, { readonly labels: Labels; value: number }>();

  increment(labels: Labels = {}, by = 1): void {
    const entry = this.#values.get(keyOf(labels)) ?? { labels, value: 0 };
    entry.value += by;
    this.#values.set(keyOf(labels), entry);
  }

  *samples() {
    for (const { labels, value } of this.#values.values()) yield { suffix: "", labels, value };
  }
}

export class Histogram {
  readonly #bounds: readonly number[];
  readonly #series = new Map<
    string,
    { readonly labels: Labels; readonly counts: number[]; sum: number; count: number }
  >();

  /** `bounds`: upper bounds of the buckets, ascending, without +Inf. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
  }

  observe(value: number, labels: Labels = {}): void {
    const key = keyOf(labels);
    const series = this.#series.get(key) ?? { labels, counts: this.#bounds.map(() => 0), sum: 0, count: 0 };
    const bucket = this.#bounds.findIndex((bound) => value <= bound);
    if (bucket >= 0) series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    series.sum += value;
    series.count += 1;
    this.#series.set(key, series);
  }

  *samples() {
    for (const { labels, counts, sum, count } of this.#series.values()) {
      let below = 0;
      for (const [index, bound] of this.#bounds.entries()) {
        below += counts[index] ?? 0;
        yield { suffix: "_bucket", labels: { ...labels, le: String(bound) }, value: below };
      }
      yield { suffix: "_bucket", labels: { ...labels, le: "+Inf" }, value: count };
      yield { suffix: "_sum", labels, value: sum };
      yield { suffix: "_count", labels, value: count };
    }
  }
}

export class Metrics {
  readonly #metrics = new Map<string, Metric>();

  counter(name: string, help: string): Counter {
    const counter = new Counter();
    this.#add({ name, help, type: "counter", samples: () => counter.samples() });
    return counter;
  }

  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    const histogram = new Histogram(bounds);
    this.#add({ name, help, type: "histogram", samples: () => histogram.samples() });
    return histogram;
  }

  /** `read` is called at every scrape; it gives one value, or one per set of labels. */
  gauge(
    name: string,
    help: string,
    read: () => number | readonly { readonly labels: Labels; readonly value: number }[],
  ): void {
    this.#add({
      name,
      help,
      type: "gauge",
      samples: () => {
        const values = read();
        if (typeof values === "number") return [{ suffix: "", labels: {}, value: values }];
        return values.map(({ labels, value }) => ({ suffix: "", labels, value }));
      },
    });
  }

  /** The page of GET /metrics. */
  render(): string {
    const lines: string[] = [];
    for (const metric of this.#metrics.values()) {
      lines.push(`# HELP ${metric.name} ${metric.help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`);
      lines.push(`# TYPE ${metric.name} ${metric.type}`);
      for (const { suffix, labels, value } of metric.samples()) {
        lines.push(`${metric.name}${suffix}${renderLabels(labels)} ${value}`);
      }
    }
    return `${lines.join("\n")}\n`;
  }

  #add(metric: Metric): void {
    if (this.#metrics.has(metric.name)) throw new TypeError(`metric ${metric.name} exists already`);
    this.#metrics.set(metric.name, metric);
  }
}

function keyOf(labels: Labels): string {
  return Object.entries(labels).flat().join("\0");
}

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => {
    const escaped = value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
    return `${name}="${escaped}"`;
  });
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}
