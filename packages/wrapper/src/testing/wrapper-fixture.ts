// A real wrapper (src/main.ts) in its own process on a private socket, directories and cgroup sub-tree, and a typed client.
// `dispose` leaves nothing behind and fails when the wrapper does.
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ProcessState, RpcDefinition, WatchEvent, WatchRequestInit } from "@cke/protocol";
import { wrapperService } from "@cke/protocol";
import {
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from "@grpc/grpc-js";

export const mainFile = fileURLToPath(new URL("../main.ts", import.meta.url));

/** For all that comes when the machine has time. A test has ten minutes, and is to say what it has seen. */
const longestMs = 240_000;

export class WrapperFixture {
  readonly directory: string;
  readonly socket: string;
  readonly cgroup: string;
  readonly client: Client;
  readonly child: ChildProcess;
  log = "";

  private constructor(directory: string, cgroup: string, child: ChildProcess) {
    this.directory = directory;
    this.socket = join(directory, "w.sock");
    this.cgroup = cgroup;
    this.child = child;
    // A connection of its own: a shared one could still be that of a wrapper that has just died.
    this.client = new Client(`unix:${this.socket}`, credentials.createInsecure(), {
      "grpc.use_local_subchannel_pool": 1,
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      this.log += chunk.toString("utf8");
    });
  }

  static async start(extra: { readonly args?: readonly string[]; readonly environment?: NodeJS.ProcessEnv } = {}) {
    const directory = mkdtempSync(join(tmpdir(), "cke-wrapper-"));
    return WrapperFixture.startIn(directory, `/cke-test-${randomBytes(5).toString("hex")}`, extra);
  }

  /** A new wrapper in the place of one that has died. */
  startAgain(): Promise<WrapperFixture> {
    return WrapperFixture.startIn(this.directory, this.cgroup, {});
  }

  /** Another client of the same wrapper. */
  reconnect(): WrapperFixture {
    return new WrapperFixture(this.directory, this.cgroup, this.child);
  }

  static async startIn(
    directory: string,
    cgroup: string,
    extra: { readonly args?: readonly string[]; readonly environment?: NodeJS.ProcessEnv },
  ): Promise<WrapperFixture> {
    const args = [
      mainFile,
      "-socket",
      join(directory, "w.sock"),
      `-output_dir=${join(directory, "output")}`,
      "--state_dir",
      join(directory, "state"),
      `--cgroup=${cgroup}`,
      ...(extra.args ?? []),
    ];
    const child = spawn(process.execPath, args, {
      stdio: ["ignore", "inherit", "pipe"],
      env: { ...process.env, ...extra.environment },
    });
    const fixture = new WrapperFixture(directory, cgroup, child);
    await new Promise<void>((resolve, reject) => {
      fixture.client.waitForReady(Date.now() + longestMs, (error) => {
        if (error === undefined) return resolve();
        // A wrapper that is left over would keep the test run from its end.
        child.kill("SIGKILL");
        reject(new Error(`the wrapper does not answer: ${fixture.log}`));
      });
    });
    return fixture;
  }

  /** Ends the wrapper with SIGTERM and checks that it says all is well. */
  async dispose(): Promise<void> {
    this.client.close();
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill("SIGTERM");
      await once(this.child, "exit");
      if (this.child.exitCode !== 0) throw new Error(`the wrapper exited with ${this.child.exitCode}: ${this.log}`);
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  emptyMetadata(): Metadata {
    return new Metadata();
  }

  /** The cgroups of exec sessions: what is left of them. */
  sessionCgroups(): readonly string[] {
    const memory = `/sys/fs/cgroup/memory${this.cgroup}`;
    return existsSync(memory) ? readdirSync(memory).filter((name) => name.startsWith("exec_")) : [];
  }

  call<Request, Init, Response, ResponseInit>(
    method: RpcDefinition<Request, Init, Response, ResponseInit>,
    request: Init,
    deadlineMs = longestMs,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        { deadline: Date.now() + deadlineMs },
        (error, response) => {
          if (error !== null) reject(error);
          else if (response === undefined) reject(new Error("no response"));
          else resolve(response);
        },
      );
    });
  }

  /** Status name and words of a call that must fail. */
  async refusal(call: Promise<unknown>): Promise<string> {
    try {
      await call;
    } catch (error) {
      return refusalOf(error);
    }
    throw new Error("the call did not fail");
  }

  readStream<Request, Init, Response, ResponseInit>(
    method: RpcDefinition<Request, Init, Response, ResponseInit>,
    request: Init,
  ): ClientReadableStream<Response> {
    return this.client.makeServerStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
    );
  }

  duplex<Request, Init, Response, ResponseInit>(
    method: RpcDefinition<Request, Init, Response, ResponseInit>,
  ): ClientDuplexStream<Init, Response> {
    return this.client.makeBidiStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      new Metadata(),
    );
  }

  putFile(path: string, content: string | Uint8Array, mode = 0, unflushed = false) {
    const method = wrapperService.putFile;
    return new Promise<ReturnType<typeof method.responseDeserialize>>((resolve, reject) => {
      const call = this.client.makeClientStreamRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        new Metadata(),
        (error, response) => (error !== null || response === undefined ? reject(error) : resolve(response)),
      );
      const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
      call.write({ input: { kind: "header", value: { path, mode, unflushed, ...owner } } });
      const bytes = Buffer.from(content);
      for (let at = 0; at < bytes.length; at += 65_536) {
        call.write({ input: { kind: "data", value: bytes.subarray(at, at + 65_536) } });
      }
      call.end();
    });
  }

  /** Collects events until one satisfies the condition. Fails in the end, with what came. */
  async watchUntil(
    accept: (event: WatchEvent) => boolean,
    request: WatchRequestInit = {},
  ): Promise<readonly WatchEvent[]> {
    const events: WatchEvent[] = [];
    const stream = this.readStream(wrapperService.watch, request);
    const timer = setTimeout(() => stream.cancel(), longestMs);
    try {
      for await (const item of stream) {
        const event: WatchEvent = item;
        events.push(event);
        if (accept(event)) return events;
      }
      throw new Error("the stream ended");
    } catch (error) {
      const states = events.map(({ state }) => `${state?.name} ${state?.phase} ${state?.reason}`);
      throw new Error(`${refusalOf(error)}; events:\n${states.join("\n")}\nlog:\n${this.log}`, { cause: error });
    } finally {
      clearTimeout(timer);
      stream.cancel();
    }
  }

  /** The first state of a process that satisfies the condition, from the present one on. */
  async waitFor(name: string, accept: (state: ProcessState) => boolean): Promise<ProcessState> {
    const events = await this.watchUntil(({ state }) => state?.name === name && accept(state));
    const state = events.at(-1)?.state;
    if (state === undefined) throw new Error("no state");
    return state;
  }
}

export function refusalOf(error: unknown): string {
  if (!isServiceError(error)) return String(error);
  return `${status[error.code]}: ${error.details}`;
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && "details" in error;
}

/** Whether a process exists and is not a zombie that its new parent has yet to reap; proc_pid_stat(5). */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !"ZX".includes(stat.charAt(stat.lastIndexOf(")") + 2));
  } catch {
    return false;
  }
}
