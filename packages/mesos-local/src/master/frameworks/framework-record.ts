// The record of a framework, made when it subscribes for the first time or when an agent that comes back names it.
import type { FrameworkInfo } from "@cke/mesos";
import { CircularBuffer } from "../state/circular-buffer.ts";
import type { MasterState } from "../state/master-state.ts";
import { OfferFilters } from "../state/offer-filters.ts";
import { limits } from "../state/options.ts";
import type { FrameworkRecord } from "../state/records.ts";
import { capabilitiesOf, rolesOf } from "../validation/roles.ts";

/** A record for a framework that this master has not seen yet. */
export function addFramework(state: MasterState, id: string, info: FrameworkInfo): FrameworkRecord {
  const now = state.services.clock.now();
  const framework: FrameworkRecord = {
    id,
    info: { ...info, id: { value: id } },
    capabilities: capabilitiesOf(info),
    roles: rolesOf(info),
    suppressed: new Set(),
    filters: new OfferFilters(),
    recovered: false,
    registeredMs: now,
    reregisteredMs: now,
    unregisteredMs: 0,
    tasks: new Map(),
    unreachableTasks: new Map(),
    completedTasks: new CircularBuffer(limits.completedTasks),
    completedExecutors: new CircularBuffer(limits.completedExecutors),
    offers: new Map(),
    inverseOffers: new Map(),
    inverseFilters: new Map(),
    operations: new Map(),
  };
  state.frameworks.set(id, framework);
  return framework;
}
