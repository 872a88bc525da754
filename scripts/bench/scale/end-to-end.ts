// Measures the whole scheduler over real HTTP with a simulated Mesos: launches, updates, memory and a take-over.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { z } from "zod";
import { memoryOf } from "../measurement/memory.ts";
import { clusterBody, nodesPerCluster } from "./bodies.ts";
import { Scheduler, Simulation } from "./child.ts";

/** Number of operator requests at the same time. */
const posting = 4;
/** Far more updates per second than 32,000 healthy processes send when every tenth of them has one each minute. */
const backgroundUpdates = 1_000;

export interface EndToEnd {
  readonly tasks: number;
  readonly postsPerSecond: number;
  /**
   * From the first POST until every node has its certificates, per cluster: milliseconds of time, and of processor
   * time.
   */
  readonly certifiedMs: number;
  readonly certifiedCpuMs: number;
  /** Milliseconds of the scheduler's processor time for each launched task. */
  readonly cpuPerTask: number;
  /** Processors that the scheduler used while it launched, 0 to about 2. */
  readonly processor: number;
  readonly tasksPerSecond: number;
  readonly updatesPerSecond: number;
  readonly residentMb: number;
  readonly getP50: number;
  readonly getP99: number;
  /** While updates arrive as fast as they are acknowledged. */
  readonly getFloodedP99: number;
  /** The same client asks a server that does nothing else, in turn. */
  readonly controlP99: number;
  /** Lateness of the measuring client's event loop and of the scheduler's, in milliseconds. */
  readonly clientLateP99: number;
  readonly lateP99: number;
  readonly lateWorst: number;
  /**
   * Longest time per second for which the main thread did not return to its event loop, in processor time: the median
   * second and the worst.
   */
  readonly stretch: number;
  readonly stretchWorst: number;
  readonly list: number;
  readonly takeOverSeconds: number;
  readonly startSeconds: number;
}

const probe = z.object({
  requests: z.number(),
  p50: z.number(),
  p99: z.number(),
  list: z.number(),
  listWorst: z.number(),
  controlP99: z.number(),
  ownP99: z.number(),
  ownWorst: z.number(),
});

/** Sends 50 GETs per second from a process of its own. */
async function probed(url: string, seconds: number, clusters: number): Promise<z.infer<typeof probe>> {
  const prober = join(import.meta.dirname, "prober.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [prober, url, `${seconds}`, "50", `${clusters}`]);
  return probe.parse(JSON.parse(stdout));
}

async function until(simulation: Simulation, done: (running: number, tasks: number) => boolean): Promise<void> {
  for (;;) {
    const { running, tasks } = await simulation.stats();
    if (done(running, tasks)) return;
    await delay(50);
  }
}

async function post(url: string, index: number): Promise<void> {
  const answer = await fetch(`${url}/k8s/v1/clusters`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(clusterBody(index)),
  });
  if (answer.status !== 201) throw new Error(`POST: ${answer.status} ${await answer.text()}`);
  await answer.arrayBuffer();
}

