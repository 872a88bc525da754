// An executor with a driver that records its calls, at a fake agent on loopback.
import { type Clock, silentLogger, systemClock } from "@cke/foundation";
import { readExecutorEnvironment } from "@cke/mesos";
import { expect, vi } from "vitest";
import type { ExecutorContext, ExecutorDriver, KillOptions, LaunchedTask } from "../driver.ts";
import { Executor } from "../executor.ts";
import { MesosAgentLink } from "../mesos-agent-link.ts";
import { FakeAgent } from "./fake-agent.ts";

export class ScriptedDriver implements ExecutorDriver {
  readonly calls: string[] = [];
  context: ExecutorContext | undefined;
  onShutdown: () => Promise<void> = async () => {};

  start(context: ExecutorContext): void {
    this.context = context;
    this.calls.push("start");
  }
  launch(task: LaunchedTask): void {
    this.calls.push(`launch ${task.id} ${Buffer.from(task.data).toString("utf8")}`);
  }
  launchGroup(tasks: readonly LaunchedTask[]): void {
    this.calls.push(`group ${tasks.map(({ id }) => id).join(" ")}`);
  }
  kill(task: LaunchedTask, { graceMs }: KillOptions): void {
    this.calls.push(`kill ${task.id}${graceMs === undefined ? "" : ` ${graceMs}`}`);
  }
  message(data: Uint8Array): void {
    this.calls.push(`message ${Buffer.from(data).toString("utf8")}`);
  }
  async shutdown(): Promise<void> {
    this.calls.push("shutdown");
    await this.onShutdown();
  }
  async agentLost(): Promise<void> {
    this.calls.push("agent lost");
  }
  async detach(): Promise<void> {
    this.calls.push("detach");
  }
}

const agents: FakeAgent[] = [];

/** Stops one agent: it does not come back. */
export async function stopAgent(agent: FakeAgent): Promise<void> {
  agents.splice(agents.indexOf(agent), 1);
  await agent.stop();
}

/** Stops the agents of this file's executors. */
export async function stopAgents(): Promise<void> {
  for (const agent of agents.splice(0)) await agent.stop();
}

export interface RunOptions {
  readonly exitWaitMs?: number;
  readonly recovery?: string;
  readonly clock?: Clock;
  readonly dismissing?: boolean;
  /** Gives the executor's token for its agent. */
  readonly token?: () => string | undefined;
}

/** Starts an executor with a scripted driver at a fake agent on loopback. */
export async function startExecutor({ dismissing = false, ...options }: RunOptions = {}) {
  const agent = new FakeAgent({ frameworkId: "f-1", executorData: Buffer.from("configuration") });
  agent.dismissing = dismissing;
  await agent.start();
  agents.push(agent);
  const { recovery = "15mins", clock = systemClock, token: authenticationToken, ...settings } = options;
  const environment = {
    ...readExecutorEnvironment({ ...agent.environment("e-1"), MESOS_RECOVERY_TIMEOUT: recovery }),
    ...(authenticationToken === undefined ? {} : { authenticationToken }),
  };
  const driver = new ScriptedDriver();
  const parts = { clock, logger: silentLogger };
  const executor = new Executor({
    executorId: "e-1",
    frameworkId: "f-1",
    link: new MesosAgentLink({ environment, ...parts }),
    driver,
    ...parts,
    ...settings,
  });
  return { agent, driver, executor, end: executor.run() };
}

/** The same, when the agent has subscribed it. */
export async function subscribedExecutor(options: RunOptions = {}) {
  const { agent, driver, executor, end } = await startExecutor(options);
  const context = await vi.waitUntil(() => driver.context, { timeout: 60_000 });
  const called = (call: string) => expect.poll(() => driver.calls).toContain(call);
  return { agent, driver, executor, end, context, called };
}

export const data = (text: string) => new Uint8Array(Buffer.from(text));
