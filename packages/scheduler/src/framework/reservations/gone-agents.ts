// Agents that never come back and have something reserved that is to be given back: an operator marked them gone, or they
// have been away for two weeks. Nobody tells of the first when no task was there, so the master is asked. What they had is
// forgotten: as long as it is awaited its role is never suppressed, and its host is looked at every few seconds.
import type { Clock } from "@cke/foundation";
import type { ReservationRecord } from "../../workload/records/reservation-record.ts";
import type { AgentProbe } from "../agents/agent-probe.ts";
import type { ClusterLogs } from "../cluster-log/cluster-log.ts";
import type { Ledger } from "../memory/ledger.ts";
import { type ReservationTombstones, tombstoneLifeMs } from "./reservation-tombstones.ts";

/** An agent that lives offers what it has within this time. */
const awaitedMs = 60_000;

export interface GoneAgentsParts {
  readonly ledger: Ledger;
  readonly logs: ClusterLogs;
  readonly agentProbe: AgentProbe;
  readonly clock: Clock;
  readonly tombstones: ReservationTombstones;
}

export class GoneAgents {
  readonly #parts: GoneAgentsParts;

  constructor(parts: GoneAgentsParts) {
    this.#parts = parts;
  }

  /** Asks for agents that let wait, and forgets what is not coming. */
  async tick(): Promise<void> {
    const { ledger, logs, agentProbe, clock, tombstones } = this.#parts;
    const now = clock.now();
    const awaited = new Set(tombstones.all().map(({ agentId }) => agentId));
    for (const { reservations } of ledger.reserving())
      for (const { state, changedAtMs, agentId } of reservations)
        if (state === "unreserving" && now - changedAtMs >= awaitedMs) awaited.add(agentId);
    await agentProbe.ask(awaited);
    const gone = agentProbe.takeGone();
    await tombstones.gone(gone);
    const isOver = ({ state, agentId, changedAtMs }: ReservationRecord) =>
      state === "unreserving" && (gone.has(agentId) || now - changedAtMs > tombstoneLifeMs);
    const over = [...ledger.reserving()].filter(({ reservations }) => reservations.some(isOver));
    await ledger.commitUnits(
      over.map((record) => ({ ...record, reservations: record.reservations.filter((entry) => !isOver(entry)) })),
    );
    for (const { workload, unit, reservations } of over)
      for (const { hostname } of reservations.filter(isOver))
        logs.line("info", workload, `what was reserved on ${hostname} is forgotten: its agent does not come back`, {
          node: unit,
          host: hostname,
        });
  }
}
