// An executor on the real executor connection of @cke/mesos, run as a process of its own: reports TASK_RUNNING for what it
// is told to launch, and TASK_KILLED for what it is told to kill.
import { ExecutorConnection, newUuid, readExecutorEnvironment, type TaskInfo, type TaskStatus } from "@cke/mesos";

const tasks = new Map<string, TaskInfo>();
const updates = new Map<string, TaskStatus>();
const connection = new ExecutorConnection({
  environment: readExecutorEnvironment(process.env),
  unacknowledged: () => ({
    tasks: [...tasks.values()],
    updates: [...updates.values()].map((status) => ({ status })),
  }),
  handler: async (event) => {
    if (event.type === "LAUNCH") {
      tasks.set(event.launch.task.task_id.value, event.launch.task);
      await report(event.launch.task.task_id.value, "TASK_RUNNING");
    } else if (event.type === "KILL") await report(event.kill.task_id.value, "TASK_KILLED");
    else if (event.type === "ACKNOWLEDGED") updates.delete(event.acknowledged.uuid);
    else if (event.type === "SHUTDOWN") process.exit(0);
  },
});

async function report(taskId: string, state: TaskStatus["state"]): Promise<void> {
  const status = { task_id: { value: taskId }, state, uuid: newUuid() };
  updates.set(status.uuid, status);
  await connection.update(status);
}

connection.start();
const end = await connection.ended;
process.exit(end.kind === "stopped" ? 0 : 3);
