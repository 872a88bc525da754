// An executor process for integration tests: asks for its secrets, then says that everything runs, until it is killed.
// Speaks to a real (or the embedded) agent; its tasks are names only. Container and data are files that outlive it: the one in
// the directory of its first argument, with the node's instance as content, removed by the kill of the node's task; the other in
// `volumes` beside that, with the executor that made it as content, removed by order only. A process with the environment
// variable TEST_WORDS says that many characters with every report. Its channels lead into this very machine.
import { appendFile, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ExecutorChannels } from "@cke/executor-core";
import { LocalUnits } from "@cke/executor-core/testing/local-units";
import { silentLogger, systemClock } from "@cke/foundation";
import {
  ExecutorConnection,
  type ExecutorUpdate,
  newUuid,
  readExecutorEnvironment,
  type TaskInfo,
  type TaskState,
} from "@cke/mesos";
import {
  createSecretsRequest,
  ExecutorMessage,
  openSecrets,
  SchedulerMessage,
  TaskData,
  TaskReport,
} from "@cke/protocol";

const environment = readExecutorEnvironment(process.env);
const open = new Map<string, TaskInfo>();
const updates = new Map<string, ExecutorUpdate>();
let pending: ReturnType<typeof createSecretsRequest> | undefined;
let ending = false;
let container: string | undefined;
let volume: string | undefined;
const order = Promise.withResolvers<boolean>();

const connection = new ExecutorConnection({
  environment,
  unacknowledged: () => ({ tasks: [...open.values()], updates: [...updates.values()] }),
  handler: async (event) => {
    switch (event.type) {
      case "LAUNCH":
        await launch(event.launch.task);
        break;
      case "LAUNCH_GROUP":
        await note("group");
        for (const task of event.launch_group.task_group.tasks ?? []) await launch(task);
        break;
      case "MESSAGE":
        await receive(new Uint8Array(Buffer.from(event.message.data, "base64")));
        break;
      case "KILL":
        // In the background: the order may follow.
        void kill(event.kill.task_id.value);
        break;
      case "SHUTDOWN":
        process.exit(0);
        break;
      case "ACKNOWLEDGED":
        updates.delete(event.acknowledged.uuid);
        if (ending && updates.size === 0) process.exit(0);
        break;
      default:
    }
  },
});

const channels = new ExecutorChannels({
  executorId: environment.executorId,
  units: new LocalUnits(),
  send: (message) => void connection.message(message),
  clock: systemClock,
  logger: silentLogger,
});

console.log(`executor ${environment.executorId} begins`);

/** A line beside the executor's files, for the test to read. */
const note = (line: string) => appendFile(join(environment.sandbox, "notes"), `${line}\n`);

type Reported = Extract<TaskState, "TASK_STARTING" | "TASK_RUNNING" | "TASK_KILLED">;

async function update(
  taskId: string,
  state: Reported,
  report?: Parameters<typeof TaskReport.encode>[0],
  message = "",
): Promise<void> {
  const status = {
    task_id: { value: taskId },
    state,
    uuid: newUuid(),
    timestamp: Date.now() / 1000,
    executor_id: { value: environment.executorId },
    source: "SOURCE_EXECUTOR" as const,
    healthy: state === "TASK_RUNNING",
    ...(message === "" ? {} : { message }),
    ...(report === undefined ? {} : { data: Buffer.from(TaskReport.encode(report)).toString("base64") }),
  };
  updates.set(status.uuid, { status });
  await connection.update(status);
}

async function launch(task: TaskInfo): Promise<void> {
  const id = task.task_id.value;
  open.set(id, task);
  await update(id, "TASK_STARTING");
  const data = TaskData.decode(new Uint8Array(Buffer.from(task.data ?? "", "base64"))).task;
  if (data?.kind !== "kubeNode") {
    if (pending === undefined) await run(task);
    return;
  }
  const { cluster, node, labels, secrets, removeOnKill } = data.value;
  if (removeOnKill) order.resolve(true);
  const volumes = join(dirname(process.argv[2] ?? "."), "volumes");
  await mkdir(volumes, { recursive: true });
  volume = join(volumes, `${cluster}.${node}`);
  // Data that is there already is taken as it is.
  await writeFile(volume, environment.executorId, { flag: "wx" }).catch(() => undefined);
  container = join(process.argv[2] ?? ".", `${cluster}.${node}`);
  await writeFile(container, labels["cke.instance"] ?? "");
  if (secrets.length === 0) return await run(task);
  const names = secrets.map(({ name }) => name);
  pending = createSecretsRequest({ executorId: environment.executorId, names });
  await connection.message(ExecutorMessage.encode({ message: { kind: "secretsRequest", value: pending.request } }));
}

async function receive(bytes: Uint8Array): Promise<void> {
  const { message } = SchedulerMessage.decode(bytes);
  if (message?.kind === "removeUnit" && message.value.executorId === environment.executorId) order.resolve(true);
  if (message?.kind === "openChannel") channels.receive(message.value);
  if (message?.kind !== "secretsResponse" || pending === undefined) return;
  openSecrets(pending, message.value);
  pending = undefined;
  for (const task of open.values()) await run(task);
}

async function run(task: TaskInfo): Promise<void> {
  const data = TaskData.decode(new Uint8Array(Buffer.from(task.data ?? "", "base64"))).task;
  if (data?.kind === "kubeNode") {
    await update(task.task_id.value, "TASK_RUNNING", {
      report: {
        kind: "unit",
        value: { launchStep: "ready", containerId: "c", peersVersion: data.value.peers?.version },
      },
    });
    return;
  }
  const spec = data?.kind === "process" ? data.value.spec : undefined;
  const passed = (spec?.health ?? []).map(({ name, phase }) => ({ name, phase, passing: true, everPassed: true }));
  const count = Number(spec?.environment.find(({ name }) => name === "TEST_WORDS")?.value ?? 0);
  const words = count === 0 ? "" : `first${"日".repeat(count)}last`;
  const name = spec?.name ?? "";
  const told = { reason: words, lastOutput: words };
  const state = { name, phase: "running" as const, healthy: true, health: passed, pid: process.pid, ...told };
  await update(task.task_id.value, "TASK_RUNNING", { report: { kind: "process", value: state } }, words);
}

async function kill(taskId: string): Promise<void> {
  if (!taskId.endsWith(".node")) {
    if (open.delete(taskId)) await update(taskId, "TASK_KILLED");
    ending ||= open.size === 0;
    return;
  }
  setTimeout(() => order.resolve(false), 6_000);
  const removal = await order.promise;
  if (container !== undefined) await rm(container, { force: true });
  if (volume !== undefined && removal) await rm(volume, { force: true });
  for (const [id, task] of [...open]) {
    if (!open.delete(id)) continue;
    const report = { launchStep: "stopping", data: removal ? "removed" : "kept" };
    const data = task.task_id.value === taskId ? { report: { kind: "unit", value: report } as const } : undefined;
    await update(id, "TASK_KILLED", data);
  }
  ending = true;
}

connection.start();
await connection.ended;
