// The outline: what views, plans and the matching of offers need of a rendered unit all the time. It is small, and
// equal units share one value. The whole rendering is read only for a launch.

/** CPUs and MiB. */
export interface ResourceAmount {
  readonly cpu: number;
  readonly mem: number;
}

/** A process of a unit: it is a Mesos task beside the unit's own. */
export interface ProcessOutline {
  readonly name: string;
  readonly res: ResourceAmount;
  /** The unit is not healthy without it. */
  readonly required: boolean;
  /** True for a process whose end is its success. */
  readonly mayFinish: boolean;
}

export interface UnitOutline {
  /** Ports that the unit publishes on its agent. */
  readonly hostPorts: readonly number[];
  /** Resources of the executor. */
  readonly executor: ResourceAmount;
  /** Resources of the unit's own task. */
  readonly unitTask: ResourceAmount;
  readonly processes: readonly ProcessOutline[];
}

/** Thousandths of a CPU, as Mesos counts. */
export const toMillis = (cpu: number) => Math.round(cpu * 1000);

export function sumResources(list: readonly ResourceAmount[]): ResourceAmount {
  return {
    cpu: list.reduce((sum, { cpu }) => sum + toMillis(cpu), 0) / 1000,
    mem: list.reduce((sum, { mem }) => sum + mem, 0),
  };
}

/** The sum of the processes, the unit's own task and the executor. */
export function totalOf(
  unit: Pick<UnitOutline, "executor" | "unitTask"> & { readonly processes: readonly Pick<ProcessOutline, "res">[] },
): ResourceAmount {
  return sumResources([...unit.processes.map(({ res }) => res), unit.unitTask, unit.executor]);
}
