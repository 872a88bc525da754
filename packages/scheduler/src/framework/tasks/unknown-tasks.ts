// Tasks that Mesos runs and no record knows, while they are being killed. Until they have ended, no unit of their name is launched:
// two incarnations would share one name and address.
import { parseTaskId } from "../../workload/records/task-ids.ts";

/** A task that is in no record. */
export interface UnknownTask {
  readonly taskId: string;
  readonly agentId: string;
  readonly executorId: string;
}

export class UnknownTasks {
  readonly #all = new Map<string, UnknownTask>();
  /** By `<workload>/<unit>`, then by task. */
  readonly #ofNodes = new Map<string, Map<string, UnknownTask>>();
  readonly #look: (cluster: string) => void;

  /** `look`: called when a workload may have waited for this change. */
  constructor(look: (cluster: string) => void) {
    this.#look = look;
  }

  has(taskId: string): boolean {
    return this.#all.has(taskId);
  }

  all(): readonly UnknownTask[] {
    return [...this.#all.values()];
  }

  add(task: UnknownTask): void {
    const { taskId } = task;
    this.#all.set(taskId, task);
    const parsed = parseTaskId(taskId);
    if (parsed === undefined) return;
    const key = `${parsed.workload}/${parsed.unit}`;
    const ofNode = this.#ofNodes.get(key) ?? new Map<string, UnknownTask>();
    if (ofNode.size === 0) this.#look(parsed.workload);
    this.#ofNodes.set(key, ofNode.set(taskId, task));
  }

  /** The task has ended, or it is not known any more whether it runs. */
  delete(taskId: string): void {
    if (!this.#all.delete(taskId)) return;
    const parsed = parseTaskId(taskId);
    if (parsed === undefined) return;
    const key = `${parsed.workload}/${parsed.unit}`;
    const ofNode = this.#ofNodes.get(key);
    ofNode?.delete(taskId);
    if (ofNode?.size !== 0) return;
    this.#ofNodes.delete(key);
    this.#look(parsed.workload);
  }

  /** Why a unit must not be launched yet; "" when it may be. */
  reason(cluster: string, node: string): string {
    const [first] = this.#ofNodes.get(`${cluster}/${node}`)?.values() ?? [];
    if (first === undefined) return "";
    return `executor ${first.executorId} of a node of this name runs in Mesos, is in no record and is being killed: the node is launched when it has ended`;
  }
}
