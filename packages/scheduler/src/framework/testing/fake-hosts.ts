// What executors leave on the fake agents' hosts, as `<host> <cluster>/<node>`: containers and data outlive them.
import { TaskData, VmTask } from "@cke/protocol";
import type { FakeTask } from "./fake-ledger.ts";

/** Launched only to remove what its node has left. */
function isCleanup({ info, executorId }: FakeTask): boolean {
  const data = new Uint8Array(Buffer.from(info.data ?? "", "base64"));
  if (executorId.startsWith("cke-vm.")) return VmTask.decode(data).removeOnKill;
  const { task } = TaskData.decode(data);
  return task?.kind === "kubeNode" && task.value.removeOnKill;
}

function placeOf({ executorId }: FakeTask, hostname: string): string {
  const [, cluster = "", node = ""] = executorId.split(".");
  return `${hostname} ${cluster}/${node}`;
}

export class FakeHosts {
  /** Only an executor that stops its node takes one away. */
  readonly containers = new Set<string>();
  /** Data of nodes: goes only by an executor that was ordered to remove it. */
  readonly volumes = new Set<string>();
  /** Executors that were ordered to remove their nodes with the data. */
  readonly ordered = new Set<string>();

  /** The executor has made its node's container and volumes. */
  made(task: FakeTask, hostname: string): void {
    const place = placeOf(task, hostname);
    this.containers.add(place);
    this.volumes.add(place);
  }

  /**
   * The executor stops its node, and removes the data only by order. One that has not looked at its host yet does not touch
   * what an earlier executor made, and fails.
   */
  stopped(task: FakeTask, hostname: string): "removed" | "kept" | "failed" {
    const place = placeOf(task, hostname);
    if (task.status.state === "TASK_STAGING" && this.containers.has(place)) return "failed";
    this.containers.delete(place);
    if (!this.ordered.has(task.executorId) && !isCleanup(task)) return "kept";
    this.volumes.delete(place);
    return "removed";
  }
}
