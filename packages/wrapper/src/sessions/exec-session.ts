// Exec: one command for one client, with or without a terminal. Invariant: when the session is over, nothing of it is left, however
// it ended: by itself, by the end of its client, by its time limit, or by the end of the wrapper.

import { randomBytes } from "node:crypto";
import { closeSync, fchownSync } from "node:fs";
import type { Socket } from "node:net";
import { boundedText } from "@cke/foundation/bounded-text";
import type { Clock } from "@cke/foundation/clock";
import { type ExecInput, type ExecOutputInit, type ExecStart, MessageSender } from "@cke/protocol";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { Cgroup, Cgroups } from "../cgroups/cgroup.ts";
import { noLimits } from "../cgroups/cgroup-values.ts";
import { errnoWordsOf, WrapperError } from "../errors/wrapper-error.ts";
import { type AnonymousPipe, PipeSupply } from "../process/anonymous-pipe.ts";
import { killGroup, parseSignal, signalNumber } from "../process/process-group.ts";
import { type LaunchedProcess, launch, launchFailure } from "../process/process-launch.ts";
import { ProcessTree } from "../process/process-tree.ts";
import { within } from "../process/time-limit.ts";
import { firstMessageProblem, unusableMessage } from "../validation/request-validation.ts";
import { goneSignal, serveMessages, WaitingInput } from "./call-stream.ts";
import { type ExecPlan, planExec } from "./exec-plan.ts";
import { SessionOutput } from "./session-output.ts";
import { parseReport, signalTerminal, type Terminal, TerminalResizer } from "./terminal.ts";

export type ExecCall = ServerDuplexStream<ExecInput, ExecOutputInit>;

export interface ExecDependencies {
  readonly cgroups: Cgroups;
  readonly clock: Clock;
  /** Aborted when the wrapper stops: every session then ends. */
  readonly closing: AbortSignal;
}

/** Between SIGHUP and SIGKILL for the processes of a client that went away. */
const hangUpMs = 1_000;
/** How long output may still come after everything of the session has ended. */
const drainMs = 2_000;
/** One for the process, as descriptors are. */
const pipeSupply = new PipeSupply();
const endOfTransmission = "\x04";

/** Resolves when nothing of the session is left. Never rejects. */
export async function serveExec(call: ExecCall, dependencies: ExecDependencies): Promise<void> {
  const gone = goneSignal(call);
  await serveMessages<ExecInput>(call, gone, async ({ input }, rest) => {
    if (input?.kind !== "start") {
      throw new WrapperError("invalid_argument", firstMessageProblem("start"));
    }
    const session = new ExecSession(input.value, dependencies, new MessageSender<ExecOutputInit>(call, gone), gone);
    await session.run(rest);
    if (!gone.aborted) call.end();
  });
}

class ExecSession {
  readonly #start: ExecStart;
  readonly #deps: ExecDependencies;
  readonly #sender: MessageSender<ExecOutputInit>;
  readonly #gone: AbortSignal;
  #cgroup: Cgroup | undefined;
  #tree: ProcessTree | undefined;
  #terminal: Terminal | undefined;
  #resizer: TerminalResizer | undefined;
  /** Monotonic time until which processes that were told to hang up may end by themselves. */
  #hangUpUntil = 0;
  #timedOut = false;

  constructor(
    start: ExecStart,
    dependencies: ExecDependencies,
    sender: MessageSender<ExecOutputInit>,
    gone: AbortSignal,
  ) {
    this.#start = start;
    this.#deps = dependencies;
    this.#sender = sender;
    this.#gone = gone;
  }

