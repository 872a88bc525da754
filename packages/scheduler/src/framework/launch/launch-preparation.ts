// From placements to launches and to the records that are stored before their ACCEPT.
import { messageOf } from "@cke/foundation";
import { executorInfoSchema, type TaskInfo } from "@cke/mesos";
import { mayBeLaunched, withLaunch } from "../../workload/records/launches.ts";
import type { UnitRecord } from "../../workload/records/records.ts";
import { newIncarnation } from "../../workload/records/task-ids.ts";
import { reservationsAfter } from "../../workload/reservations/reservation-changes.ts";
import type { FrameworkState } from "../loop/state.ts";
import type { Placement } from "../offer-fit/placement-request.ts";
import { type BuiltLaunch, buildLaunch, buildRelaunch } from "./launch-builder.ts";

export interface Prepared {
  readonly placement: Placement;
  readonly record: UnitRecord;
  readonly tasks: readonly TaskInfo[];
  /** Of the RESERVE, if there is one; "" when the master gives no answer to operations. */
  readonly operationId: string;
}

/** As unique as the task that is launched with it; told apart again as a task id is. */
const reserveId = ({ tasks }: BuiltLaunch) => `${tasks[0]?.task_id.value ?? ""}.reserve`;

export class LaunchPreparation {
  readonly #state: FrameworkState;
  readonly #operationId: (id: string, agentId: string) => string;

  constructor(state: FrameworkState, operationId: (id: string, agentId: string) => string) {
    this.#state = state;
    this.#operationId = operationId;
  }

  /** What can be launched of it; what cannot is told in its cluster's log. */
  prepare(placements: readonly Placement[], frameworkId: string): readonly Prepared[] {
    return placements.flatMap((placement): Prepared[] => {
      const { need } = placement;
      const [cluster = "", node = "", process] = need.id.split("/");
      const record = this.#state.ledger.unit(cluster, node);
      try {
        const built =
          process === undefined
            ? this.#node(record, placement, frameworkId)
            : this.#process(record, process, placement);
        if (record === undefined || built === undefined) return [];
        return [
          {
            placement,
            record: withLaunch(record, built.launch),
            tasks: built.tasks,
            operationId: this.#operationId(reserveId(built), placement.agentId),
          },
        ];
      } catch (error) {
        this.#state.logs.line("error", cluster, `the launch could not be prepared: ${messageOf(error)}`, { node });
        return [];
      }
    });
  }

  #node(record: UnitRecord | undefined, placement: Placement, frameworkId: string): BuiltLaunch | undefined {
    const { ledger, renderings, clock, dependencies } = this.#state;
    const cluster = record === undefined ? undefined : ledger.workload(record.workload);
    const rendered =
      record === undefined || cluster === undefined ? undefined : renderings.node(cluster.spec, record.unit);
    if (record === undefined || !mayBeLaunched(record) || rendered === undefined) return undefined;
    const { options, execFiles, incarnation = newIncarnation } = dependencies;
    const { agentId, hostname, role, resources } = placement;
    const now = clock.now();
    return buildLaunch({
      rendered,
      incarnation: incarnation(now),
      target: { agentId, hostname, role },
      resources,
      frameworkId,
      options,
      contentPath: execFiles?.urlOf(options.executor),
      instance: record.instance,
      cleanup: placement.need.cleanup,
      pod: cluster?.spec.units.find(({ name }) => name === record.unit)?.pod ?? false,
      now,
    });
  }

  #process(record: UnitRecord | undefined, name: string, placement: Placement): BuiltLaunch | undefined {
    const { ledger, renderings, clock } = this.#state;
    const cluster = record === undefined ? undefined : ledger.workload(record.workload);
    const rendered =
      record === undefined || cluster === undefined ? undefined : renderings.node(cluster.spec, record.unit);
    const launch = record?.launch;
    const process = rendered?.processes.find((candidate) => candidate.name === name);
    const old = launch?.tasks.find((task) => task.process === name);
    const executor = executorInfoSchema.safeParse(launch?.executor);
    if (
      launch === undefined ||
      rendered === undefined ||
      process === undefined ||
      old === undefined ||
      !executor.success
    )
      return undefined;
    return buildRelaunch({
      launch,
      executor: executor.data,
      rendered,
      process,
      old,
      resources: placement.resources[0] ?? [],
      now: clock.now(),
    });
  }

  /** Two processes of one node are one change of its record. */
  merge(prepared: readonly Prepared[]): readonly UnitRecord[] {
    const merged = new Map<string, UnitRecord>();
    for (const one of prepared) {
      const { record, tasks } = one;
      const key = `${record.workload}/${record.unit}`;
      const before = merged.get(key);
      const fresh = new Set(tasks.map((task) => task.task_id.value));
      const reservations = this.#reservations(before ?? record, one);
      if (before?.launch === undefined || record.launch === undefined) merged.set(key, { ...record, reservations });
      else {
        const added = record.launch.tasks.filter(({ taskId }) => fresh.has(taskId));
        const list = before.launch.tasks.map((task) => added.find(({ process }) => process === task.process) ?? task);
        merged.set(key, { ...before, reservations, launch: { ...before.launch, tasks: list } });
      }
    }
    return [...merged.values()];
  }

  #reservations({ reservations }: UnitRecord, { placement, operationId }: Prepared): UnitRecord["reservations"] {
    const { need, agentId, hostname, role, reserve, own } = placement;
    if (need.reservation?.reserve !== true) return reservations;
    const taking = { agentId, hostname, role, reserve, own, resources: placement.resources.flat(), operationId };
    return reservationsAfter(reservations, { ...taking, whole: need.executor === undefined }, this.#state.clock.now());
  }
}
