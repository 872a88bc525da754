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
  readonly #ofUnits = new Map<string, Map<string, UnknownTask>>();
  readonly #look: (workload: string) => void;

  /** `look`: called when a workload may have waited for this change. */
  constructor(look: (workload: string) => void) {
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
    const ofUnit = this.#ofUnits.get(key) ?? new Map<string, UnknownTask>();
    if (ofUnit.size === 0) this.#look(parsed.workload);
    this.#ofUnits.set(key, ofUnit.set(taskId, task));
  }

  /** The task has ended, or it is not known any more whether it runs. */
  delete(taskId: string): void {
    if (!this.#all.delete(taskId)) return;
    const parsed = parseTaskId(taskId);
    if (parsed === undefined) return;
    const key = `${parsed.workload}/${parsed.unit}`;
    const ofUnit = this.#ofUnits.get(key);
    ofUnit?.delete(taskId);
    if (ofUnit?.size !== 0) return;
    this.#ofUnits.delete(key);
    this.#look(parsed.workload);
  }

  /** Why a unit must not be launched yet; "" when it may be. */
  reason(workload: string, unit: string): string {
    const [first] = this.#ofUnits.get(`${workload}/${unit}`)?.values() ?? [];
    if (first === undefined) return "";
    return `executor ${first.executorId} of a unit of this name runs in Mesos, is in no record and is being killed: the unit is launched when it has ended`;
  }
}