  /** Resolves when nothing is left. Throws WrapperError, and then nothing is left either. */
  async run(input: AsyncIterator<ExecInput>): Promise<void> {
    const { cgroups, clock, closing } = this.#deps;
    const { timeoutMs, tty } = this.#start;
    const plan = planExec(this.#start);
    const cancels: (() => void)[] = [];
    const onAbort = (signal: AbortSignal, action: () => void) => {
      signal.addEventListener("abort", action, { once: true });
      cancels.push(() => signal.removeEventListener("abort", action));
      if (signal.aborted) action();
    };
    try {
      // A name with "_" is no process name: sessions and processes never meet.
      this.#cgroup = await cgroups.open(`exec_${randomBytes(6).toString("hex")}`, noLimits);
      const pipes = await makeSessionPipes(tty);
      const child = await this.#launch(plan, pipes);
      this.#tree = new ProcessTree(cgroups.version === 0 ? undefined : this.#cgroup, child.pid, child.exited);
      onAbort(this.#gone, () => this.#hangUp());
      onAbort(closing, () => this.#tree?.kill());
      if (timeoutMs > 0) {
        cancels.push(
          clock.after(timeoutMs, () => {
            this.#timedOut = true;
            this.#tree?.kill();
          }),
        );
      }
      await this.#serve(child, pipes, input);
    } finally {
      await this.#killLeftovers();
      for (const cancel of cancels) cancel();
      await this.#removeCgroup();
    }
  }

  async #launch(plan: ExecPlan, pipes: readonly AnonymousPipe[]): Promise<LaunchedProcess> {
    const { account } = plan;
    try {
      // Its user may open /dev/stdin, /dev/stdout and /dev/stderr, as on any terminal of its own.
      if (account !== undefined) for (const pipe of pipes) fchownSync(pipe.childEnd, account.uid, account.gid);
      return await launch(
        {
          ...plan,
          joinFiles: this.#cgroup?.joinFiles ?? [],
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

  async #serve(
    child: LaunchedProcess,
    pipes: readonly AnonymousPipe[],
    input: AsyncIterator<ExecInput>,
  ): Promise<void> {
    const [stdin, stdout, stderr, report] = pipes.map((pipe) => pipe.socket);
    if (stdin === undefined || stdout === undefined || stderr === undefined) return;
    stdin.on("error", () => {});
    try {
      if (report !== undefined) await this.#awaitTerminal(report, child);
      await this.#sender.send({ output: { kind: "startedPid", value: this.#terminal?.pid ?? child.pid } });
      const output = new SessionOutput(this.#sender);
      const outputs = Promise.all([output.forward(stdout, "stdout"), output.forward(stderr, "stderr")]);
      outputs.catch(() => {});
      let refused: unknown;
      void this.#takeInput(input, stdin).catch((error: unknown) => {
        refused = error;
        this.#tree?.kill();
      });
      const exit = await child.exited;
      await this.#killLeftovers();
      await this.#drained(output, outputs);
      if (this.#gone.aborted) return;
      if (refused !== undefined) throw refused;
      if (this.#timedOut) {
        const words = `the command did not end within ${this.#start.timeoutMs} ms and was killed`;
        throw new WrapperError("deadline_exceeded", words);
      }
      const failure = this.#start.tty ? undefined : launchFailure(exit.code, output.lastErrors);
      if (failure !== undefined) throw new WrapperError("failed_precondition", failure);
      const code = exit.signal === "" ? exit.code : 128 + signalNumber(exit.signal);
      await this.#sender.send({ output: { kind: "exit", value: { code, signal: exit.signal } } });
    } finally {
      for (const { socket } of pipes) socket.destroy();
    }
  }

  /** Waits for the output as long as the client takes it. Does not wait for a pipe that a process keeps open which cannot be killed. */
  async #drained(output: SessionOutput, outputs: Promise<unknown>): Promise<void> {
    let over = false;
    const ended = outputs.then(
      () => {
        over = true;
      },
      () => {
        over = true;
      },
    );
    for (let before = -1; !over && !this.#gone.aborted && (output.sending || output.forwarded !== before); ) {
      before = output.forwarded;
      await within(drainMs, ended, this.#deps.clock);
    }
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
    if (this.#terminal === undefined) return;
    this.#tree?.addGroup(this.#terminal.pid);
    this.#resizer = new TerminalResizer(this.#terminal.device);
  }

  /** Throws WrapperError for a message that is of no use: its client does not speak this protocol. */
  async #takeInput(messages: AsyncIterator<ExecInput>, stdin: Socket): Promise<void> {
    const waiting = new WaitingInput(stdin, this.#deps.clock);
    for (;;) {
      const next = await messages.next().catch(() => undefined);
      // The client is gone: the session is being ended.
      if (next === undefined) return;
      if (next.done) break;
      const { input } = next.value;
      if (input?.kind === "stdin") await waiting.add(input.value);
      else if (input?.kind === "stdinEnd") this.#endInput(stdin);
      else if (input?.kind === "resize" || input?.kind === "signal") {
        await waiting.taken();
        if (input.kind === "resize") this.#resize(input.value);
        else this.#signal(input.value);
      } else throw new WrapperError("invalid_argument", unusableMessage("stdin, stdin_end, resize or signal"));
    }
    this.#endInput(stdin);
  }

  #endInput(stdin: Socket): void {
    if (stdin.writableEnded || stdin.destroyed) return;
    // On a terminal the first end-of-transmission may only flush an unfinished line; script adds another one.
    if (this.#start.tty) stdin.write(endOfTransmission);
    stdin.end();
  }

  #resize(size: { readonly rows: number; readonly columns: number }): void {
    const fits = (value: number) => value >= 1 && value <= 65_535;
    if (fits(size.rows) && fits(size.columns)) this.#resizer?.resize(size);
  }

  #signal(name: string): void {
    const signal = parseSignal(name);
    if (signal === undefined) {
      throw new WrapperError("invalid_argument", `signal: there is no signal ${boundedText(name, { maxBytes: 64 })}`);
    }
    if (!this.#tree?.mainAlive) return;
    if (this.#terminal !== undefined) signalTerminal(this.#terminal, signal);
    else killGroup(this.#tree.mainPid, signal);
  }

  #hangUp(): void {
    this.#hangUpUntil = this.#deps.clock.monotonic() + hangUpMs;
    this.#tree?.hangUp();
    // Not cancelled: a tree that is gone by then has nothing that could be killed.
    void this.#killAfterHangUp();
  }

  async #killAfterHangUp(): Promise<void> {
    const { clock } = this.#deps;
    while (clock.monotonic() < this.#hangUpUntil) {
      if (this.#tree?.alive() !== true) return;
      await clock.sleep(20);
    }
    if (this.#tree?.alive() === true) this.#tree.kill();
  }

  async #killLeftovers(): Promise<void> {
    const { clock } = this.#deps;
    const tree = this.#tree;
    if (tree === undefined) return;
    while (tree.alive() && clock.monotonic() < this.#hangUpUntil) await clock.sleep(20);
    for (let waitMs = 1; tree.alive() && waitMs < 5_000; waitMs *= 2) {
      tree.kill();
      await clock.sleep(waitMs);
    }
  }

  async #removeCgroup(): Promise<void> {
    const cgroup = this.#cgroup;
    for (let waitMs = 5; cgroup !== undefined && waitMs < 1_000 && !cgroup.remove(); waitMs *= 2) {
      await this.#deps.clock.sleep(waitMs);
    }
  }
}

async function makeSessionPipes(tty: boolean): Promise<readonly AnonymousPipe[]> {
  try {
    return await pipeSupply.take(["to-child", "from-child", "from-child", ...(tty ? ["from-child" as const] : [])]);
  } catch (cause) {
    throw new WrapperError("internal", `cannot make pipes: ${errnoWordsOf(cause)}`, { cause });
  }
}
