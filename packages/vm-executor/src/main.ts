// cke-vm-exec: the custom executor for one virtual machine. Only the command line is loaded eagerly.
import { parseCommandLine } from "@cke/executor-core/command-line";

const program = "cke-vm-exec";

const help = `will launch one virtual machine through libvirt. This build does not run virtual machines yet: it registers with the
agent and answers every launch with TASK_FAILED and that reason.
It is started by a Mesos agent, which sets MESOS_FRAMEWORK_ID, MESOS_EXECUTOR_ID, MESOS_AGENT_ENDPOINT and so on.`;

async function main(): Promise<void> {
  const commandLine = parseCommandLine(process.argv.slice(2), { program, help });
  if (commandLine.kind === "answer") {
    (commandLine.exitCode === 0 ? process.stdout : process.stderr).write(`${commandLine.text}\n`);
    process.exitCode = commandLine.exitCode;
    return;
  }
  const [{ runExecutor }, { VmDriver }] = await Promise.all([import("@cke/executor-core"), import("./vm-driver.ts")]);
  process.exit(await runExecutor({ program, variables: process.env, createDriver: () => new VmDriver() }));
}

void main();
