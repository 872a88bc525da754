// A master without its transport: state, registry and timers, from its start or election until it stops. The HTTP master
// and the simulated one are both built on it.
import type { Clock, Logger } from "@cke/foundation";
import type { MasterInfo } from "@cke/mesos";
import { exactJson, parseExactJson } from "../wire/json/exact-json.ts";
import { pingAgent } from "./agents/agent-ping.ts";
import { runAllocator } from "./allocation-cycle.ts";
import { scheduleSchema } from "./state/maintenance-schedule.ts";
import { MasterState } from "./state/master-state.ts";
import { defaultTimings, type MasterTimings } from "./state/options.ts";
import type { Registry, RegistryContent } from "./state/registry.ts";

/** How long agents of an earlier run may stay away before reconciliation stops waiting for them. */
const agentReturnMs = 600_000;

interface MasterCoreOptions {
  readonly info: MasterInfo;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timings?: Partial<MasterTimings>;
  readonly flags?: Readonly<Record<string, string>>;
  readonly newUuid: () => string;
}

export class MasterCore {
  readonly state: MasterState;
  readonly #clock: Clock;
  readonly #cancels = new Map<string, () => void>();

  constructor({ info, registry, clock, logger, timings, flags = {}, newUuid }: MasterCoreOptions) {
    const content = registry.load();
    this.#clock = clock;
    const state = new MasterState({
      clock,
      logger,
      timings: { ...defaultTimings, ...timings },
      info,
      flags,
      newUuid,
      saveRegistry: () => registry.save(() => registryContent(state)),
    });
    for (const id of content.agents) state.recoveredAgents.add(id);
    for (const [id, since] of Object.entries(content.unreachable)) state.unreachable.set(id, BigInt(since));
    for (const id of content.gone) state.goneAgents.add(id);
    for (const id of content.removed_frameworks) state.removedFrameworks.add(id);
    for (const id of content.deactivated) state.deactivated.add(id);
    for (const [id, { maxGrace, ...drain }] of Object.entries(content.drains))
      state.drains.set(id, { ...drain, ...(maxGrace === undefined ? {} : { maxGrace: BigInt(maxGrace) }) });
    if (content.schedule !== "") state.maintenance.replace(scheduleSchema.parse(parseExactJson(content.schedule)));
    state.maintenance.down(content.down);
    this.state = state;
  }

  /** Begins to allocate and to watch agents. */
  start(): void {
    const { state } = this;
    const { allocationIntervalMs, agentPingIntervalMs } = state.services.timings;
    state.onAllocationWanted = () => this.#timer("allocate-soon", 0, () => runAllocator(state));
    this.#every("allocate", allocationIntervalMs, () => runAllocator(state));
    this.#every("ping", agentPingIntervalMs, () => {
      for (const agent of [...state.agents.values()]) pingAgent(state, agent);
    });
    this.#timer("agents-return", agentReturnMs, () => {
      for (const id of state.recoveredAgents) state.unreachable.set(id, state.nanoseconds());
      state.recoveredAgents.clear();
    });
  }

  /** Ends at once, as a crash would: no message is sent to frameworks or agents. */
  stop(): void {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
    this.state.onAllocationWanted = () => {};
    for (const framework of this.state.frameworks.values()) {
      framework.cancelHeartbeat?.();
      framework.cancelFailover?.();
      delete framework.stream;
    }
    for (const agent of this.state.agents.values()) delete agent.stream;
  }

  #timer(name: string, ms: number, action: () => void): void {
    this.#cancels.get(name)?.();
    this.#cancels.set(name, this.#clock.after(ms, action));
  }

  #every(name: string, ms: number, action: () => void): void {
    this.#timer(name, ms, () => {
      this.#every(name, ms, action);
      action();
    });
  }
}

const registryContent = (state: MasterState): RegistryContent => ({
  agents: [...state.agents.keys(), ...state.recoveredAgents],
  unreachable: Object.fromEntries([...state.unreachable].map(([id, since]) => [id, String(since)])),
  gone: [...state.goneAgents],
  removed_frameworks: [...state.removedFrameworks],
  deactivated: [...state.deactivated],
  drains: Object.fromEntries(
    [...state.drains].map(([id, { maxGrace, ...drain }]) => [
      id,
      { ...drain, ...(maxGrace === undefined ? {} : { maxGrace: String(maxGrace) }) },
    ]),
  ),
  schedule: exactJson(state.maintenance.schedule),
  down: [...state.maintenance.downMachines()],
});
