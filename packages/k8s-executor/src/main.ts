// cke-k8s-exec: the custom executor that Mesos starts once for each KubeNode. Only the command line is loaded eagerly.
import { parseCommandLine } from "@cke/executor-core/command-line";

const program = "cke-k8s-exec";

const help = `creates one KubeNode (a container that is a Kubernetes node) and drives the wrapper in it.
It is started by a Mesos agent, which sets MESOS_FRAMEWORK_ID, MESOS_EXECUTOR_ID, MESOS_AGENT_ENDPOINT and so on.

Environment:
  DOCKER_HOST     the Docker engine; default unix:///var/run/docker.sock
                  (with DOCKER_TLS_VERIFY and DOCKER_CERT_PATH for tcp)
  CKE_RUN_DIR     directory on this host for the sockets of wrappers; default /run/cke
  CKE_LOG_LEVEL   error, warning, info or debug, until the scheduler sets another; default info

SIGTERM ends the executor and leaves its node running: the next executor of the same node adopts it. So does an agent that
stays away longer than its recovery timeout, for a master; any other node is stopped then, its volumes stay. Mesos' SHUTDOWN,
and a kill of the node's task, stop the node in order, remove its container and keep its volumes, unless the scheduler has
ordered this executor to remove the node with its data.

  -cleanup <cluster>[/<node>][@<instance>]
                  remove every container, volume and data directory of that cluster or node from this host, running or not,
                  whatever framework made them, and exit. A cluster that was deleted and created again is
                  another instance (label cke.instance): when there are several on this host, one has to be named`;

const flags = [
  {
    name: "cleanup",
    type: "string",
    once: true,
    meaning: "remove what that cluster or node has on this host",
    allowed: "<cluster>[/<node>][@<instance>]",
  },
] as const;

async function main(): Promise<void> {
  const commandLine = parseCommandLine(process.argv.slice(2), { program, help, flags });
  if (commandLine.kind === "answer") {
    (commandLine.exitCode === 0 ? process.stdout : process.stderr).write(`${commandLine.text}\n`);
    process.exitCode = commandLine.exitCode;
    return;
  }
  const target = commandLine.values.get("cleanup");
  const { runK8sExecutor, runCleanup } = await import("./run.ts");
  // Connections that are still open must not keep a finished executor alive: the agent waits for its exit.
  process.exit(target === undefined ? await runK8sExecutor(process.env) : await runCleanup(target));
}

// An error that gets here is a programming error: Node prints it and exits with 1.
void main();
