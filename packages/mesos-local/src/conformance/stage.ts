// What a replay plays on: an embedded master and agent like the recorded ones, a file server for the fetcher, and stub
// executors whose conversation the replay holds in their place.
import { readdirSync } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { CkeError, silentLogger } from "@cke/foundation";
import { type AgentHandle, startAgent } from "../agent/index.ts";
import { Master } from "../master/master.ts";
import { parseAttributes, parseResources } from "../resources/parse.ts";
import type { StageClock } from "./stage-clock.ts";

/** Waits on a pipe for its exit code: the replay decides when and how the executor ends. */
const stubExecutor = '#!/bin/sh\nmkfifo gate && read -r code < gate && exit "$code"\n';

export class Stage {
  readonly #clock: StageClock;
  readonly #startedMs: number;
  readonly #directory: string;
  readonly #files: Server;
  readonly filesPort: number;
  readonly master: Master;
  readonly masterPort: number;
  #agent: AgentHandle | undefined;
  #agentPort = 0;

  private constructor(
    clock: StageClock,
    directory: string,
    files: Server,
    filesPort: number,
    master: Master,
    masterPort: number,
  ) {
    this.#clock = clock;
    this.#startedMs = clock.monotonic();
    this.#directory = directory;
    this.#files = files;
    this.filesPort = filesPort;
    this.master = master;
    this.masterPort = masterPort;
  }

  /** Starts everything; the agent is registered. */
  static async make(clock: StageClock): Promise<Stage> {
    const directory = await mkdtemp(join(tmpdir(), "cke-conformance-"));
    const files = createServer((request, response) => {
      const path = request.url ?? "";
      const bodies: Readonly<Record<string, string | Buffer>> = {
        "/run-executor.sh": stubExecutor,
        "/app.tar.gz": gzipSync(Buffer.alloc(1024)),
        "/data.txt?x=1": "data",
      };
      const body = bodies[path];
      response.writeHead(body === undefined ? 404 : 200, { "content-length": Buffer.byteLength(body ?? "") });
      response.end(body ?? "");
    });
    await new Promise<void>((resolve) => files.listen(0, "127.0.0.1", resolve));
    const address = files.address();
    const filesPort = typeof address === "object" && address !== null ? address.port : 0;
    const master = new Master({ host: "127.0.0.1", port: 0, clock, workDir: join(directory, "master") });
    const masterAddress = await master.start();
    const stage = new Stage(clock, directory, files, filesPort, master, Number(masterAddress.split(":")[1]));
    await clock.during(stage.startAgent());
    return stage;
  }

  /** Milliseconds since the last run of the allocator. */
  allocatorPhaseMs(): number {
    return (this.#clock.monotonic() - this.#startedMs) % 1_000;
  }

  /** Port of the agent, also while it is down. */
  get agentPort(): number {
    return this.#agentPort;
  }

  /** Starts the agent (again); it registers once its executors are back. */
  async startAgent(): Promise<void> {
    this.#agent = await startAgent({
      hostname: "127.0.0.1",
      ip: "127.0.0.1",
      resources: [...parseResources("cpus:8;mem:16384;disk:20000;ports:[31000-32000]")],
      attributes: [...parseAttributes("rack:r1;zone:z1")],
      workDir: join(this.#directory, "agent"),
      master: `127.0.0.1:${this.masterPort}`,
      clock: this.#clock,
      logger: silentLogger,
    });
    this.#agentPort = this.#agent.port;
  }

  /** Like kill -9: executors go on. */
  async stopAgent(): Promise<void> {
    await this.#agent?.stop();
    this.#agent = undefined;
  }

  /** True when the stub of an executor runs. */
  executorRuns(executorId: string): boolean {
    return this.#gate(executorId) !== undefined;
  }

  /** Lets the stub of an executor exit. */
  async endExecutor(executorId: string, code: number): Promise<void> {
    const gate = this.#gate(executorId);
    if (gate === undefined) return;
    const pipe = await open(gate, "r+");
    await pipe.write(`${code}\n`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await pipe.close();
  }

  #gate(executorId: string): string | undefined {
    const root = join(this.#directory, "agent");
    const suffix = `/gate`;
    return list(root).find((path) => path.endsWith(suffix) && path.includes(`/executors/${executorId}/runs/`));
  }

  async stop(): Promise<void> {
    await this.#clock.during(this.#agent?.stop({ unregister: true }) ?? Promise.resolve());
    await this.#clock.during(this.master.stop());
    this.#files.closeAllConnections();
    await new Promise<void>((resolve) => this.#files.close(() => resolve()));
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: "utf8" }).map((name) => join(directory, name));
  } catch (cause) {
    throw new CkeError("unreadable", `cannot list ${directory}`, { cause });
  }
}
