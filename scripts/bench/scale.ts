// `pnpm bench scale`: how many clusters one scheduler can manage. Every figure is printed with its budget; above them
// stands what the machine itself could do at that moment. CKE_SCALE_CLUSTERS: number of clusters (default 1000).
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { EtcdServer } from "@cke/test-servers";
import { z } from "zod";
import { table } from "./measurement/table.ts";
import { measureBaseline } from "./scale/baseline.ts";
import { measureEndToEnd } from "./scale/end-to-end.ts";
import { measureMatching } from "./scale/matching.ts";

const updatesSchema = z.object({ perSecond: z.number(), cpuPerUpdate: z.number(), recordBytes: z.number() });

interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Absent for a figure without a budget. */
  readonly bar?: { readonly least: number } | { readonly most: number };
}

/** Measures status updates through store and acknowledgement, in a process of its own. */
async function updates(type: string, servers: string): Promise<z.infer<typeof updatesSchema>> {
  const script = join(import.meta.dirname, "scale/updates.ts");
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [script, type, servers, "250", "8"], {
    cwd: join(import.meta.dirname, "../.."),
  });
  return updatesSchema.parse(JSON.parse(stdout));
}

async function storeFigures(directory: string): Promise<readonly Figure[]> {
  const sqlite = await updates("sqlite", join(directory, "updates.db"));
  const etcdServer = await EtcdServer.start();
  try {
    const etcd = await updates("etcd", etcdServer.url);
    const bar = { least: 5_000 };
    return [
      { name: "updates stored and acknowledged, sqlite", value: sqlite.perSecond, unit: "/s", bar },
      { name: "  processor time of one", value: sqlite.cpuPerUpdate, unit: "µs" },
      { name: "updates stored and acknowledged, etcd", value: etcd.perSecond, unit: "/s", bar },
      { name: "  processor time of one", value: etcd.cpuPerUpdate, unit: "µs" },
      { name: "  record of a master", value: sqlite.recordBytes, unit: "bytes" },
    ];
  } finally {
    await etcdServer.stop();
  }
}

function isOver({ value, bar }: Figure): boolean {
  if (bar === undefined) return false;
  return "least" in bar ? value < bar.least : value > bar.most;
}

const number = (value: number) => (value >= 100 ? String(Math.round(value)) : String(Number(value.toFixed(2))));
const load = () =>
  loadavg()
    .map((value) => value.toFixed(1))
    .join(" ");

/** Prints the table and returns a line for each exceeded budget. */
export async function benchScale(): Promise<string[]> {
  const clusters = Number(process.env.CKE_SCALE_CLUSTERS ?? 1_000);
  const directory = await mkdtemp(join(tmpdir(), "cke-bench-scale-"));
  try {
    const baseline = await measureBaseline();
    const loads = [["before", load()]];
    const matching = measureMatching(10_000, 200);
    const stores = await storeFigures(directory);
    loads.push(["before the end to end run", load()]);
    const between = await measureBaseline();
    const whole = await measureEndToEnd(clusters);
    loads.push(["at the end", load()]);
    const figures: readonly Figure[] = [
      { name: "machine: JSON of a record there and back", value: baseline.jsonPerSecond, unit: "/s" },
      { name: "machine: records appended and synced by 100", value: baseline.syncedPerSecond, unit: "/s" },
      { name: "machine: processor for one process", value: baseline.processor * 100, unit: "%" },
      {
        name: "machine: processor for one process, before the end to end run",
        value: between.processor * 100,
        unit: "%",
      },
      { name: "matching: 10,000 offers, 200 waiting nodes", value: matching.ms, unit: "ms", bar: { most: 250 } },
      ...stores,
      { name: "end to end: clusters created", value: whole.postsPerSecond, unit: "/s" },
      { name: "  one, until its certificates are made", value: whole.certifiedMs, unit: "ms" },
      { name: "  processor time of one", value: whole.certifiedCpuMs, unit: "ms" },
      { name: "end to end: tasks launched", value: whole.tasksPerSecond, unit: "/s", bar: { least: 500 } },
      { name: "  processor time of one", value: whole.cpuPerTask, unit: "ms" },
      { name: "  the scheduler's share of a processor", value: whole.processor * 100, unit: "%" },
      { name: "end to end: updates over HTTP", value: whole.updatesPerSecond, unit: "/s" },
      {
        name: `memory with ${clusters} clusters, ${whole.tasks} tasks`,
        value: whole.residentMb,
        unit: "MB",
        bar: { most: 700 },
      },
      { name: "  list of clusters", value: whole.list, unit: "ms", bar: { most: 50 } },
      { name: "  GET cluster while 1,000 updates/s stream, p50", value: whole.getP50, unit: "ms" },
      { name: "  GET cluster while 1,000 updates/s stream, p99", value: whole.getP99, unit: "ms", bar: { most: 10 } },
      { name: "    the same while updates come as fast as they are stored", value: whole.getFloodedP99, unit: "ms" },
      { name: "    machine: GET of an idle server, p99", value: whole.controlP99, unit: "ms" },
      { name: "    the client's own lateness, p99", value: whole.clientLateP99, unit: "ms" },
      { name: "    the scheduler's event loop late, p99", value: whole.lateP99, unit: "ms" },
      { name: "    the scheduler's event loop late, worst", value: whole.lateWorst, unit: "ms" },
      { name: "    its longest stretch in a second, processor time", value: whole.stretch, unit: "ms" },
      { name: "    the longest of all", value: whole.stretchWorst, unit: "ms" },
      { name: "take-over: from start to ready", value: whole.startSeconds, unit: "s" },
      {
        name: "take-over: from subscribe to all reconciled",
        value: whole.takeOverSeconds,
        unit: "s",
        bar: { most: 10 },
      },
    ];
    const rows = figures.map((figure) => {
      const { name, value, unit, bar } = figure;
      const limit = bar === undefined ? "" : "least" in bar ? `≥ ${bar.least}` : `≤ ${bar.most}`;
      return [name, number(value), unit, limit, isOver(figure) ? "over budget" : ""];
    });
    console.log(table([["figure", "value", "unit", "bar", ""], ...rows]));
    for (const [when, value] of loads) console.log(`load ${when}: ${value}`);
    return figures.filter(isOver).map(({ name, value, unit }) => `${name.trim()}: ${number(value)} ${unit}`);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
