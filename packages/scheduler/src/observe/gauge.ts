// A gauge whose values are asked for at every scrape. Label values must come from small fixed sets (routes, not URLs).
import { Gauge, type Registry } from "prom-client";

interface Sample<Label extends string> {
  readonly labels: Readonly<Record<Label, string>>;
  readonly value: number;
}

/** One value. */
export function addGauge(metrics: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [metrics],
    collect() {
      this.set(read());
    },
  });
}

/** One value for each set of labels; a set that is not read any more is not shown any more. */
export function addLabelledGauge<Label extends string>(
  metrics: Registry,
  name: string,
  help: string,
  labelNames: readonly Label[],
  read: () => readonly Sample<Label>[],
): void {
  new Gauge({
    name,
    help,
    labelNames,
    registers: [metrics],
    collect() {
      this.reset();
      for (const { labels, value } of read()) this.set(labels, value);
    },
  });
}
