// Agents that will never come back and still have something of CKE: an operator has marked them gone, or they have been away for two
// weeks. Mesos does not report a marked agent without tasks, so CKE asks. What is reserved there is forgotten, because while CKE waits
// for it the role is never suppressed and the host is checked every few seconds. The data of a stateful unit that does not run (of a
// stopped cluster, for example) is lost with a marked agent, and what may run there without an executor has ended. CKE has to know it:
// otherwise an agent that registers anew under the name would get the unit, and it would begin there with nothing beside others that have
// their data.
import type { Clock } from "@cke/foundation";
import type { OrphanedResources, UnitRecord } from "../../workload/records/records.ts";
import type { ReservationRecord } from "../../workload/records/reservation-record.ts";
import { isStateful } from "../../workload/records/workload-spec.ts";
import type { AgentProbe } from "../agents/agent-probe.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { WorkloadLogs } from "../workload-log/workload-log.ts";
import { type ReservationTombstones, tombstoneKeptMs } from "./reservation-tombstones.ts";

/** A live agent offers what it has within this time. */
const awaitedMs = 60_000;

export interface GoneAgentsParts {
  readonly ledger: Ledger;
  readonly logs: WorkloadLogs;
  readonly agentProbe: AgentProbe;
  readonly clock: Clock;
  readonly tombstones: ReservationTombstones;
}

export class GoneAgents {
  readonly #parts: GoneAgentsParts;

  constructor(parts: GoneAgentsParts) {
    this.#parts = parts;
  }

  /** Asks for agents that have not offered in time, and forgets those that will not come back. */
  async tick(): Promise<void> {
    const { ledger, logs, agentProbe, clock, tombstones } = this.#parts;
    const now = clock.now();
    const awaited = new Set(tombstones.all().map(({ agentId }) => agentId));
    for (const { reservations } of ledger.reserving())
      for (const { state, changedAtMs, agentId } of reservations)
        if (state === "unreserving" && now - changedAtMs >= awaitedMs) awaited.add(agentId);
    const waiting = [...ledger.unitsAtAnyHome()].filter((record) => this.#mayHaveLost(record));
    for (const { last } of waiting) if (last !== undefined) awaited.add(last.agentId);
    for (const { orphaned } of ledger.unended())
      for (const { mayRun } of orphaned) if (mayRun !== undefined) awaited.add(mayRun.agentId);
    await agentProbe.ask(awaited);
    const gone = agentProbe.takeGone();
    await this.#lose(
      waiting.filter(({ last }) => last !== undefined && gone.has(last.agentId)),
      gone,
    );
    await this.#end(gone);
    await tombstones.gone(gone);
    const isOver = ({ state, agentId, changedAtMs }: ReservationRecord) =>
      state === "unreserving" && (gone.has(agentId) || now - changedAtMs > tombstoneKeptMs);
    const over = [...ledger.reserving()].filter(({ reservations }) => reservations.some(isOver));
    await ledger.commitUnits(
      over.map((record) => ({ ...record, reservations: record.reservations.filter((entry) => !isOver(entry)) })),
    );
    for (const { workload, unit, reservations } of over)
      for (const { hostname } of reservations.filter(isOver))
        logs.line("info", workload, `what was reserved on ${hostname} is forgotten: its agent does not come back`, {
          unit,
          host: hostname,
        });
  }

  /** Nothing runs on a host that is gone. */
  async #end(gone: ReadonlySet<string>): Promise<void> {
    const { ledger, logs } = this.#parts;
    const isGone = ({ mayRun }: OrphanedResources) => mayRun !== undefined && gone.has(mayRun.agentId);
    const ended = [...ledger.unended()].filter(({ orphaned }) => orphaned.some(isGone));
    await ledger.commitUnits(
      ended.map((record) => ({ ...record, orphaned: record.orphaned.filter((left) => !isGone(left)) })),
    );
    for (const { workload, unit, orphaned } of ended)
      for (const { hostname } of orphaned.filter(isGone))
        logs.line("warning", workload, `it does not run on ${hostname} any more: the agent was marked gone`, {
          unit,
          host: hostname,
        });
  }

  /**
   * True for a unit without a launch whose last one was at its home: for a stateful one that is to run, and for any that may still run
   * there, also while it is to stop. That stop is complete when nothing of it runs, and on a host that is gone nothing ends it.
   */
  #mayHaveLost({ workload, unit, home, last, mayRunOn }: UnitRecord): boolean {
    if (last?.hostname !== home) return false;
    const owner = this.#parts.ledger.workload(workload);
    if (owner === undefined || owner.deleting) return false;
    return mayRunOn === home || (owner.spec.expect === "RUN" && isStateful(owner.spec, unit));
  }

  #hasData({ workload, unit }: UnitRecord): boolean {
    const owner = this.#parts.ledger.workload(workload);
    return owner !== undefined && isStateful(owner.spec, unit);
  }

  /** What is reserved there goes with the data. */
  async #lose(units: readonly UnitRecord[], gone: ReadonlySet<string>): Promise<void> {
    const { ledger, logs, clock } = this.#parts;
    const atMs = clock.now();
    await ledger.commitUnits(
      units.map((record) => ({
        ...record,
        ...{ home: "", mayRunOn: undefined },
        ...(this.#hasData(record) ? { dataLost: { hostname: record.home, atMs } } : {}),
        reservations: record.reservations.filter(({ agentId }) => !gone.has(agentId)),
      })),
    );
    for (const record of units) {
      const { workload, unit, home } = record;
      const what = this.#hasData(record) ? `its data on ${home} is lost` : `it does not run on ${home} any more`;
      logs.line("warning", workload, `${what}: the agent was marked gone`, { unit, host: home });
    }
  }
}
