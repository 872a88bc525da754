// Shorthand for the agent's tests: an agent with a scripted master in a private directory, and messages to launch with.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FrameworkInfo, Resources, type TaskInfo } from "@cke/mesos";
import type { MasterMessage } from "../../link/index.ts";
import { startAgent } from "../agent.ts";
import type { AgentHandle, AgentOptions } from "../state/agent-options.ts";
import type { CrashPlan } from "./crash-points.ts";
import { ScriptedMaster } from "./scripted-master.ts";

export const frameworkId = { value: "11111111-2222-3333-4444-555555555555-0000" };

export const frameworkInfo: FrameworkInfo = {
  user: process.getuid?.() === 0 ? "root" : (process.env.USER ?? "nobody"),
  name: "test",
  checkpoint: true,
  roles: ["dev"],
  capabilities: [{ type: "MULTI_ROLE" }, { type: "TASK_KILLING_STATE" }, { type: "PARTITION_AWARE" }],
};

const testExecutor = join(import.meta.dirname, "test-executor.ts");

interface TaskOptions {
  readonly id: string;
  readonly executor?: string;
  readonly uris?: NonNullable<TaskInfo["command"]>["uris"];
  readonly environment?: Readonly<Record<string, string>>;
  readonly graceMs?: number;
  readonly command?: string;
}

type RunTask = Extract<MasterMessage, { type: "RUN_TASK" }>;

/** The command line of a program for Node, with the compile cache of the tests: an executor has an environment of its own. */
export function nodeCommand(program: string): string {
  return `NODE_COMPILE_CACHE='${process.env.NODE_COMPILE_CACHE ?? ""}' exec '${process.execPath}' '${program}'`;
}

/** RUN_TASK of a task on the test executor. */
export function runTask(options: TaskOptions, info: FrameworkInfo = frameworkInfo): RunTask {
  const { id, executor = "exec-1", uris = [], environment = {}, graceMs = 3_000 } = options;
  const variables = Object.entries(environment).map(([name, value]) => ({ name, value }));
  const executor_info = {
    type: "CUSTOM",
    executor_id: { value: executor },
    framework_id: frameworkId,
    command: {
      value: options.command ?? nodeCommand(testExecutor),
      uris: [...uris],
      environment: { variables },
    },
    resources: [Resources.scalar("cpus", 0.1), Resources.scalar("mem", 32)],
    shutdown_grace_period: { nanoseconds: graceMs * 1e6 },
  };
  const task = {
    name: `task ${id}`,
    task_id: { value: id },
    agent_id: { value: "11111111-2222-3333-4444-555555555555-S0" },
    resources: [Resources.scalar("cpus", 0.5), Resources.scalar("mem", 64)],
    executor: executor_info,
  };
  return { type: "RUN_TASK", framework_id: frameworkId, framework_info: info, executor_info, task };
}

/** RUN_TASK of a command task. */
export function runCommand(
  id: string,
  command: NonNullable<TaskInfo["command"]>,
  more: Partial<TaskInfo> = {},
): RunTask {
  const task = {
    name: `task ${id}`,
    task_id: { value: id },
    agent_id: { value: "11111111-2222-3333-4444-555555555555-S0" },
    resources: [Resources.scalar("cpus", 0.5), Resources.scalar("mem", 64)],
    command,
    ...more,
  };
  return { type: "RUN_TASK", framework_id: frameworkId, framework_info: frameworkInfo, task };
}

type RunGroup = Extract<MasterMessage, { type: "RUN_TASK_GROUP" }>;

/** RUN_TASK_GROUP on the test executor (CUSTOM) or on the default executor. */
export function runGroup(ids: readonly string[], { type }: { readonly type: "CUSTOM" | "DEFAULT" }): RunGroup {
  const messages = ids.map((id) => runTask({ id }));
  const { executor_info: custom } = runTask({ id: "any" });
  if (custom === undefined) throw new Error("unreachable");
  const { command: _command, ...rest } = custom;
  const executor_info = type === "DEFAULT" ? { ...rest, type } : custom;
  const tasks = messages.map(({ task: { executor: _, ...task } }) => task);
  return { type: "RUN_TASK_GROUP", framework_id: frameworkId, framework_info: frameworkInfo, executor_info, tasks };
}

