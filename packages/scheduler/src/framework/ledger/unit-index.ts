// Finds units by the agent of their launch, by the host that has their data, and by their reservations.
import { launchesOf } from "../../workload/records/launches.ts";
import { type UnitRecord, unitKey } from "../../workload/records/records.ts";
import { unendedOrphans } from "../../workload/records/removal-state.ts";

type Places = Map<string, Map<string, UnitRecord>>;

export class UnitIndex {
  readonly #byAgent: Places = new Map();
  /** Units without a launch, by the host that has their data, in lower case. */
  readonly #byHome: Places = new Map();
  /** Units without a launch that may still run somewhere. */
  readonly #unended = new Map<string, UnitRecord>();
  readonly #reserving = new Map<string, UnitRecord>();

  /** Replaces a unit's record by a new one. A unit that keeps a reservation keeps its position. */
  replace(before: UnitRecord | undefined, record: UnitRecord): void {
    if (before !== undefined) this.#leave(before);
    const key = keyOf(record);
    for (const { agentId } of launchesOf(record)) addTo(this.#byAgent, agentId, key, record);
    if (isAtHome(record)) addTo(this.#byHome, record.home.toLowerCase(), key, record);
    if (record.launch === undefined && unendedOrphans(record).length > 0) this.#unended.set(key, record);
    if (record.reservations.length > 0) this.#reserving.set(key, record);
    else this.#reserving.delete(key);
  }

  remove(record: UnitRecord): void {
    this.#leave(record);
    this.#reserving.delete(keyOf(record));
  }

  #leave(record: UnitRecord): void {
    const key = keyOf(record);
    for (const { agentId } of launchesOf(record)) removeFrom(this.#byAgent, agentId, key);
    if (isAtHome(record)) removeFrom(this.#byHome, record.home.toLowerCase(), key);
    this.#unended.delete(key);
  }

  /** Units with a launch on this agent. */
  on(agentId: string): Iterable<UnitRecord> {
    return this.#byAgent.get(agentId)?.values() ?? [];
  }

  /** Units that have no launch and whose data is on this host. */
  atHome(hostname: string): Iterable<UnitRecord> {
    return this.#byHome.get(hostname.toLowerCase())?.values() ?? [];
  }

  /** Units that have no launch and have data on some host. */
  *atAnyHome(): Iterable<UnitRecord> {
    for (const there of this.#byHome.values()) yield* there.values();
  }

  /** Units without a launch that may still run on some host, because an executor ended there without having ended them. */
  unended(): Iterable<UnitRecord> {
    return this.#unended.values();
  }

  /** Units with a reservation, in whatever state. */
  reserving(): Iterable<UnitRecord> {
    return this.#reserving.values();
  }
}

const keyOf = ({ workload, unit }: UnitRecord) => unitKey(workload, unit);

const isAtHome = ({ launch, home }: UnitRecord) => launch === undefined && home !== "";

function addTo(places: Places, place: string, key: string, record: UnitRecord): void {
  const there = places.get(place) ?? new Map<string, UnitRecord>();
  places.set(place, there);
  there.set(key, record);
}

function removeFrom(places: Places, place: string, key: string): void {
  const there = places.get(place);
  there?.delete(key);
  if (there?.size === 0) places.delete(place);
}
