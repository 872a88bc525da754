// cke-vm-exec: the custom executor that Mesos starts once for each virtual machine. Only the command line is loaded eagerly.
import { parseCommandLine } from "@cke/executor-core/command-line";

const program = "cke-vm-exec";

const help = `launches one virtual machine through libvirt and watches over it.
It is started by a Mesos agent, which sets MESOS_FRAMEWORK_ID, MESOS_EXECUTOR_ID, MESOS_AGENT_ENDPOINT and so on.

Environment:
  CKE_LIBVIRT_URI      as -libvirt_uri
  CKE_VM_DIR           directory on this host for images and the data of virtual machines; default what the scheduler says
                       (-vm_data_path), else /var/lib/cke
  CKE_RUN_DIR          directory on this host for their sockets; default /run/cke
  CKE_DOMAIN_LOG_DIR   where libvirt writes what QEMU says; default what the scheduler says (-vm_log_path), else
                       /var/log/libvirt/qemu
  CKE_LOG_LEVEL        error, warning, info or debug, until the scheduler sets another; default info

SIGTERM ends the executor and leaves its virtual machine running: the next executor of the same one adopts it. So does an agent that
stays away longer than its recovery timeout, unless all of its disks are shared, so that it may run elsewhere meanwhile: then it is
ended. Mesos' SHUTDOWN, and a kill of the task, ask the guest to shut down and end it after the grace; its disks stay, unless the
scheduler has ordered this executor to remove the virtual machine with its data.

  -libvirt_uri <uri>   the libvirt daemon: qemu:///system, or qemu:///system?socket=/path; default what the scheduler says
                       (-vm_libvirt_uri), else the system's daemon
  -cleanup <vm>[@<instance>]
                       remove the domain, disks and sockets of that virtual machine from this host, running or not, whatever
                       framework made it, and exit. One that was deleted and created again is another instance (label
                       cke.instance): when there are several on this host, one has to be named`;

const flags = [
  {
    name: "libvirt_uri",
    type: "string",
    once: true,
    meaning: "the libvirt daemon",
    allowed: "qemu:///system, or qemu:///system?socket=/path",
  },
  {
    name: "cleanup",
    type: "string",
    once: true,
    meaning: "remove what that virtual machine has on this host",
    allowed: "<vm>[@<instance>]",
  },
] as const;

async function main(): Promise<void> {
  const commandLine = parseCommandLine(process.argv.slice(2), { program, help, flags });
  if (commandLine.kind === "answer") {
    (commandLine.exitCode === 0 ? process.stdout : process.stderr).write(`${commandLine.text}\n`);
    process.exitCode = commandLine.exitCode;
    return;
  }
  const variables = { ...process.env };
  const uri = commandLine.values.get("libvirt_uri");
  if (uri !== undefined) variables.CKE_LIBVIRT_URI = uri;
  const target = commandLine.values.get("cleanup");
  const { runVmExecutor, runCleanup } = await import("./run.ts");
  process.exit(target === undefined ? await runVmExecutor(variables) : await runCleanup(target, variables));
}

// An error that gets here is a programming error: Node prints it and exits with 1.
void main();
