// Exec: one command for one client, with or without a terminal. The session is over when the command is, and then nothing of
// it is left: not when it ends by itself, not when the client goes away, not when the time is up.

import { randomBytes } from "node:crypto";
import { closeSync } from "node:fs";
import type { Socket } from "node:net";
import type { Clock } from "@cke/foundation/clock";
import type { EnvironmentVariable, ExecInput, ExecOutputInit, ExecStart, TerminalSize } from "@cke/protocol";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { Cgroup, Cgroups } from "../cgroups/cgroup.ts";
import { noLimits } from "../cgroups/cgroup-values.ts";
import { endWithError } from "../errors/grpc-status.ts";
import { errnoWordsOf, WrapperError } from "../errors/wrapper-error.ts";
import { type AnonymousPipe, makePipes } from "../process/anonymous-pipe.ts";
import { killGroup, parseSignal } from "../process/process-group.ts";
import { checkLaunch, type LaunchedProcess, launch, launchFailure } from "../process/process-launch.ts";
import { within } from "../process/time-limit.ts";
import { checkCommand, checkEnvironment, checkPath, Problems } from "../validation/request-validation.ts";
import { parseReport, signalTerminal, type Terminal, TerminalResizer, terminalCommand } from "./terminal.ts";

export type ExecCall = ServerDuplexStream<ExecInput, ExecOutputInit>;

export interface ExecParts {
  readonly cgroups: Cgroups;
  readonly clock: Clock;
  /** Every session is in here until nothing is left of it. */
  readonly sessions: Set<Promise<void>>;
  /** Aborted when the wrapper stops: every session then ends. */
  readonly closing: AbortSignal;
}

/** How long output may still come after everything of the session has ended. */
const drainMs = 2_000;
const endOfTransmission = "\x04";

export function serveExec(call: ExecCall, parts: ExecParts): void {
  call.once("data", ({ input }: ExecInput) => {
    call.pause();
    if (input?.kind !== "start") {
      endWithError(call, new WrapperError("invalid_argument", "start: must be the first message"));
      return;
    }
    const session = new ExecSession(call, input.value, parts);
    const over = session.run().catch((error: unknown) => endWithError(call, error));
    parts.sessions.add(over);
    void over.finally(() => parts.sessions.delete(over));
  });
}

class ExecSession {
  readonly #call: ExecCall;
  readonly #start: ExecStart;
  readonly #parts: ExecParts;
  #cgroup: Cgroup | undefined;
  #process: LaunchedProcess | undefined;
  #terminal: Terminal | undefined;
  #resizer: TerminalResizer | undefined;
  #wantedSize: TerminalSize | undefined;
  #timedOut = false;
  #mainAlive = false;

  constructor(call: ExecCall, start: ExecStart, parts: ExecParts) {
    this.#call = call;
    this.#start = start;
    this.#parts = parts;
  }

  /** Resolves when the call has ended. Throws WrapperError, and then nothing is left either. */
  async run(): Promise<void> {
    const { command, environment, workingDirectory, tty, timeoutMs } = this.#start;
    checkStart(this.#start);
    checkLaunch({ command, workingDirectory });
    if (tty) checkLaunch({ command: terminalCommand(command, undefined), workingDirectory });
    let cancelTimer = () => {};
    const close = () => this.#kill();
    try {
      // A name with "_" is no process name: sessions and processes never meet.
      const cgroup = await this.#parts.cgroups.open(`exec_${randomBytes(6).toString("hex")}`, noLimits);
      this.#cgroup = cgroup;
      const pipes = await this.#pipes(tty);
      const variables =
        tty && !environment.some(({ name }) => name === "TERM") ? [{ name: "TERM", value: "xterm" }] : [];
      const child = await this.#launch(pipes, cgroup, variables);
      this.#process = child;
      this.#mainAlive = true;
      void child.exited.then(() => {
        this.#mainAlive = false;
      });
      this.#call.on("cancelled", () => this.#kill());
      this.#parts.closing.addEventListener("abort", close, { once: true });
      if (this.#call.cancelled || this.#parts.closing.aborted) this.#kill();
      if (timeoutMs > 0) {
        cancelTimer = this.#parts.clock.after(timeoutMs, () => {
          this.#timedOut = true;
          this.#kill();
        });
      }
      await this.#serve(child, pipes);
    } finally {
      cancelTimer();
      this.#parts.closing.removeEventListener("abort", close);
      await this.#clean();
    }
  }

