// Liveness of agents: each is pinged, and an agent that leaves too many pings unanswered is unreachable.
import type { MasterState } from "../state/master-state.ts";
import type { AgentRecord } from "../state/records.ts";
import { markUnreachable } from "./agent-removal.ts";

/** Sends a PING, or gives the agent up when too many were not answered. */
export function pingAgent(state: MasterState, agent: AgentRecord): void {
  if (agent.missedPings >= state.services.timings.maxMissedPings) {
    markUnreachable(state, agent);
    return;
  }
  agent.missedPings += 1;
  agent.stream?.send({ type: "PING" });
}
