// Handles reservations in offers and in answers to operations: they are kept, taken into their unit's record, or given
// back. The labels decide, so that reservations without a record are cleaned up too. Answers are stored, then acknowledged.
import { Backoff, type Clock, type Logger } from "@cke/foundation";
import type { Offer, OperationStatus } from "@cke/mesos";
import type { Store } from "../../store/store.ts";
import { launchesOf } from "../../workload/records/launches.ts";
import type { UnitRecord } from "../../workload/records/records.ts";
import { hasEnded, isBeingRemoved } from "../../workload/records/removal-state.ts";
import type { ReservationRecord } from "../../workload/records/reservation-record.ts";
import { executorIdOf, parseTaskId } from "../../workload/records/task-ids.ts";
import type { ReservationOwner } from "../../workload/reservations/reservation.ts";
import {
  afterOperation,
  amountsOf,
  fateOf,
  isUsed,
  type OwnerFacts,
  releaseAll,
  releaseBegun,
} from "../../workload/reservations/reservation-changes.ts";
import type { AgentProbe } from "../agents/agent-probe.ts";
import type { FrameworkOptions } from "../interfaces/dependencies.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { MesosCalls } from "../mesos/mesos-calls.ts";
import { isRefusal, OperationFeedback } from "../mesos/operation-feedback.ts";
import type { WorkloadLogs } from "../workload-log/workload-log.ts";
import { GoneAgents } from "./gone-agents.ts";
import { offeredReservations } from "./offered-reservations.ts";
import { ReleaseBackoff } from "./release-backoff.ts";
import { logRelease } from "./release-log.ts";
import type { Release } from "./releases.ts";
import { ReservationAbsence } from "./reservation-absence.ts";
import { ReservationTombstones, type Tombstone } from "./reservation-tombstones.ts";

/** A delete waits this long for reserved resources to be offered. Then they are stored as tombstones. */
const releaseLimitMs = 600_000;
/** The same for an agent that Mesos has reported as lost. */
const lostAgentLimitMs = 30_000;
/** CKE asks for an operation that was not answered for this long. */
const operationSilenceMs = 30_000;
/** A new framework checks every agent once, because an earlier one of its name may have left reservations. */
const lookAroundMs = 15_000;

export type Watch = ReadonlyMap<string, ReadonlySet<string> | "everywhere">;

export interface ReservationHandlerParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ledger: Ledger;
  readonly logs: WorkloadLogs;
  readonly calls: MesosCalls;
  readonly agentProbe: AgentProbe;
  /** Makes a unique, sortable id for a launch. */
  readonly incarnation: (now: number) => string;
  readonly random?: (() => number) | undefined;
  readonly options: Pick<FrameworkOptions, "roles" | "name">;
}

export class ReservationHandler {
  readonly #parts: ReservationHandlerParts;
  readonly tombstones: ReservationTombstones;
  readonly #backoff: Backoff;
  readonly #lostAgents = new Set<string>();
  readonly #absence: ReservationAbsence;
  readonly #pace = new ReleaseBackoff();
  readonly #gone: GoneAgents;
  #lookAroundUntilMs = 0;
  #askAtMs = 0;
  readonly #feedback = new OperationFeedback();

  constructor(parts: ReservationHandlerParts) {
    const { store, clock, random } = parts;
    this.#parts = parts;
    this.tombstones = new ReservationTombstones(store, clock);
    this.#absence = new ReservationAbsence(parts);
    this.#gone = new GoneAgents({ ...parts, tombstones: this.tombstones });
    this.#backoff = new Backoff({ baseMs: 4_000, maxMs: 60_000, ...(random === undefined ? {} : { random }) });
  }

  async load(): Promise<void> {
    await this.tombstones.load();
  }

  /** `feedback`: the Mesos master answers for operations on agents' resources. `fresh`: it did not know this framework. */
  async subscribed({ feedback, fresh }: { readonly feedback: boolean; readonly fresh: boolean }): Promise<void> {
    this.#feedback.subscribed(feedback);
    this.#absence.clear();
    if (fresh) this.#lookAroundUntilMs = this.#parts.clock.now() + lookAroundMs;
    this.#backoff.reset();
    this.#askAtMs = 0;
    await this.#reconcile(() => true);
  }

  /** The id for an operation on the agent's resources; "" when Mesos would refuse an operation with an id. */
  operationId(id: string, agentId: string): string {
    return this.#feedback.idFor(id, agentId);
  }

