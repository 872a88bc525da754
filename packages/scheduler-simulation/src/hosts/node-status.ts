// A node of a simulated executor, and what its task's status says of it.
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
  /** Version of the cluster's nodes in its hosts file and routes. */
  peersVersion: string;
}

/** `hasContainer`: one of this very instance is on the host. */
export function nodeStatus(
  { key, step, peersVersion }: Node,
  hasContainer: boolean,
  detail: string,
  data: string,
): Partial<TaskStatus> {
  const value = { step, detail, containerId: hasContainer ? `c-${key}` : "", data, peersVersion };
  return { data: encodeReport({ report: { kind: "kubeNode", value } }) };
}
