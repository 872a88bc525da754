// What bodies of VMs are checked against now: the VMs that are there, ports that other workloads publish, and flags.

import type { FrameworkOptions } from "../../framework/interfaces/dependencies.ts";
import type { FrameworkComponents } from "../../framework/loop/composition.ts";
import type { VmContext } from "../body/vm-checks.ts";
import { vmsOf } from "../body/vm-record.ts";
import type { VmKind } from "../vm-kind.ts";

export function vmContext(
  { ledger, kinds }: Pick<FrameworkComponents, "ledger" | "kinds">,
  {
    kind,
    options,
  }: { readonly kind: Pick<VmKind, "imagePath" | "diskPaths">; readonly options: Pick<FrameworkOptions, "roles"> },
): VmContext {
  const workloads = ledger.workloads();
  return {
    existing: vmsOf(workloads).map(({ spec }) => spec),
    roles: options.roles,
    imagePath: kind.imagePath,
    diskPaths: kind.diskPaths,
    claimedPorts: kinds.claimedPorts(workloads),
  };
}
