// Agents that will never come back and still have something reserved that CKE must give back: an operator has marked
// them gone, or they have been away for two weeks. Mesos does not report a marked agent without tasks, so CKE asks.
// Their reservations are forgotten, because while CKE waits for them the role is never suppressed and the host is
// checked every few seconds.
import type { Clock } from "@cke/foundation";
import type { ReservationRecord } from "../../workload/records/reservation-record.ts";
import type { AgentProbe } from "../agents/agent-probe.ts";
import type { ClusterLogs } from "../cluster-log/cluster-log.ts";
import type { Ledger } from "../memory/ledger.ts";
import { type ReservationTombstones, tombstoneKeptMs } from "./reservation-tombstones.ts";

/** A live agent offers what it has within this time. */
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

  /** Asks for agents that have not offered in time, and forgets those that will not come back. */
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
      state === "unreserving" && (gone.has(agentId) || now - changedAtMs > tombstoneKeptMs);
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
