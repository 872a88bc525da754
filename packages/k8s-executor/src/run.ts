// Puts the parts of the k8s executor together, and runs it.
import { runExecutor } from "@cke/executor-core";
import { createLogger, messageOf } from "@cke/foundation";
import { nameProcess } from "@cke/foundation/process-name";
import { localHost } from "./container/host.ts";
import { DockerodeEngine } from "./docker/dockerode-engine.ts";
import { K8sDriver } from "./driver/k8s-driver.ts";
import { cleanUp, parseCleanupTarget } from "./shutdown/cleanup.ts";
import { GrpcWrapperClient, loadGrpc } from "./wrapper/grpc-wrapper-client.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** Resolves to the exit code. */
export async function runK8sExecutor(variables: Variables): Promise<number> {
  const runBase = variables.CKE_RUN_DIR || "/run/cke";
  if (!runBase.startsWith("/")) {
    const given = JSON.stringify(runBase.slice(0, 100));
    process.stderr.write(
      `cke-k8s-exec: CKE_RUN_DIR is ${given}: an absolute path is needed, containers mount from there\n`,
    );
    return 2;
  }
  return await runExecutor({
    program: "cke-k8s-exec",
    variables,
    createDriver: ({ environment, clock, logger }) =>
      new K8sDriver({
        engine: new DockerodeEngine(),
        host: localHost,
        openWrapper: (socketPath) => GrpcWrapperClient.open(socketPath),
        loadWrapperClient: () => void loadGrpc(),
        clock,
        logger,
        runBase,
        shutdownGraceMs: environment.shutdownGracePeriodMs,
      }),
  });
}

/** `-cleanup`: resolves to the exit code. */
export async function runCleanup(target: string): Promise<number> {
  nameProcess("cke-k8s-exec");
  const parsed = parseCleanupTarget(target);
  if (parsed === undefined) {
    process.stderr.write(
      `cke-k8s-exec: -cleanup takes <cluster>, <cluster>/<node> and either with @<instance>, not "${target}"\n`,
    );
    return 2;
  }
  try {
    const logger = createLogger({ context: { component: "cke-k8s-exec" } });
    const result = await cleanUp(new DockerodeEngine(), localHost, parsed, logger);
    if (result.kind === "several") {
      const list = result.choices.map((choice) => `  ${choice}`).join("\n");
      process.stderr.write(
        `cke-k8s-exec: several clusters of this name have been on this host; nothing is removed. Say which one with @<instance>:\n${list}\n`,
      );
      return 2;
    }
    const { containers, volumes, directories } = result;
    process.stdout.write(`removed ${containers} containers, ${volumes} volumes and ${directories} data directories\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`cke-k8s-exec: the clean-up failed: ${messageOf(error)}\n`);
    return 1;
  }
}
