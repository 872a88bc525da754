// For tests of changed processes: what the scheduler has sent to executors, and executors that follow it.
import { NodeProcesses, type ProcessTask, SchedulerMessage } from "@cke/protocol";
import { settle } from "../manual-clock.ts";
import { processReport, type Scenario } from "../scenario.ts";

/** The processes in the messages since that number of calls, in the order in which they were sent. */
export function ordersSince(s: Scenario, calls: number): readonly ProcessTask[] {
  return s.mesos.calls.slice(calls).flatMap((call) => (call.type === "MESSAGE" ? ordersIn(call.message.data) : []));
}

/** The processes in one message, base64; none when it is about something else. */
export function ordersIn(data: string): readonly ProcessTask[] {
  const { message } = SchedulerMessage.decode(new Uint8Array(Buffer.from(data, "base64")));
  return message?.kind === "unitState" ? NodeProcesses.decode(message.value.state).processes : [];
}

/** The executor reports that the process follows this. */
export async function follow(s: Scenario, cluster: string, node: string, order: ProcessTask): Promise<void> {
  const name = order.spec?.name ?? "";
  const data = order.stopped
    ? processReport({ name, phase: "stopped" }, order.version)
    : s.healthyReport(name, order.version, { resources: order.spec?.resources });
  s.mesos.update(s.id(cluster, node, name), "TASK_RUNNING", { healthy: !order.stopped, data });
  await settle();
}
