// What views, plans and the matching need of a rendered unit all the time: small, and the same value for units alike, so that
// thousands of units share a few of them. The rendering itself is read only for a launch.

/** CPUs and MiB. */
export interface ResourceAmount {
  readonly cpu: number;
  readonly mem: number;
}

/** A process of a unit: it is a Mesos task beside the unit's own. */
export interface ProcessOutline {
  readonly name: string;
  readonly res: ResourceAmount;
  /** The unit cannot do without it. */
  readonly required: boolean;
  /** Its end is its success. */
  readonly mayFinish: boolean;
}

export interface UnitOutline {
  /** Ports that the unit publishes on its agent. */
  readonly hostPorts: readonly number[];
  /** What the executor takes. */
  readonly executor: ResourceAmount;
  /** What the unit's own task takes. */
  readonly nodeTask: ResourceAmount;
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

/** Processes, the unit's own task and the executor together. */
export function totalOf(
  unit: Pick<UnitOutline, "executor" | "nodeTask"> & { readonly processes: readonly Pick<ProcessOutline, "res">[] },
): ResourceAmount {
  return sumResources([...unit.processes.map(({ res }) => res), unit.nodeTask, unit.executor]);
}