interface FixtureOptions extends Partial<Omit<AgentOptions, "logger" | "clock" | "master">> {
  /** True runs the agent as a process that can be killed. */
  readonly separateProcess?: boolean;
  /** Where that process kills itself; without `at` it only writes down its points, in `trace`. */
  readonly crash?: Omit<CrashPlan, "trace">;
}

const agentProgram = join(import.meta.dirname, "agent-program.ts");

export class AgentFixture implements AsyncDisposable {
  readonly master = new ScriptedMaster();
  readonly workDir: string;
  #agent: AgentHandle | undefined;
  #process: ChildProcess | undefined;
  #died: Promise<void> = Promise.resolve();
  port = 0;
  /** File with the points of the newest agent that has a plan to crash, one a line. */
  trace = "";

  private constructor(workDir: string) {
    this.workDir = workDir;
  }

  static async make(options: FixtureOptions = {}): Promise<AgentFixture> {
    const fixture = new AgentFixture(await mkdtemp(join(tmpdir(), "cke-agent-")));
    await fixture.master.start();
    await fixture.startAgent(options);
    return fixture;
  }

  get agent(): AgentHandle {
    if (this.#agent === undefined) throw new Error("the agent is not running in this process");
    return this.#agent;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The sandbox of the newest run of an executor. */
  sandbox(executor = "exec-1"): string {
    const names = [this.master.agentId, "frameworks", frameworkId.value, "executors", executor, "runs", "latest"];
    return join(this.workDir, "slaves", ...names);
  }

  /** Resolves when the agent has registered. */
  async startAgent({ separateProcess = false, crash, ...options }: FixtureOptions = {}): Promise<void> {
    const all = {
      hostname: "127.0.0.1",
      ip: "127.0.0.1",
      workDir: this.workDir,
      master: this.master.address,
      resources: [Resources.scalar("cpus", 8), Resources.scalar("mem", 16384)],
      // Mesos' default of 2 s is too short for a busy machine.
      executorReregistrationTimeoutMs: 30_000,
      ...options,
    };
    if (!separateProcess) {
      this.#agent = await startAgent(all);
      this.port = this.agent.port;
      await this.agent.registered();
      return;
    }
    const known = this.master.registrations.length;
    this.trace = join(this.workDir, `trace-${known}`);
    const plan = crash === undefined ? [] : [JSON.stringify({ ...crash, trace: this.trace })];
    const child = spawn(process.execPath, [agentProgram, JSON.stringify(all), ...plan], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    this.#process = child;
    this.#died = once(child, "exit").then(() => this.master.silence());
    await this.master.until(() => this.master.registrations.length > known, "REGISTER");
    this.port = this.master.registrations.at(-1)?.port ?? 0;
  }

  async stopAgent(): Promise<void> {
    await this.#agent?.stop();
    this.#agent = undefined;
  }

  /** kill -9; resolves when the master has read the agent's last words too. */
  async crashAgent(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    this.#process?.kill(signal);
    await this.agentDied();
  }

  /** Resolves when the agent's process is dead and the master has read its last words. */
  async agentDied(): Promise<void> {
    await this.#died;
    this.#process = undefined;
  }

  say(text: string, executor = "exec-1"): void {
    const data = Buffer.from(text).toString("base64");
    const executor_id = { value: executor };
    this.master.send({ type: "FRAMEWORK_MESSAGE", framework_id: frameworkId, executor_id, data });
  }

  /** The executor's messages as texts. */
  heard(): string[] {
    return this.master.messages.flatMap((message) =>
      message.type === "FRAMEWORK_MESSAGE" ? [Buffer.from(message.data, "base64").toString("utf8")] : [],
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent?.stop({ unregister: true });
    await this.crashAgent("SIGTERM");
    await this.master.stop();
    await rm(this.workDir, { recursive: true, force: true });
  }
}
