// Launches the executor of a run: sandbox, URIs, process. The pid is durable before the process may do anything, so that an
// executor is never lost.
import { CkeError } from "@cke/foundation";
import type { CommandInfo } from "@cke/mesos";
import { durationMs } from "../../wire/duration.ts";
import { releaseOnceDurable, startContained } from "../containerizer/contained-process.ts";
import type { SystemUser } from "../containerizer/system-user.ts";
import type { AgentContext } from "../state/agent-context.ts";
import type { AgentFramework, ExecutorRun } from "../state/agent-state.ts";
import { ContainerUnsupported, unsupportedContainer } from "./container-support.ts";
import { executorEnvironment } from "./executor-environment.ts";
import { createSandbox, giveTo, runAs } from "./sandbox.ts";

/** argv of a command: through a shell unless it says otherwise. */
export function commandLine(command: CommandInfo): string[] {
  const { value = "" } = command;
  return (command.shell ?? true) ? ["/bin/sh", "-c", value] : [value, ...(command.arguments ?? []).slice(1)];
}

/** Environment of a run's processes; `command` brings the variables that the framework asked for. */
export function runEnvironment(context: AgentContext, run: ExecutorRun, command: CommandInfo): Record<string, string> {
  const { settings, state, port } = context;
  return executorEnvironment({
    agentId: state.agentId ?? "",
    ip: settings.ip,
    port: port(),
    frameworkId: run.key.framework,
    executorId: run.key.executor,
    sandbox: run.sandbox,
    checkpoint: run.checkpoint,
    recoveryTimeoutMs: settings.recoveryTimeoutMs,
    shutdownGraceMs: durationMs(run.info.shutdown_grace_period) ?? settings.executorShutdownGracePeriodMs,
    command,
  });
}

/** A variable that marks every process of the run's container. */
export const containerMark = (run: ExecutorRun) => `MESOS_SANDBOX=${run.sandbox}`;

/** The user of the run's processes; undefined for the agent's own user. */
export async function runUser(
  framework: AgentFramework,
  command: CommandInfo | undefined,
): Promise<SystemUser | undefined> {
  return await runAs(command?.user ?? framework.info.user);
}

/**
 * Prepares the sandbox of a run and starts its executor, or calls `startTasks` (on the agent's queue) when the agent runs
 * the tasks itself. Throws ContainerUnsupported, or CkeError when it cannot or when the run was killed meanwhile.
 */
export async function startExecutor(
  context: AgentContext,
  run: ExecutorRun,
  startTasks: () => Promise<void>,
): Promise<void> {
  const framework = context.state.framework(run.key.framework);
  if (framework === undefined) throw new CkeError("launch_cancelled", "the framework is gone");
  const [firstTask] = run.tasks.values();
  const command = run.kind === "command" ? firstTask?.info.command : run.info.command;
  const container = run.kind === "command" ? firstTask?.info.container : run.info.container;
  const unsupported = unsupportedContainer(container, command);
  if (unsupported !== undefined) throw new ContainerUnsupported(unsupported);
  const user = await runUser(framework, command);
  await createSandbox(run.sandbox, user);
  await context.fetcher.fetch({
    uris: command?.uris ?? [],
    sandbox: run.sandbox,
    stderr: `${run.sandbox}/stderr`,
    user: user?.name ?? framework.info.user,
    containerId: run.key.container,
    signal: run.launching.signal,
  });
  await giveTo(user, run.sandbox);
  await context.queue.run(async () => {
    if (run.state !== "registering") throw new CkeError("launch_cancelled", "the executor was killed before its start");
    if (run.kind === "custom") {
      await spawnExecutor(context, run, user);
      return;
    }
    run.state = "running";
    run.subscribed = true;
    await context.checkpoint.saveRun(run.key, run.record());
    await startTasks();
  });
}

/** Socket and token of the run's executor, where the agent uses them. */
function accessOf({ settings, paths, tokens }: AgentContext, run: ExecutorRun): Record<string, string> {
  const token = tokens()?.issue(run.key);
  return {
    ...(settings.executorDomainSocket ? { MESOS_DOMAIN_SOCKET: paths.domainSocket() } : {}),
    ...(token === undefined ? {} : { MESOS_EXECUTOR_AUTHENTICATION_TOKEN: token }),
  };
}

async function spawnExecutor(context: AgentContext, run: ExecutorRun, user: SystemUser | undefined): Promise<void> {
  const { command = {} } = run.info;
  const held = await startContained({
    argv: commandLine(command),
    environment: { ...accessOf(context, run), ...runEnvironment(context, run, command) },
    directory: run.sandbox,
    stdout: `${run.sandbox}/stdout`,
    stderr: `${run.sandbox}/stderr`,
    statusFile: context.checkpoint.statusFile(run.key),
    mark: containerMark(run),
    ...(user === undefined ? {} : { user }),
  });
  run.process = held;
  await releaseOnceDurable(held, () => context.checkpoint.saveRun(run.key, run.record()));
}
