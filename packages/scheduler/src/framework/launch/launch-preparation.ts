// Makes launches of placements, and the records that are stored before their ACCEPT.
import { type Clock, messageOf } from "@cke/foundation";
import { executorInfoSchema, type TaskInfo } from "@cke/mesos";
import type { Kinds } from "../../workload/kinds/kinds.ts";
import { mayBeLaunched, withLaunch } from "../../workload/records/launches.ts";
import type { UnitRecord, WorkloadRecord } from "../../workload/records/records.ts";
import { reservationsAfter, reserveOperationId } from "../../workload/reservations/reservation-changes.ts";
import { cleanedInstance } from "../../workload/steps/orphaned-resources.ts";
import type { ExecutorFiles, FrameworkOptions } from "../interfaces/dependencies.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Placement } from "../offer-fit/placement-request.ts";
import type { ReservationHandler } from "../reservations/reservation-handler.ts";
import type { WorkloadLogs } from "../workload-log/workload-log.ts";
import { buildJoining } from "./joining-tasks.ts";
import { type BuiltLaunch, buildLaunch } from "./launch-builder.ts";
import { placedTasks } from "./launch-parts.ts";

export interface Prepared {
  readonly placement: Placement;
  readonly record: UnitRecord;
  readonly tasks: readonly TaskInfo[];
  /** Id of the RESERVE, if there is one; "" when the master gives no answers for operations. */
  readonly operationId: string;
}

/** As unique as the task that is launched with it, and parsed like a task id. */
const reserveId = ({ tasks }: BuiltLaunch) => reserveOperationId(tasks[0]?.task_id.value ?? "");

const identityOf = ({ kind }: WorkloadRecord, { workload, unit }: UnitRecord) => ({ kind, workload, unit });

/** The record with the value by which other units of its group keep away. */
function placedAt(record: UnitRecord, { request, apartAt }: Placement): UnitRecord {
  return apartAt === undefined || request.cleanup ? record : { ...record, apartAt };
}

export interface LaunchPreparationParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly kinds: Kinds;
  readonly logs: WorkloadLogs;
  readonly options: FrameworkOptions;
  readonly execFiles?: ExecutorFiles | undefined;
  /** Makes a unique, sortable id for a launch. */
  readonly incarnation: (now: number) => string;
  readonly reservations: Pick<ReservationHandler, "operationId">;
}

export class LaunchPreparation {
  readonly #parts: LaunchPreparationParts;

  constructor(parts: LaunchPreparationParts) {
    this.#parts = parts;
  }

  /** The launches that can be made. Why others cannot is written to the workload's log. */
  prepare(placements: readonly Placement[], frameworkId: string): readonly Prepared[] {
    return placements.flatMap((placement): Prepared[] => {
      const { request } = placement;
      const [workload = "", unit = "", process] = request.id.split("/");
      const record = this.#parts.ledger.unit(workload, unit);
      try {
        const built =
          process === undefined ? this.#unit(record, placement, frameworkId) : this.#joining(record, placement);
        if (record === undefined || built === undefined) return [];
        return [
          {
            placement,
            record: placedAt(withLaunch(record, built.launch), placement),
            tasks: built.tasks,
            operationId: this.#parts.reservations.operationId(reserveId(built), placement.agentId),
          },
        ];
      } catch (error) {
        this.#parts.logs.line("error", workload, `the launch could not be prepared: ${messageOf(error)}`, { unit });
        return [];
      }
    });
  }

  #unit(record: UnitRecord | undefined, placement: Placement, frameworkId: string): BuiltLaunch | undefined {
    const { ledger, kinds, clock } = this.#parts;
    const workload = record && ledger.workload(record.workload);
    if (record === undefined || workload === undefined || !mayBeLaunched(record)) return undefined;
    const rendered = kinds.rendered(workload, record.unit);
    if (rendered === undefined) return undefined;
    const { options, execFiles, incarnation } = this.#parts;
    const { agentId, hostname, role, resources } = placement;
    const { cleanup, keepsData = false } = placement.request;
    const program = kinds.of(workload).executor;
    const now = clock.now();
    return buildLaunch({
      unit: { ...identityOf(workload, record), program, contentPath: execFiles?.urlOf(program) },
      rendered,
      incarnation: incarnation(now),
      target: { agentId, hostname, role },
      forExecutor: resources[0] ?? [],
      forUnit: resources[1] ?? [],
      placed: placedTasks(placement),
      frameworkId,
      options,
      instance: cleanup ? cleanedInstance(record, hostname, keepsData) : record.instance,
      cleanup,
      keepsData,
      pod: workload.spec.units.find(({ name }) => name === record.unit)?.pod ?? false,
      now,
    });
  }

  /** Processes that ended alone, and tasks that hold resources, in the executor of their unit. */
  #joining(record: UnitRecord | undefined, placement: Placement): BuiltLaunch | undefined {
    const { ledger, kinds, clock } = this.#parts;
    const workload = record && ledger.workload(record.workload);
    if (record?.launch === undefined || workload === undefined) return undefined;
    const rendered = kinds.rendered(workload, record.unit);
    const executor = executorInfoSchema.safeParse(record.launch.executor);
    if (rendered === undefined || !executor.success) return undefined;
    const unit = identityOf(workload, record);
    const { launch } = record;
    return buildJoining({ launch, executor: executor.data, unit, rendered, now: clock.now() }, placedTasks(placement));
  }

  /** Two processes of one unit become one change of its record. */
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
        list.push(...added.filter((task) => !list.includes(task)));
        merged.set(key, { ...before, reservations, launch: { ...before.launch, tasks: list } });
      }
    }
    return [...merged.values()];
  }

  #reservations({ reservations }: UnitRecord, { placement, operationId }: Prepared): UnitRecord["reservations"] {
    const { request, agentId, hostname, role, reserve, own } = placement;
    if (request.reservation?.reserve !== true) return reservations;
    const taking = { agentId, hostname, role, reserve, own, resources: placement.resources.flat(), operationId };
    return reservationsAfter(
      reservations,
      { ...taking, whole: request.executor === undefined },
      this.#parts.clock.now(),
    );
  }
}
