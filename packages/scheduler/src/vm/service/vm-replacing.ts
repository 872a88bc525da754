// `POST …/replace`: a VM whose host is lost begins anew. The plan for that is stored; the framework carries it out.
import type { Clock } from "@cke/foundation";
import type { Framework } from "../../framework/loop/framework.ts";
import { withPlans } from "../../workload/plans/new-plan.ts";
import { newWorkloadPlan } from "../../workload/plans/workload-plan.ts";
import { instanceOption } from "../../workload/records/plan-record.ts";
import { newUnitRecord } from "../../workload/records/records.ts";
import { VmDeletingError, VmStateError } from "../body/vm-errors.ts";
import { knownVm } from "../body/vm-record.ts";
import { vmUnit } from "../body/vm-spec.ts";
import { instanceUuid } from "../body/vm-uuid.ts";
import { vmReplacement } from "../changes/vm-replacement.ts";
import { refuseWhileCopied } from "../cloning/copies-under-way.ts";
import { firstSnapshots } from "../snapshots/known-snapshots.ts";
import { vmRules } from "../steps/vm-rules.ts";

export interface VmReplacingParts {
  readonly framework: Framework;
  readonly clock: Pick<Clock, "now">;
  /** Makes a unique, sortable id for an instance of a VM. */
  readonly incarnation: (now: number) => string;
}

/** Stores the plan, and returns what happens now. Throws VmNotFoundError, VmDeletingError or VmStateError (404, 409). */
export async function replaceVm(
  { framework, clock, incarnation }: VmReplacingParts,
  name: string,
  force: boolean,
  by: string,
): Promise<string> {
  await framework.parts.agentNames.refresh();
  return await framework.change(async () => {
    const { ledger, logs, offers } = framework.parts;
    const vm = knownVm(ledger, name);
    if (vm.deleting) throw new VmDeletingError(name);
    const record = ledger.unit(name, vmUnit) ?? newUnitRecord(name, vmUnit, "");
    refuseWhileCopied("replaced", vm, ledger);
    const replacement = vmReplacement(vm.spec, record, force);
    if (replacement.kind === "refused") throw new VmStateError(name, replacement.why);
    const now = clock.now();
    if (replacement.kind === "released") {
      await ledger.commit({ units: [{ ...record, home: "", mayRunOn: undefined }] });
    } else {
      const instance = incarnation(now);
      const stages = [{ name: "begin anew", action: "replace", units: [vmUnit] }];
      const asked = { sinceMs: now, by };
      const plan = newWorkloadPlan("replace", stages, asked, {
        id: incarnation(now),
        options: { [instanceOption]: instance },
      });
      // What is left of the one before has another uuid, also on the host where this one begins.
      const first = { ...vm.spec, firstInstance: vm.spec.firstInstance || record.instance };
      const spec = { ...first, uuid: instanceUuid(first, instance), snapshots: firstSnapshots(first) };
      await ledger.commit({ workload: withPlans({ ...vm, spec }, [plan], vmRules.words) });
    }
    logs.line("warning", name, `it is replaced${by === "" ? "" : ` (asked for by ${by})`}: ${replacement.words}`, {
      unit: vmUnit,
    });
    offers.ask();
    return `VM "${name}" is being replaced: ${replacement.words}; GET …/state shows how far it is`;
  });
}
