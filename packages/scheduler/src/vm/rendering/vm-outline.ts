// What placement and views need of a VM all the time. Pure.
import type { UnitOutline } from "../../workload/outline/unit-outline.ts";
import type { MachineSpec } from "../body/vm-spec.ts";

/** Of the executor, which is a process beside the emulator. CPUs and MiB. */
export const executorResources = { cpu: 0.1, mem: 64 } as const;

/** Ports of the agent that a VM publishes, each once. */
export function publishedPorts({ nics }: Pick<MachineSpec, "nics">): readonly number[] {
  return [...new Set(nics.flatMap(({ ports }) => ports.map(({ hostPort }) => hostPort)))];
}

export function vmOutline(spec: MachineSpec): UnitOutline {
  return {
    hostPorts: publishedPorts(spec),
    executor: executorResources,
    unitTask: { cpu: spec.cpus, mem: spec.mem + spec.memory.overheadMib },
    processes: [],
  };
}
