// Processes of the measurement: the simulated Mesos, which is asked by messages, and the scheduler, as an operator runs it.
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";

const top = join(import.meta.dirname, "../../..");
const statsSchema = z.object({ tasks: z.number(), running: z.number(), acknowledged: z.number() });
export type SimulationStats = Readonly<z.infer<typeof statsSchema>>;

export class Simulation {
  readonly #child: ChildProcess;
  readonly master: string;

  private constructor(child: ChildProcess, master: string) {
    this.#child = child;
    this.master = master;
  }

  /** Without agents. */
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

  /** Health reports of running tasks from now on; 0 ends it. */
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

export class Scheduler {
  readonly #child: ChildProcess;
  readonly url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** Runs the program with these flags until it says that it is up. Its lines go to `log` and to `onLine`. */
  static async start(
    flags: readonly string[],
    log: string,
    cpuProfile?: string,
    onLine: (line: string) => void = () => undefined,
  ): Promise<Scheduler> {
    const profiling = cpuProfile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${cpuProfile}`];
    const program = join(top, "packages/scheduler/src/main.ts");
    const child = spawn(process.execPath, [...profiling, program, ...flags], {
      cwd: top,
      stdio: ["ignore", "inherit", "pipe"],
    });
    const file = createWriteStream(log, { flags: "a" });
    const url = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stderr }).on("line", (line) => {
        file.write(`${line}\n`);
        onLine(line);
        const listen = /"listen":"([\d.]+:\d+)".*"cke-scheduler is up"/.exec(line)?.[1];
        if (listen !== undefined) resolve(`http://${listen}`);
      });
      child.once("exit", (code) => reject(new Error(`cke-scheduler ended with ${code}: see ${log}`)));
    });
    return new Scheduler(child, url);
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
