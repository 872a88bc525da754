// A server of a test: a private directory, ports of its own, and a process that can be killed, paused and started
// again.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServerProcess } from "./server-process.ts";

export interface TestServerPlan {
  readonly argv: readonly [string, ...string[]];
  readonly ready: () => Promise<boolean>;
}

/** Makes a private directory below the temporary one. */
export function privateDirectory(name: string): string {
  return mkdtempSync(join(tmpdir(), `cke-${name}-`));
}

export class TestServer {
  readonly directory: string;
  readonly #plan: TestServerPlan;
  #process: ServerProcess | undefined;

  constructor(directory: string, plan: TestServerPlan) {
    this.directory = directory;
    this.#plan = plan;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Starts the process without waiting. `ready` waits for it. */
  launch(): void {
    if (this.#process?.running) throw new Error(`${this.#plan.argv[0]} runs already`);
    this.#process = ServerProcess.launch({
      argv: this.#plan.argv,
      ready: this.#plan.ready,
      cwd: this.directory,
      log: join(this.directory, "output.log"),
    });
  }

  async ready(): Promise<void> {
    await this.#process?.ready();
  }

  /** Starts the process with its earlier data and ports, and waits until it answers. */
  async start(): Promise<void> {
    this.launch();
    await this.ready();
  }

  /** Ends the process with SIGTERM. Data and ports are kept for `start`. */
  async halt(): Promise<void> {
    await this.#process?.stop();
  }

  /** Ends the process with SIGKILL. Data and ports are kept for `start`. */
  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  /** Stops the process with SIGSTOP and waits until it has stopped. */
  async pause(): Promise<void> {
    await this.#process?.pause();
  }

  /** Continues the process with SIGCONT. */
  resume(): void {
    this.#process?.resume();
  }

  /** Ends the process with SIGKILL and starts it again. */
  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** Ends the process and removes the directory. */
  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Makes and starts servers. One that does not start, for whatever reason, is tried again with other ports. */
export async function startAll<T extends TestServer>(make: () => Promise<readonly T[]>): Promise<readonly T[]> {
  for (let attempt = 1; ; attempt += 1) {
    const servers = await make();
    try {
      for (const server of servers) server.launch();
      await Promise.all(servers.map((server) => server.ready()));
      return servers;
    } catch (error) {
      await Promise.all(servers.map((server) => server.stop()));
      if (attempt === 3) throw error;
    }
  }
}
