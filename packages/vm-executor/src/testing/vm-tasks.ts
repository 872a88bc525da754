// Builders of the tasks and messages that a scheduler sends.
import type { LaunchedTask } from "@cke/executor-core";
import {
  SchedulerMessage,
  TaskReport,
  type UnitReport,
  VmDefinition,
  type VmDefinitionInit,
  VmReport,
  VmState,
  type VmStateInit,
  VmTask,
  type VmTaskInit,
} from "@cke/protocol";

export const vmUuid = "6f1c1d1e-0000-4000-8000-000000000001";
export const taskId = "cke.vm1.vm1.1.vm";

export const definition = (init: VmDefinitionInit = {}): VmDefinition =>
  VmDefinition.create({
    cpu: { count: 1, limitMillis: 500 },
    memory: { mib: 256, overheadMib: 64 },
    disks: [{ name: "system", role: "system", sizeMib: 1_024, format: "qcow2", bus: "virtio" }],
    devices: { balloon: true },
    ...init,
  });

export const vmTask = (init: VmTaskInit = {}): VmTask =>
  VmTask.create({
    vm: "vm1",
    uuid: vmUuid,
    instance: "i1",
    incarnation: "1",
    frameworkId: "framework-1",
    definition: definition(),
    labels: { "cke.workload-kind": "vm", "cke.unit": "vm1" },
    ...init,
  });

export function launched(data: Uint8Array, id = taskId): LaunchedTask {
  return { id, name: id, data, info: { name: id, task_id: { value: id }, agent_id: { value: "agent" } } };
}

export const launchVm = (init: VmTaskInit = {}, id = taskId): LaunchedTask => launched(VmTask.encode(vmTask(init)), id);

export const stateOrder = (init: VmStateInit): Uint8Array =>
  SchedulerMessage.encode({ message: { kind: "unitState", value: { state: VmState.encode(init) } } });

export const removalOrder = (executorId: string): Uint8Array =>
  SchedulerMessage.encode({ message: { kind: "removeUnit", value: { executorId } } });

export function unitReport(data: Uint8Array | undefined): UnitReport | undefined {
  const report = data === undefined ? undefined : TaskReport.decode(data).report;
  return report?.kind === "unit" ? report.value : undefined;
}

export function vmReport(data: Uint8Array | undefined): VmReport | undefined {
  const unit = unitReport(data);
  return unit === undefined ? undefined : VmReport.decode(unit.kindReport);
}
