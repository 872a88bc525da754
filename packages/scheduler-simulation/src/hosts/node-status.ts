// The node of a simulated executor, and the status of its task.
import type { TaskStatus } from "@cke/mesos";
import type { KubeNodeTask } from "@cke/protocol";
import { encodeReport } from "./task-reports.ts";

export interface Node {
  readonly taskId: string;
  readonly task: KubeNodeTask;
  /** `<cluster>/<node>` */
  readonly key: string;
  readonly instance: string;
  step: string;
  ready: boolean;
  /** The version of the cluster's nodes in its hosts file and routes. */
  peersVersion: string;
}

/** `hasContainer`: the host has a container of this instance. */
export function nodeStatus(
  { key, step, peersVersion }: Node,
  hasContainer: boolean,
  detail: string,
  data: string,
  cause = "",
): Partial<TaskStatus> {
  const value = { launchStep: step, detail, containerId: hasContainer ? `c-${key}` : "", data, cause, peersVersion };
  return { data: encodeReport({ report: { kind: "unit", value } }) };
}
