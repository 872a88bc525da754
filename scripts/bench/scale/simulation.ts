// The simulated Mesos of the measurement, in a process of its own: `fork("simulation.ts")`. To the scheduler its
// executors behave like real ones: they ask for their secrets and report steps, probes and health.
import { randomUUID } from "node:crypto";
import { systemClock } from "@cke/foundation";
import type { TaskInfo } from "@cke/mesos";
import { parseResources } from "@cke/mesos-local";
import { Master } from "@cke/mesos-local/master/master";
import type { MasterState } from "@cke/mesos-local/master/state/master-state";
import { type ExecutorHost, InMemoryLink, SimulatedAgent, type SimulatedExecutor } from "@cke/mesos-local/simulation";
import {
  createSecretsRequest,
  ExecutorMessage,
  openSecrets,
  SchedulerMessage,
  TaskData,
  TaskReport,
} from "@cke/protocol";
import { z } from "zod";
import { healthyReport } from "./bodies.ts";

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, "base64"));
const live = new Map<string, { readonly host: ExecutorHost; readonly task: TaskInfo }>();
let turn = 0;
let told = 0;

const isResourceHolder = ({ data }: TaskInfo) => TaskData.decode(bytesOf(data ?? "")).task?.kind === "resources";

function executor(host: ExecutorHost): SimulatedExecutor {
  const open = new Map<string, TaskInfo>();
  let pending: ReturnType<typeof createSecretsRequest> | undefined;
  const run = (task: TaskInfo) => {
    const id = task.task_id.value;
    host.update(id, "TASK_RUNNING", { healthy: true, ...healthyReport(task) });
    live.set(id, { host, task });
  };
  const end = (id: string) => {
    live.delete(id);
    if (open.delete(id)) host.update(id, "TASK_KILLED");
    if (open.size === 0) host.exit(0);
  };
  return {
    launch: (tasks) => {
      for (const task of tasks) {
        open.set(task.task_id.value, task);
        const data = TaskData.decode(bytesOf(task.data ?? "")).task;
        // A task that only holds resources runs at once, and is told of once.
        if (data?.kind === "resources") {
          host.update(task.task_id.value, "TASK_RUNNING", { healthy: true });
          continue;
        }
        const step = TaskReport.encode({ report: { kind: "unit", value: { launchStep: "image" } } });
        host.update(task.task_id.value, "TASK_STARTING", data?.kind === "kubeNode" ? { data: base64(step) } : {});
        if (data?.kind !== "kubeNode") continue;
        const names = data.value.secrets.map(({ name }) => name);
        pending = createSecretsRequest({ executorId: host.executor.executor_id.value, names });
        host.send(base64(ExecutorMessage.encode({ message: { kind: "secretsRequest", value: pending.request } })));
      }
    },
    message: (text) => {
      const { message } = SchedulerMessage.decode(bytesOf(text));
      if (message?.kind !== "secretsResponse" || pending === undefined) return;
      openSecrets(pending, message.value);
      pending = undefined;
      for (const task of open.values()) if (!isResourceHolder(task)) run(task);
    },
    kill: (taskId) => {
      for (const id of taskId.endsWith(".node") ? [...open.keys()] : [taskId]) end(id);
    },
    shutdown: () => {
      for (const id of [...open.keys()]) end(id);
    },
  };
}

const master = new Master({ host: "127.0.0.1", port: 0 });
const masterAddress = await master.start();
const state = stateOf(master);

function stateOf(started: Master): MasterState {
  if (started.state === undefined) throw new Error("a started master has a state");
  return started.state;
}

/** Agents start on request, so that clusters can be created before there is a place for them. */
function startAgents(count: number): void {
  for (let index = 0; index < count; index += 1) {
    const link = new InMemoryLink({
      clock: systemClock,
      master: () => master.state,
      delayMs: () => 0,
      newId: randomUUID,
    });
    new SimulatedAgent({
      hostname: `sim-${index}`,
      ip: "127.0.0.1",
      port: 5_051 + index,
      resources: parseResources("cpus:64;mem:262144;disk:1000000;ports:[31000-35000]"),
      behaviour: executor,
      link,
      random: Math.random,
      clock: systemClock,
    }).start();
  }
}

function stats() {
  const tasks = [...state.frameworks.values()].flatMap((framework) => [...framework.tasks.values()]);
  const waiting = tasks.filter(({ unacknowledged }) => unacknowledged !== undefined).length;
  const running = tasks.filter(({ state, unacknowledged }) => state === "TASK_RUNNING" && unacknowledged === undefined);
  return { tasks: tasks.length, running: running.length, acknowledged: told - waiting };
}

let round: IterableIterator<string> = new Map<string, never>().keys();
let perSecond = 0;
let owed = 0;
/** Sends new health reports of tasks whose last one is acknowledged, one task after the other. */
function stream(): void {
  owed = Math.min(perSecond, owed + perSecond / 100);
  const [framework] = state.frameworks.values();
  for (let tries = 0; owed >= 1 && tries < 2_000; tries += 1) {
    const next = round.next();
    if (next.done === true) {
      round = live.keys();
      turn += 1;
      continue;
    }
    const task = live.get(next.value);
    if (task === undefined || framework?.tasks.get(next.value)?.unacknowledged !== undefined) continue;
    owed -= 1;
    told += 1;
    task.host.update(next.value, "TASK_RUNNING", { healthy: true, ...healthyReport(task.task, turn) });
  }
}
setInterval(stream, 10);

const commandSchema = z.discriminatedUnion("do", [
  z.object({ do: z.literal("stats") }),
  z.object({ do: z.literal("agents"), count: z.number() }),
  z.object({ do: z.literal("stream"), perSecond: z.number() }),
]);
process.on("message", (message) => {
  const command = commandSchema.parse(message);
  if (command.do === "stream") perSecond = command.perSecond;
  if (command.do === "agents") startAgents(command.count);
  process.send?.(stats());
});
process.on("disconnect", () => process.exit(0));
process.send?.({ master: masterAddress });
