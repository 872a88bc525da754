// Tells executors what their VMs are to be, where an operator has changed that since their launch, again and again until a report names the
// version. Desired state comes from the records, what runs from the reports: nothing else is remembered.
import type { Clock } from "@cke/foundation";
import { SchedulerMessage, VmState } from "@cke/protocol";
import type { PresentWorkloads } from "../../workload/kinds/workload-kind.ts";
import { MessagePace } from "../../workload/publishing/message-pace.ts";
import { unitTaskOf } from "../../workload/records/records.ts";
import { vmsOf } from "../body/vm-record.ts";
import { vmUnit } from "../body/vm-spec.ts";
import { vmFollowing } from "./vm-following.ts";

export class VmPublisher {
  readonly #clock: Pick<Clock, "now">;
  readonly #pace = new MessagePace();

  constructor({ clock }: { readonly clock: Pick<Clock, "now"> }) {
    this.#clock = clock;
  }

  /** Sends what is due. */
  async tick(present: PresentWorkloads): Promise<void> {
    const now = this.#clock.now();
    for (const { spec, deleting } of vmsOf(present.workloads())) {
      if (deleting) continue;
      for (const record of present.unitsOf(spec.name)) {
        if (record.unit !== vmUnit) continue;
        const following = vmFollowing(spec, record);
        const task = record.launch === undefined ? undefined : unitTaskOf(record.launch);
        if (following.kind !== "told" || following.follows || task?.state !== "TASK_RUNNING") continue;
        const { wanted, agentId, executorId } = following;
        if (!this.#pace.isDue(executorId, wanted.version, now)) continue;
        const message = { kind: "unitState", value: { state: VmState.encode(wanted) } } as const;
        await present.send(agentId, executorId, SchedulerMessage.encode({ message }));
      }
    }
    this.#pace.sweep(now);
  }
}
