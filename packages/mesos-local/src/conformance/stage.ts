// What a replay plays on: an embedded master and agent like the recorded ones, a file server for the fetcher, and stub
// executors whose conversation the replay holds in their place.
import { readdirSync } from "node:fs";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { CkeError, silentLogger } from "@cke/foundation";
import { type AgentHandle, startAgent } from "../agent/index.ts";
import type { Authentication } from "../master/http/authentication.ts";
import { Master } from "../master/master.ts";
import type { MasterTimings } from "../master/state/options.ts";
import { parseAttributes, parseResources } from "../resources/parse.ts";
import type { StageClock } from "./stage-clock.ts";

/** Waits on a pipe for its exit code: the replay decides when and how the executor ends. */
const stubExecutor = `#!/bin/sh
echo "wrapper args: $*"
echo "executor up 5724"
gate="$MESOS_DIRECTORY/../../gate"
rm -f "$gate"
mkfifo "$gate" && read -r code < "$gate" && exit "$code"
`;

/** An archive with one directory in it: a header of the tar format and its end. */
function archive(): Buffer {
  const header = Buffer.alloc(512);
  for (const [at, text] of [
    [0, "app/"],
    [100, "0000755"],
    [108, "0000000"],
    [116, "0000000"],
    [124, "00000000000"],
    [136, "00000000000"],
    [148, "        "],
    [156, "5"],
    [257, "ustar"],
    [263, "00"],
  ] as const)
    header.write(text, at, "latin1");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return gzipSync(Buffer.concat([header, Buffer.alloc(1024)]));
}

/** Flags of the recorded master and agent that were not the defaults. */
export interface StageFlags {
  readonly timings?: Partial<MasterTimings>;
  readonly executorRegistrationTimeoutMs?: number;
  readonly recoveryTimeoutMs?: number;
  readonly authentication?: Authentication;
  /** The recorded master had no agent. */
  readonly agentless?: boolean;
}

export class Stage {
  readonly #clock: StageClock;
  readonly #flags: StageFlags;
  readonly #directory: string;
  readonly #files: Server;
  readonly filesPort: number;
  #allocatedMs = 0;
  #master: Master | undefined;
  #masterPort = 0;
  /** After its restart the agent does not find the master at once. */
  #masterHidden = false;
  #agent: AgentHandle | undefined;
  #agentPort = 0;

  private constructor(clock: StageClock, flags: StageFlags, directory: string, files: Server, filesPort: number) {
    this.#clock = clock;
    this.#flags = flags;
    this.#directory = directory;
    this.#files = files;
    this.filesPort = filesPort;
  }

  /** Starts everything; the agent is registered. */
  static async make(clock: StageClock, flags: StageFlags = {}): Promise<Stage> {
    const directory = await mkdtemp(join(tmpdir(), "cke-conformance-"));
    const files = createServer((request, response) => {
      const path = request.url ?? "";
      const bodies: Readonly<Record<string, string | Buffer>> = {
        "/run-executor.sh": stubExecutor,
        "/app.tar.gz": archive(),
        "/data.txt?x=1": "data",
      };
      const body = bodies[path];
      response.writeHead(body === undefined ? 404 : 200, { "content-length": Buffer.byteLength(body ?? "") });
      response.end(body ?? "");
    });
    await new Promise<void>((resolve) => files.listen(0, "127.0.0.1", resolve));
    const address = files.address();
    const filesPort = typeof address === "object" && address !== null ? address.port : 0;
    const stage = new Stage(clock, flags, directory, files, filesPort);
    await stage.startMaster();
    stage.showMasterToAgent();
    if (flags.agentless) return stage;
    await clock.during(stage.startAgent());
    await clock.during(stage.#agent?.registered() ?? Promise.resolve(""));
    return stage;
  }

  get agentDirectory(): string {
    return join(this.#directory, "agent");
  }

  get masterPort(): number {
    return this.#masterPort;
  }

  /** Starts the master (again, at the same port and with its registry); the agent does not find it yet. */
  async startMaster(): Promise<void> {
    this.#masterHidden = true;
    const { timings, authentication } = this.#flags;
    this.#master = new Master({
      host: "127.0.0.1",
      port: this.#masterPort,
      clock: this.#clock,
      workDir: join(this.#directory, "master"),
      ...(timings === undefined ? {} : { timings }),
      ...(authentication === undefined ? {} : { authentication }),
    });
    const address = await this.#master.start();
    this.#allocatedMs = this.#clock.monotonic();
    this.#masterPort = Number(address.split(":")[1]);
  }

  async stopMaster(): Promise<void> {
    await this.#master?.stop();
    this.#master = undefined;
  }

  showMasterToAgent(): void {
    this.#masterHidden = false;
  }

  /** Milliseconds since the last run of the allocator. */
  allocatorPhaseMs(): number {
    return (this.#clock.monotonic() - this.#allocatedMs) % 1_000;
  }

  /** Port of the agent, also while it is down. */
  get agentPort(): number {
    return this.#agentPort;
  }

  /** Starts the agent (again); it registers once its executors are back. */
  async startAgent(): Promise<void> {
    const { executorRegistrationTimeoutMs: timeout, recoveryTimeoutMs } = this.#flags;
    this.#agent = await startAgent({
      hostname: "127.0.0.1",
      ip: "127.0.0.1",
      resources: [...parseResources("cpus:8;mem:16384;disk:20000;ports:[31000-32000]")],
      attributes: [...parseAttributes("rack:r1;zone:z1")],
      workDir: join(this.#directory, "agent"),
      master: () => `127.0.0.1:${this.#masterHidden ? 1 : this.#masterPort}`,
      clock: this.#clock,
      logger: silentLogger,
      ...(recoveryTimeoutMs === undefined ? {} : { recoveryTimeoutMs }),
      ...(timeout === undefined ? {} : { executorRegistrationTimeoutMs: timeout }),
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

  /** What runs in the place of a recorded command until `endCommand`. */
  waitingCommand(command: string): string {
    return `until [ -e '${this.#endOf(command)}' ]; do sleep 0.02; done`;
  }

  async endCommand(command: string): Promise<void> {
    await writeFile(this.#endOf(command), "");
  }

  #endOf(command: string): string {
    return join(this.#directory, `end of ${command}`);
  }

  #gate(executorId: string): string | undefined {
    const root = join(this.#directory, "agent");
    const suffix = `/gate`;
    return list(root).find((path) => path.endsWith(suffix) && path.includes(`/executors/${executorId}/`));
  }

  async stop(): Promise<void> {
    await this.#clock.during(this.#agent?.stop({ unregister: true }) ?? Promise.resolve());
    await this.#clock.during(this.stopMaster());
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
