// A driver's report as Mesos' TaskStatus. Pure but for the uuid.
import { boundedText } from "@cke/foundation";
import { encodeBytes, newUuid, type TaskStatus } from "@cke/mesos";
import type { TaskUpdate } from "./driver.ts";

/** `now` is UNIX time in milliseconds. */
export function taskStatus(
  taskId: string,
  update: TaskUpdate,
  executorId: string,
  now: number,
): TaskStatus & { readonly uuid: string } {
  const { state, message, healthy, reason, data, ipAddress } = update;
  return {
    task_id: { value: taskId },
    executor_id: { value: executorId },
    state,
    source: "SOURCE_EXECUTOR",
    timestamp: now / 1000,
    uuid: newUuid(),
    // It contains texts of Docker and of processes, whose length is not known.
    ...(message === undefined ? {} : { message: boundedText(message) }),
    ...(healthy === undefined ? {} : { healthy }),
    ...(reason === undefined ? {} : { reason }),
    ...(data === undefined ? {} : { data: encodeBytes(data) }),
    ...(ipAddress === undefined
      ? {}
      : { container_status: { network_infos: [{ ip_addresses: [{ ip_address: ipAddress }] }] } }),
  };
}