  async #launch(
    pipes: readonly AnonymousPipe[],
    cgroup: Cgroup,
    variables: readonly EnvironmentVariable[],
  ): Promise<LaunchedProcess> {
    const { command, environment, workingDirectory, tty, size } = this.#start;
    const shell = tty ? [{ name: "SHELL", value: "/bin/sh" }] : [];
    try {
      return await launch(
        {
          command: tty ? terminalCommand(command, size) : command,
          environment: [...variables, ...environment, ...shell],
          workingDirectory,
          joinFiles: cgroup.joinFiles,
          // It has no limit of its own: when the container has no memory left, it goes before any process of the node.
          oomScoreAdjustment: 1_000,
        },
        pipes.map((pipe) => pipe.childEnd),
      );
    } catch (error) {
      for (const pipe of pipes) pipe.socket.destroy();
      throw error;
    } finally {
      for (const pipe of pipes) closeSync(pipe.childEnd);
    }
  }

  async #pipes(tty: boolean): Promise<readonly AnonymousPipe[]> {
    try {
      const directions = ["to-child", "from-child", "from-child", ...(tty ? ["from-child" as const] : [])] as const;
      return await makePipes(directions);
    } catch (cause) {
      throw new WrapperError("internal", `cannot make pipes: ${errnoWordsOf(cause)}`, { cause });
    }
  }

  async #serve(child: LaunchedProcess, pipes: readonly AnonymousPipe[]): Promise<void> {
    const [stdin, stdout, stderr, report] = pipes.map((pipe) => pipe.socket);
    if (stdin === undefined || stdout === undefined || stderr === undefined) return;
    let errors = "";
    const outputs = [this.#forward(stdout, "stdout"), this.#forward(stderr, "stderr")];
    stderr.on("data", (chunk: Buffer) => {
      errors = `${errors}${chunk.toString("utf8")}`.slice(-2_048);
    });
    this.#call.on("drain", () => {
      stdout.resume();
      stderr.resume();
    });
    stdin.on("error", () => {});
    if (report === undefined) this.#call.write({ output: { kind: "startedPid", value: child.pid } });
    else await this.#awaitTerminal(report, child);
    this.#takeInput(stdin);
    const { code, signal } = await child.exited;
    await this.#killLeftovers();
    await within(drainMs, Promise.all(outputs), this.#parts.clock);
    stdin.destroy();
    stdout.destroy();
    stderr.destroy();
    if (this.#call.cancelled) return;
    if (this.#timedOut) {
      throw new WrapperError(
        "deadline_exceeded",
        `the command did not end within ${this.#start.timeoutMs} ms and was killed`,
      );
    }
    const failure = this.#start.tty ? undefined : launchFailure(code, errors);
    if (failure !== undefined) throw new WrapperError("failed_precondition", failure);
    this.#call.write({ output: { kind: "exit", value: { code, signal } } });
    this.#call.end();
  }

  /** Sends what comes from a pipe, no faster than the client reads. Resolves at its end. */
  #forward(socket: Socket, kind: "stdout" | "stderr"): Promise<void> {
    return new Promise((resolve) => {
      socket.on("data", (value: Buffer) => {
        if (!this.#call.cancelled && !this.#call.write({ output: { kind, value } })) socket.pause();
      });
      socket.on("error", () => {});
      socket.once("close", () => resolve());
    });
  }

  /** The line of shell in the terminal reports before anything else happens there. */
  async #awaitTerminal(report: Socket, child: LaunchedProcess): Promise<void> {
    let text = "";
    report.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      if (text.includes("\n")) report.destroy();
    });
    report.on("error", () => {});
    await Promise.race([new Promise((resolve) => report.once("close", resolve)), child.exited]);
    report.destroy();
    this.#terminal = parseReport(text);
    if (this.#terminal !== undefined) this.#resizer = new TerminalResizer(this.#terminal.device);
    this.#call.write({ output: { kind: "startedPid", value: this.#terminal?.pid ?? child.pid } });
    if (this.#wantedSize !== undefined) this.#resize(this.#wantedSize);
  }

  #takeInput(stdin: Socket): void {
    let ended = false;
    const end = () => {
      if (ended) return;
      ended = true;
      // On a terminal the first end-of-transmission may only flush an unfinished line; script adds another one.
      if (this.#start.tty) stdin.write(endOfTransmission);
      stdin.end();
    };
    this.#call.on("data", ({ input }: ExecInput) => {
      if (input?.kind === "stdin" && !ended && !stdin.write(input.value)) this.#call.pause();
      if (input?.kind === "stdinEnd") end();
      if (input?.kind === "resize") this.#resize(input.value);
      if (input?.kind === "signal") this.#signal(input.value);
    });
    stdin.on("drain", () => this.#call.resume());
    // A command that does not read its input any more must not keep the client's other messages waiting.
    stdin.on("close", () => this.#call.resume());
    this.#call.on("end", end);
    this.#call.resume();
  }

  #resize(size: TerminalSize): void {
    if (this.#resizer === undefined) this.#wantedSize = size;
    else if (size.rows > 0 && size.columns > 0) this.#resizer.resize(size);
  }

  #signal(name: string): void {
    const signal = parseSignal(name);
    if (signal === undefined || !this.#mainAlive || this.#process === undefined) return;
    if (this.#terminal !== undefined) signalTerminal(this.#terminal, signal);
    else killGroup(this.#process.pid, signal);
  }

  #kill(): void {
    const pid = this.#process?.pid;
    if (pid !== undefined && (this.#mainAlive || this.#parts.cgroups.version === 0)) {
      killGroup(pid, "SIGKILL");
      if (this.#terminal !== undefined) killGroup(this.#terminal.pid, "SIGKILL");
    }
    this.#cgroup?.kill();
  }

  async #killLeftovers(): Promise<void> {
    const pid = this.#process?.pid;
    const left = () =>
      this.#parts.cgroups.version > 0 ? (this.#cgroup?.pids().length ?? 0) > 0 : pid !== undefined && killGroup(pid, 0);
    for (let waitMs = 1; left() && waitMs < 5_000; waitMs *= 2) {
      this.#kill();
      await this.#parts.clock.sleep(waitMs);
    }
  }

  async #clean(): Promise<void> {
    await this.#killLeftovers();
    const cgroup = this.#cgroup;
    for (let waitMs = 5; cgroup !== undefined && waitMs < 1_000 && !cgroup.remove(); waitMs *= 2) {
      await this.#parts.clock.sleep(waitMs);
    }
  }
}

function checkStart(start: ExecStart): void {
  const problems = new Problems();
  checkCommand(start.command, "start.command", problems, true);
  checkEnvironment(start.environment, "start.environment", problems);
  if (start.workingDirectory !== "") checkPath(start.workingDirectory, "start.working_directory", problems);
  if (start.size !== undefined && (start.size.rows > 65_535 || start.size.columns > 65_535)) {
    problems.add("start.size", "must not exceed 65535 rows and columns");
  }
  problems.throwIfAny();
}