/** Processor time that a process has used, user and system, in milliseconds. */
function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  // Fields 14 and 15 of proc(5), in hundredths of a second.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Measures `clusters` clusters of 1+3 nodes on as many agents. Prints its progress to stderr. */
export async function measureEndToEnd(clusters: number, profile?: string): Promise<EndToEnd> {
  const directory = await mkdtemp(join(tmpdir(), "cke-scale-"));
  const log = join(directory, "scheduler.log");
  const simulation = await Simulation.start();
  const flags = (master: string) => [
    ...["-master", master, "-storage_type", "sqlite", "-storage_servers", join(directory, "cke.db")],
    ...["-listen", "127.0.0.1:0", "-executor_url", "http://127.0.0.1:1", "-k8s_image_path", "", "-log_level", "info"],
    ...["-k8s_registry", "", "-k8s_registry_cert", "", "-service_host", "127.0.0.1"],
  ];
  let scheduler: Scheduler | undefined;
  try {
    scheduler = await Scheduler.start(flags(simulation.master), log, profile);
    const { url } = scheduler;
    const from = performance.now();
    let next = 0;
    const poster = async () => {
      while (next < clusters) await post(url, next++);
    };
    await Promise.all(Array.from({ length: posting }, poster));
    const posted = performance.now();
    // Certificates are made after the answers. They are measured by themselves, and launching is measured without them.
    while ((await scheduler.count(/"certificates of the node issued"/g)) < clusters * nodesPerCluster) await delay(100);
    const certified = performance.now();
    const createdCpu = cpuMsOf(scheduler.pid);
    console.error(
      `  ${clusters} clusters posted in ${Math.round(posted - from)} ms, their certificates made ${Math.round(certified - posted)} ms later`,
    );
    let tasks = 0;
    const agentsAt = performance.now();
    await simulation.agents(clusters);
    await until(simulation, (running, all) => {
      tasks = all;
      return all >= clusters * nodesPerCluster * 2 && running === all;
    });
    const launched = performance.now();
    const launchCpu = cpuMsOf(scheduler.pid) - createdCpu;
    console.error(`  all of ${tasks} tasks run ${Math.round(launched - agentsAt)} ms after the agents came`);

    const before = await simulation.stream(100_000);
    await delay(2_000);
    const begin = await simulation.stats();
    const beginAt = performance.now();
    await delay(8_000);
    const end = await simulation.stats();
    const updatesPerSecond = ((end.acknowledged - begin.acknowledged) * 1_000) / (performance.now() - beginAt);
    if (end.acknowledged === before.acknowledged) throw new Error("no update was acknowledged");
    const flooded = await probed(url, 5, clusters);

    // Wait until the waiting updates are handled. From here on, as many are handled as are sent.
    await simulation.stream(0);
    await until(simulation, (running, all) => running === all);
    await simulation.stream(backgroundUpdates);
    await delay(1_000);
    await scheduler.lateness();
    const probing = Date.now();
    const { p50, p99, list, controlP99, ownP99 } = await probed(url, 10, clusters);
    const late = await scheduler.lateness();
    const stretches = (await scheduler.stretches(probing)).toSorted((left, right) => left - right);
    await simulation.stream(0);
    const { residentMb } = memoryOf(scheduler.pid);

    if (profile === undefined) await scheduler.end("SIGKILL");
    else await scheduler.end("SIGTERM");
    const killed = performance.now();
    scheduler = await Scheduler.start(flags(simulation.master), join(directory, "take-over.log"), profile);
    const startSeconds = (performance.now() - killed) / 1_000;
    const takeOverSeconds = Number(await scheduler.logged(/"sinceSubscriptionMs":(\d+)/)) / 1_000;
    const after = await simulation.stats();
    if (after.tasks !== tasks) throw new Error(`${tasks} tasks ran before the take-over, ${after.tasks} after it`);
    return {
      tasks,
      postsPerSecond: (clusters * 1_000) / (posted - from),
      certifiedMs: (certified - from) / clusters,
      certifiedCpuMs: createdCpu / clusters,
      tasksPerSecond: (tasks * 1_000) / (launched - agentsAt),
      cpuPerTask: launchCpu / tasks,
      processor: launchCpu / (launched - agentsAt),
      updatesPerSecond,
      residentMb,
      getP50: p50,
      getP99: p99,
      getFloodedP99: flooded.p99,
      controlP99,
      clientLateP99: ownP99,
      lateP99: late.p99,
      lateWorst: late.worst,
      stretch: stretches[stretches.length >> 1] ?? 0,
      stretchWorst: stretches.at(-1) ?? 0,
      list,
      takeOverSeconds,
      startSeconds,
    };
  } catch (error) {
    console.error(`  ${(await scheduler?.account()) ?? "cke-scheduler did not start"}`);
    throw error;
  } finally {
    await scheduler?.end(profile === undefined ? "SIGKILL" : "SIGTERM");
    await simulation.stop();
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}
