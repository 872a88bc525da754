// Starts the processes of the measurement: the simulated Mesos, which is controlled by messages, and the scheduler, as
// an operator runs it.
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { dist, top } from "../../up/paths.ts";

const statsSchema = z.object({ tasks: z.number(), running: z.number(), acknowledged: z.number() });
const stretchSchema = z.object({ at: z.number(), worst: z.array(z.number()) });
const stretchesOf = (log: string) => `${log}.stretches`;
export type SimulationStats = Readonly<z.infer<typeof statsSchema>>;

export class Simulation {
  readonly #child: ChildProcess;
  readonly master: string;

  private constructor(child: ChildProcess, master: string) {
    this.#child = child;
    this.master = master;
  }

  /** Starts it without agents. */
  static async start(): Promise<Simulation> {
    const child = fork(join(import.meta.dirname, "simulation.ts"), { cwd: top });
    const [message] = await once(child, "message");
    return new Simulation(child, z.object({ master: z.string() }).parse(message).master);
  }

  agents(count: number): Promise<SimulationStats> {
    return this.#ask({ do: "agents", count });
  }

  stats(): Promise<SimulationStats> {
    return this.#ask({ do: "stats" });
  }

  /** Sends so many health reports of running tasks per second; 0 ends it. */
  stream(perSecond: number): Promise<SimulationStats> {
    return this.#ask({ do: "stream", perSecond });
  }

  async stop(): Promise<void> {
    this.#child.disconnect();
    if (this.#child.exitCode === null) await once(this.#child, "exit");
  }

  async #ask(command: object): Promise<SimulationStats> {
    const answer = once(this.#child, "message");
    this.#child.send(command);
    return statsSchema.parse((await answer)[0]);
  }
}

/** The period of the scheduler's own measurement of its event loop. The reported lateness contains it. */
const monitorMs = 20;

async function logged(child: ChildProcess, log: string, pattern: RegExp): Promise<string> {
  while (child.exitCode === null) {
    const found = pattern.exec(await readFile(log, "utf8"))?.[1];
    if (found !== undefined) return found;
    await delay(20);
  }
  throw new Error(`cke-scheduler ended with ${child.exitCode}: ${(await readFile(log, "utf8")).slice(-2_000)}`);
}

export class Scheduler {
  readonly #child: ChildProcess;
  readonly #log: string;
  readonly url: string;

  private constructor(child: ChildProcess, log: string, url: string) {
    this.#child = child;
    this.#log = log;
    this.url = url;
  }

  /**
   * Starts the executable in dist/ with these flags and waits until it is ready: the sources would be compiled at every
   * start, which no operator sees. Its output goes to the file `log`: reading a pipe would use the processors that are
   * measured.
   */
  static async start(flags: readonly string[], log: string, cpuProfile?: string): Promise<Scheduler> {
    const program = join(dist, "cke-scheduler");
    if (!existsSync(program)) throw new Error(`${program} is missing: run \`make dist\``);
    const profiling = cpuProfile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${cpuProfile}`];
    // An executable loads what `--require` names and ignores `--import`.
    const options = ["--require", join(import.meta.dirname, "stretches.ts"), ...profiling];
    const file = openSync(log, "w");
    const child = spawn(program, flags, {
      cwd: top,
      env: { ...process.env, CKE_SCALE_STRETCHES: stretchesOf(log), NODE_OPTIONS: options.join(" ") },
      stdio: ["ignore", "inherit", file],
    });
    closeSync(file);
    const listen = await logged(child, log, /"listen":"([\d.]+:\d+)".*"cke-scheduler is up"/);
    return new Scheduler(child, log, `http://${listen}`);
  }

  /** The text in the parentheses of the first log line that matches. */
  logged(pattern: RegExp): Promise<string> {
    return logged(this.#child, this.#log, pattern);
  }

  /** Number of log lines that match. */
  async count(pattern: RegExp): Promise<number> {
    return (await readFile(this.#log, "utf8")).match(pattern)?.length ?? 0;
  }

  /** How late the scheduler's event loop was since the last call, in milliseconds: 99th percentile and worst. */
  async lateness(): Promise<{ readonly p99: number; readonly worst: number }> {
    const page = await (await fetch(`${this.url}/metrics`)).text();
    const at = (quantile: string) =>
      Number(new RegExp(`^nodejs_eventloop_lag_seconds\\{quantile="${quantile}"\\} (\\S+)$`, "m").exec(page)?.[1]) *
      1_000;
    return { p99: Math.max(0, at("0.99") - monitorMs), worst: Math.max(0, at("1") - monitorMs) };
  }

  /**
   * For each second since then (UNIX time, ms): the longest time for which the main thread did not return to its event
   * loop, in milliseconds of processor time.
   */
  async stretches(since: number): Promise<readonly number[]> {
    const lines = (await readFile(stretchesOf(this.#log), "utf8")).trim().split("\n");
    return lines.flatMap((line) => {
      const { at, worst } = stretchSchema.parse(JSON.parse(line));
      // This second began before `since`, so it does not count.
      return at - 1_000 < since ? [] : [worst.at(-1) ?? 0];
    });
  }

  /** For an error: whether the process lives, and its last lines. */
  async account(): Promise<string> {
    const { exitCode, signalCode } = this.#child;
    const lines = (await readFile(this.#log, "utf8")).trim().split("\n");
    const problems = lines.filter((line) => /"level":"(warning|error)"/.test(line)).slice(-5);
    return [`cke-scheduler: exit code ${exitCode}, signal ${signalCode}`, ...problems, ...lines.slice(-5)].join("\n  ");
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, "exit");
    this.#child.kill(signal);
    await exit;
  }
}
