// An executor for tests, run as a process of its own: reports TASK_RUNNING for what it is told to launch, TASK_KILLED for
// what it is told to kill, and obeys commands in framework messages. It comes back when its stream ends, with the updates
// that were not acknowledged.
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import {
  type ExecutorUpdate,
  parseExecutorEvent,
  RecordIoDecoder,
  type TaskInfo,
  type TaskState,
  uuidFromText,
} from "@cke/mesos";

const { env } = process;
const endpoint = `http://${env.MESOS_AGENT_ENDPOINT}/api/v1/executor`;
const executor_id = { value: env.MESOS_EXECUTOR_ID ?? "" };
const framework_id = { value: env.MESOS_FRAMEWORK_ID ?? "" };
const tasks = new Map<string, TaskInfo>();
const updates = new Map<string, ExecutorUpdate>();

const post = (call: object) =>
  fetch(endpoint, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ executor_id, framework_id, ...call }),
  });

async function update(taskId: string, state: TaskState): Promise<void> {
  const uuid = uuidFromText(randomUUID());
  const status = { task_id: { value: taskId }, state, uuid, source: "SOURCE_EXECUTOR", executor_id };
  updates.set(uuid, { status });
  await post({ type: "UPDATE", update: { status } }).catch(() => {});
}

async function obey(command: string): Promise<void> {
  const [word = "", ...rest] = command.split(" ");
  if (word === "exit") process.exit(Number(rest[0]));
  if (word === "die") process.kill(process.pid, "SIGKILL");
  if (word === "report") await update(rest[0] ?? "", rest[1] === "TASK_FAILED" ? "TASK_FAILED" : "TASK_FINISHED");
  if (word === "env") await say(JSON.stringify(env));
  if (word === "pid") await say(String(process.pid));
  if (word === "echo") await say(rest.join(" "));
}

const say = (text: string) =>
  post({ type: "MESSAGE", message: { data: Buffer.from(text).toString("base64") } }).catch(() => {});

async function hear(record: Uint8Array): Promise<void> {
  const event = parseExecutorEvent(JSON.parse(Buffer.from(record).toString("utf8")));
  switch (event.type) {
    case "LAUNCH":
      tasks.set(event.launch.task.task_id.value, event.launch.task);
      await update(event.launch.task.task_id.value, "TASK_RUNNING");
      return;
    case "LAUNCH_GROUP":
      for (const task of event.launch_group.task_group.tasks ?? []) await update(task.task_id.value, "TASK_RUNNING");
      await say("group");
      return;
    case "KILL":
      await update(event.kill.task_id.value, "TASK_KILLED");
      return;
    case "ACKNOWLEDGED":
      updates.delete(event.acknowledged.uuid);
      tasks.delete(event.acknowledged.task_id.value);
      return;
    case "MESSAGE":
      await obey(Buffer.from(event.message.data, "base64").toString("utf8"));
      return;
    case "SHUTDOWN":
      if (env.TEST_DEAF === undefined) process.exit(0);
      return;
    default:
  }
}

async function subscribe(): Promise<void> {
  const subscribe = { unacknowledged_tasks: [...tasks.values()], unacknowledged_updates: [...updates.values()] };
  const response = await post({ type: "SUBSCRIBE", subscribe });
  if (response.status !== 200 || response.body === null) return;
  const decoder = new RecordIoDecoder();
  for await (const chunk of response.body) for (const record of decoder.push(chunk)) await hear(record);
}

process.on("SIGTERM", () => {});
const giveUpAt = Date.now() + Number(env.TEST_LIFE_MS ?? 60_000);
while (env.TEST_MUTE === undefined && Date.now() < giveUpAt) {
  await subscribe().catch(() => {});
  const { TEST_EXIT_WHEN_ALONE: exitCode, TEST_REPORT_WHEN_ALONE: finished } = env;
  if (exitCode !== undefined) process.exit(Number(exitCode));
  if (finished !== undefined && updates.size === 0) await update(finished, "TASK_FINISHED");
  if (env.TEST_LATE !== undefined) await delay(Number(env.TEST_LATE));
  await delay(50);
}
if (env.TEST_MUTE !== undefined) await delay(60_000);