  /** Asks for operations without an answer, and forgets agents that were waited for long enough. */
  async tick(): Promise<void> {
    const now = this.#parts.clock.now();
    await this.tombstones.expire(now);
    await this.#gone.tick();
    if (now < this.#askAtMs) return;
    await this.#reconcile(({ changedAtMs }) => now - changedAtMs >= operationSilenceMs);
  }

  /** Only agents with a recorded reservation are noted, because in a cloud agents come and go for ever. */
  agentLost(agentId: string): void {
    for (const { reservations } of this.#parts.ledger.reserving())
      if (reservations.some((entry) => entry.agentId === agentId)) this.#lostAgents.add(agentId);
  }

  /** Agents that must offer what CKE gives back. Agents that have replaced them on their hosts do not count. */
  awaitedAgents(): ReadonlySet<string> {
    return new Set(this.#awaited().map(({ agentId }) => agentId));
  }

  #awaited(): readonly (ReservationRecord | Tombstone)[] {
    const records = [...this.#parts.ledger.reserving()].flatMap(({ reservations }) => reservations);
    return [...records.filter(({ state }) => state === "unreserving"), ...this.tombstones.all()];
  }

  /** Where offers are wanted although nothing may wait: hosts by role. */
  watch(): Watch {
    const { clock, options } = this.#parts;
    const { roles } = options;
    if (clock.now() < this.#lookAroundUntilMs)
      return new Map(roles.filter((role) => role !== "*").map((role) => [role, "everywhere" as const]));
    const hosts = new Map<string, Set<string>>();
    for (const { role, hostname } of this.#awaited())
      if (roles.includes(role)) hosts.set(role, (hosts.get(role) ?? new Set()).add(hostname));
    return hosts;
  }

  /**
   * Begins to give back the reservations of removed units that run no more. Returns what is left when the wait is over,
   * to be stored with the end of the units; undefined while it must wait.
   */
  async release(units: readonly UnitRecord[]): Promise<readonly Tombstone[] | undefined> {
    const { ledger, clock } = this.#parts;
    const now = clock.now();
    const begun = units.flatMap((record): UnitRecord[] => {
      const reservations = hasEnded(record) ? releaseAll(record.reservations, now) : record.reservations;
      return reservations === record.reservations ? [] : [{ ...record, reservations }];
    });
    await ledger.commitUnits(begun);
    const records = units.flatMap(({ workload, unit }) => ledger.unit(workload, unit) ?? []);
    if (!records.every(hasEnded)) return undefined;
    const left = records.flatMap((record) => record.reservations.map((entry) => ({ record, entry })));
    const waits = ({ entry }: { readonly entry: ReservationRecord }) =>
      now - entry.changedAtMs < (this.#lostAgents.has(entry.agentId) ? lostAgentLimitMs : releaseLimitMs);
    return left.some(waits) ? undefined : left.map(({ record, entry }) => this.tombstones.of(record, entry));
  }

  /** The workload is removed. CKE waits for what these name without it. */
  keepTombstones(list: readonly Tombstone[]): void {
    this.tombstones.keep(list);
    for (const { workload, unit, hostname } of list) {
      const words = `what is reserved on ${hostname} was not offered in time; it is given back when its agent returns`;
      this.#parts.logs.line("warning", workload, words, { unit, host: hostname });
    }
  }

  /** Stores what these offers tell about reservations. Returns what must be given back, by agent and role. */
  async observe(offers: readonly Offer[]): Promise<readonly Release[]> {
    const { options, clock, ledger, logger, logs } = this.#parts;
    const releases: Release[] = [];
    const groups = Map.groupBy(offers, (offer) => `${offer.agent_id.value}\n${offer.allocation_info?.role ?? "*"}`);
    const recorded = this.#absence.recorded();
    for (const group of groups.values()) {
      const [first] = group;
      if (first === undefined) continue;
      const agentId = first.agent_id.value;
      const role = first.allocation_info?.role ?? "*";
      const place = { agentId, hostname: first.hostname, role, offerIds: group.map(({ id }) => id.value) };
      this.#lostAgents.delete(agentId);
      const seen = offeredReservations(group, options.name);
      this.#pace.offered(agentId, role, (owner) => seen.has(owner));
      for (const [key, { owner, pieces }] of seen) {
        const record = this.#recordOf(owner);
        const fate = fateOf(agentId, role, record === undefined ? undefined : this.#facts(record));
        if (fate === "release") {
          const attempt = this.#pace.next({ agentId, role, owner: key }, clock.now());
          if (attempt === undefined) continue;
          // A removed workload has no log of its own.
          if (ledger.workload(owner.workload) === undefined)
            logRelease(logger, logs.fields(owner.workload, owner.unit), first.hostname, attempt);
          releases.push({ ...place, owner, pieces });
        }
        if (fate !== "adopt" || record === undefined) continue;
        const old = record.reservations.find((entry) => entry.agentId === agentId && entry.role === role);
        const adopted: ReservationRecord = {
          ...place,
          state: "reserved",
          amounts: old?.state === "intended" ? old.amounts : amountsOf(pieces),
          operationId: old?.operationId ?? "",
          releasing: amountsOf([]),
          reserving: amountsOf([]),
          problem: "",
          changedAtMs: clock.now(),
        };
        await this.#replace(record, old, adopted);
      }
      const isSeen = (owner: Omit<ReservationOwner, "framework" | "kind">) =>
        seen.has(`${owner.workload}/${owner.unit}/${owner.instance}`);
      await this.tombstones.offered(agentId, role, isSeen);
      for (const [record, entry] of this.#absence.gone(recorded.get(agentId) ?? [], agentId, role, isSeen))
        await this.#replace(record, entry, undefined);
    }
    return releases;
  }

  /** Stores that these are about to be given back. Returns the ids of the operations, by release. */
  async releasing(list: readonly Release[]): Promise<ReadonlyMap<Release, string>> {
    const ids = new Map<Release, string>();
    const { clock, incarnation } = this.#parts;
    for (const release of list) {
      const record = this.#recordOf(release.owner);
      const old = record?.reservations.find(
        ({ agentId, role }) => agentId === release.agentId && role === release.role,
      );
      if (record === undefined || old === undefined) continue;
      const now = clock.now();
      const id = this.operationId(`${executorIdOf(release.owner, incarnation(now))}.unreserve`, release.agentId);
      await this.#replace(record, old, releaseBegun(old, release.pieces, id, now));
      if (id !== "") ids.set(release, id);
    }
    return ids;
  }

  /** UPDATE_OPERATION_STATUS: stored, then acknowledged. Rejects when the store does; then Mesos sends it again. */
  async receive(status: OperationStatus): Promise<void> {
    const { clock, calls, logs } = this.#parts;
    const id = status.operation_id?.value ?? "";
    const record = this.#findOperation(id);
    const old = record?.reservations.find(({ operationId }) => operationId === id);
    if (record !== undefined && old !== undefined) {
      this.#feedback.heard(status, old.agentId);
      const used = isUsed(launchesOf(record), old.agentId, id);
      const next = afterOperation(old, status.state, status.message ?? "", used, clock.now());
      if (next !== old) await this.#replace(record, old, next);
      if (old.state === "unreserving" && isRefusal(status))
        logs.line(
          "warning",
          record.workload,
          `${old.hostname} does not give back what is reserved for the unit: ${status.message ?? status.state}`,
          { unit: record.unit },
        );
      if (next?.state === "refused")
        logs.line("error", record.workload, `Mesos does not reserve on ${old.hostname}: ${next.problem}`, {
          unit: record.unit,
        });
    }
    if (status.uuid !== undefined) await calls.acknowledgeOperation(id, status.agent_id?.value, status.uuid.value);
  }

  #recordOf({ kind, workload, unit, instance }: ReservationOwner): UnitRecord | undefined {
    if (this.#parts.ledger.workload(workload)?.kind !== kind) return undefined;
    const record = this.#parts.ledger.unit(workload, unit);
    return record?.instance === instance ? record : undefined;
  }

  #findOperation(id: string): UnitRecord | undefined {
    const parsed = parseTaskId(id);
    return parsed === undefined ? undefined : this.#parts.ledger.unit(parsed.workload, parsed.unit);
  }

  #facts(record: UnitRecord): OwnerFacts {
    const workload = this.#parts.ledger.workload(record.workload);
    const spec = workload?.spec.units.find(({ name }) => name === record.unit);
    const goes = workload === undefined || isBeingRemoved(workload, record.unit);
    const wants = !goes && spec?.reservation === true;
    return { reservations: record.reservations, wants };
  }

  async #replace(
    record: UnitRecord,
    old: ReservationRecord | undefined,
    next: ReservationRecord | undefined,
  ): Promise<void> {
    const others = record.reservations.filter((entry) => entry !== old);
    const reservations = next === undefined ? others : [...others, next];
    await this.#parts.ledger.commit({ units: [{ ...record, reservations }] });
  }

  async #reconcile(isDue: (record: ReservationRecord) => boolean): Promise<void> {
    const { ledger, calls, clock } = this.#parts;
    const open = [...ledger.reserving()].flatMap(({ reservations }) =>
      reservations.filter((entry) => entry.operationId !== "" && isDue(entry)),
    );
    if (open.length === 0) return;
    this.#askAtMs = clock.now() + this.#backoff.next();
    await calls.reconcileOperations(open.map(({ operationId, agentId }) => ({ operationId, agentId })));
  }
}
