// Agents in whose places others have come on their hosts (agent-successors.ts). What ran there has ended for Mesos, although CKE did not
// hear it; what was reserved there is gone; and whatever waits for the agent waits for the other one from now on, so that an operator may
// mark that one gone.
import type { TaskStatus } from "@cke/mesos";
import { launchesOf } from "../../workload/records/launches.ts";
import { isTerminal, type UnitRecord, unitKey } from "../../workload/records/records.ts";
import type { AgentSuccessors } from "../agents/agent-successors.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { WorkloadLogs } from "../workload-log/workload-log.ts";
import type { ReservationTombstones } from "./reservation-tombstones.ts";

export interface ReplacedAgentsParts {
  readonly ledger: Ledger;
  readonly logs: WorkloadLogs;
  readonly successors: AgentSuccessors;
  readonly tombstones: ReservationTombstones;
  /** Takes these for updates of the Mesos master. */
  readonly receive: (statuses: readonly TaskStatus[]) => Promise<unknown>;
}

type Successors = ReadonlyMap<string, string>;

export class ReplacedAgents {
  readonly #parts: ReplacedAgentsParts;

  constructor(parts: ReplacedAgentsParts) {
    this.#parts = parts;
  }

  async tick(): Promise<void> {
    const { successors, tombstones } = this.#parts;
    const unknown = [...successors.unknown()];
    if (unknown.length === 0) return;
    const hosts = this.#hostsOf(new Set(unknown));
    for (const agentId of unknown) if (!hosts.has(agentId)) successors.forget(agentId);
    const found = await successors.look(hosts);
    if (found.size === 0) return;
    await this.#end(found, hosts);
    await tombstones.gone(new Set(found.keys()));
    await this.#follow(found);
  }

  /** The hosts of those agents for which anything waits, by their ids. */
  #hostsOf(agentIds: ReadonlySet<string>): ReadonlyMap<string, string> {
    const { ledger, tombstones } = this.#parts;
    const hosts = new Map<string, string>();
    const note = (agentId: string, hostname: string) => {
      if (agentIds.has(agentId)) hosts.set(agentId, hostname);
    };
    for (const { agentId, hostname } of tombstones.all()) note(agentId, hostname);
    for (const { reservations } of ledger.reserving())
      for (const { agentId, hostname } of reservations) note(agentId, hostname);
    for (const { last } of ledger.unitsAtAnyHome()) if (last !== undefined) note(last.agentId, last.hostname);
    for (const { orphaned } of ledger.unended())
      for (const { mayRun, hostname } of orphaned) if (mayRun !== undefined) note(mayRun.agentId, hostname);
    for (const agentId of agentIds)
      for (const record of ledger.unitsOn(agentId))
        for (const launch of launchesOf(record)) note(launch.agentId, launch.hostname);
    return hosts;
  }

  /** What the master has told once, when the other agent registered. */
  async #end(found: Successors, hosts: ReadonlyMap<string, string>): Promise<void> {
    const { ledger, receive } = this.#parts;
    const statuses = [...found].flatMap(([agentId, successor]) =>
      [...ledger.unitsOn(agentId)].flatMap((record) =>
        launchesOf(record)
          .filter((launch) => launch.agentId === agentId)
          .flatMap(({ tasks }) => tasks)
          .filter((task) => !isTerminal(task))
          .map(
            ({ taskId }): TaskStatus => ({
              task_id: { value: taskId },
              agent_id: { value: agentId },
              state: "TASK_GONE",
              source: "SOURCE_MASTER",
              reason: "REASON_AGENT_REMOVED",
              message: `Mesos has no agent ${agentId} any more, and ${hosts.get(agentId)} has agent ${successor} now`,
            }),
          ),
      ),
    );
    if (statuses.length > 0) await receive(statuses);
  }

  async #follow(found: Successors): Promise<void> {
    const { ledger, logs } = this.#parts;
    const records = [
      ...ledger.reserving(),
      ...ledger.unitsAtAnyHome(),
      ...ledger.unended(),
      ...[...found.keys()].flatMap((agentId) => [...ledger.unitsOn(agentId)]),
    ];
    const units = new Map(records.map((record) => [unitKey(record.workload, record.unit), record]));
    const changed = [...units.values()].flatMap((record) => {
      const after = afterReplacement(record, found);
      return after === record ? [] : [{ record, after }];
    });
    await ledger.commitUnits(changed.map(({ after }) => after));
    for (const { record } of changed)
      for (const { hostname } of record.reservations.filter(({ agentId }) => found.has(agentId)))
        logs.line("info", record.workload, `what was reserved on ${hostname} is forgotten: it has another agent now`, {
          unit: record.unit,
          host: hostname,
        });
  }
}

/** The record when these agents, by their ids, have given their places to others; the same object when it names none of them. Pure. */
export function afterReplacement(record: UnitRecord, found: Successors): UnitRecord {
  const { reservations, last, orphaned } = record;
  const kept = reservations.filter(({ agentId }) => !found.has(agentId));
  const successor = last === undefined ? undefined : found.get(last.agentId);
  const followed = orphaned.map((left) => {
    const next = left.mayRun === undefined ? undefined : found.get(left.mayRun.agentId);
    return next === undefined ? left : { ...left, mayRun: { agentId: next } };
  });
  const follows = followed.some((left, at) => left !== orphaned[at]);
  if (kept.length === reservations.length && successor === undefined && !follows) return record;
  return {
    ...record,
    reservations: kept,
    ...(last === undefined || successor === undefined ? {} : { last: { ...last, agentId: successor } }),
    orphaned: follows ? followed : orphaned,
  };
}
