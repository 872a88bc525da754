// Takes offers and answers them with ACCEPT and DECLINE. Each offer is used or declined at once, except for a few that
// are pooled for seconds, for stateful units that are placed together (`offer-pool.ts`). A launch is stored before its ACCEPT.
// When nothing waits, Mesos is asked for no offers; new work asks for them again.
import { TimeSlice } from "@cke/foundation";
import type { Offer, Operation } from "@cke/mesos";
import { unitKey } from "../../workload/records/records.ts";
import type { AgentNames } from "../agents/agent-names.ts";
import type { AgentProbe } from "../agents/agent-probe.ts";
import type { AgentSizes } from "../agents/agent-size-history.ts";
import type { MaintenanceWindows } from "../agents/maintenance-windows.ts";
import type { FrameworkOptions } from "../interfaces/dependencies.ts";
import { LaunchPreparation, type LaunchPreparationParts, type Prepared } from "../launch/launch-preparation.ts";
import { maxRecordsPerCommit } from "../ledger/ledger-change.ts";
import type { Reconciler } from "../mesos/reconciler.ts";
import { bundlesOf } from "../offer-fit/offer-bundle.ts";
import type { Placement, PlacementRequest } from "../offer-fit/placement-request.ts";
import { doubtOf } from "../placement/doubtful-homes.ts";
import { withNeighbours } from "../placement/group-neighbours.ts";
import { matchOffers } from "../placement/offer-matching.ts";
import type { Precedence } from "../placement/precedence.ts";
import { isOfGang } from "../placement/quorum.ts";
import type { Release } from "../reservations/releases.ts";
import type { ReservationHandler } from "../reservations/reservation-handler.ts";
import { launchOperations, reserveOperations, unreserveOperations } from "./accept-operations.ts";
import { type Acceptance, acceptancesOf, offerIdsOf, surplusOf } from "./acceptances.ts";
import { agentUses, placesOf } from "./agent-usage.ts";
import { SpreadWaits } from "./anti-affinity-waits.ts";
import { isFor } from "./offer-constraints.ts";
import { OfferFlow, type OfferFlowParts } from "./offer-flow.ts";
import { OfferPool } from "./offer-pool.ts";
import type { WaitReasons } from "./wait-reasons.ts";

/** Refusal in seconds while something waits for a better offer. */
export const shortRefuseSeconds = 5;
/** Refusal in seconds while nothing waits. REVIVE ends it. */
export const longRefuseSeconds = 3_600;
/** The rest of an accepted offer comes again soon when more requests wait. */
const restRefuseSeconds = 1;

function describePlacement({ placement: { request, hostname, reserve }, tasks }: Prepared): string {
  if (request.executor !== undefined) return `${tasks.map(({ name }) => name).join(", ")} launched again`;
  const reserving = reserve.length === 0 ? "" : ", its resources reserved";
  return request.cleanup
    ? `launched on ${hostname} to be removed`
    : `launched on ${hostname} with ${tasks.length} tasks${reserving}`;
}

export interface OfferHandlerParts extends OfferFlowParts, LaunchPreparationParts {
  readonly options: FrameworkOptions;
  readonly reservations: ReservationHandler;
  readonly agentSizes: AgentSizes;
  readonly agentNames: AgentNames;
  readonly maintenance: MaintenanceWindows;
  readonly agentProbe: Pick<AgentProbe, "answeredSince">;
  readonly reconciler: Reconciler;
  readonly waitReasons: WaitReasons;
}

export class OfferHandler {
  readonly #parts: OfferHandlerParts;
  readonly #flow: OfferFlow;
  readonly #preparation: LaunchPreparation;
  readonly #pace: TimeSlice;
  readonly #pool = new OfferPool();
  readonly #spreadWaits = new SpreadWaits();
  #requests: readonly PlacementRequest[] = [];
  /** The requests at the last match. */
  #matched: readonly PlacementRequest[] = [];
  #precedence: Precedence | undefined;

  constructor(parts: OfferHandlerParts) {
    this.#parts = parts;
    this.#pace = new TimeSlice(parts.clock);
    this.#flow = new OfferFlow(parts);
    this.#preparation = new LaunchPreparation(parts);
  }

  /** Roles that SUBSCRIBE must suppress. */
  idleRoles(): readonly string[] {
    return this.#flow.idleRoles();
  }

  /** After a subscription the Mesos master offers everything again. */
  subscribed(masterVersion: string | undefined): void {
    this.#pool.clear();
    this.#flow.subscribed(masterVersion);
  }

  /** Takes the present requests, and asks Mesos for offers or for none. */
  async update(requests: readonly PlacementRequest[], connected: boolean): Promise<void> {
    this.#requests = requests;
    this.#parts.waitReasons.keep(requests, this.#parts.clock.now());
    await this.#flow.ask(requests, connected);
  }

  /** Why no offers come although something waits; "" when they may come at any moment. */
  silence(): string {
    return this.#flow.silence();
  }

  /** Asks Mesos for offers again, although nothing new waits. */
  ask(): void {
    this.#flow.news();
  }

  /**
   * Handles an OFFERS event; `update` was called for the present records before. Every offer is answered, whatever goes
   * wrong, because the Mesos master would wait for ever. A DECLINE for a used offer has no effect.
   */
  async offers(offers: readonly Offer[]): Promise<void> {
    try {
      this.#flow.heard(offers);
      await this.#use(offers, await this.#parts.reservations.observe(offers));
    } catch (error) {
      const ids = [...offers.map(({ id }) => id.value), ...this.#pool.clear()];
      await this.#parts.calls.decline(ids, shortRefuseSeconds);
      throw error;
    }
  }

  /** Matches pooled offers again when the requests have changed. True when it did: steps follow from that. */
  async useHeld(): Promise<boolean> {
    if (this.#pool.size === 0 || this.#requests === this.#matched) return false;
    await this.offers([]);
    return true;
  }

  /** Declines offers that were pooled for too long. */
  async tick(): Promise<void> {
    await this.#parts.calls.decline(this.#pool.expired(this.#parts.clock.now()), shortRefuseSeconds);
  }

  /** The agent is not registered any more: nothing waits for it. */
  agentLost(agentId: string): void {
    this.#spreadWaits.lost(agentId);
  }

  rescinded(offerId: string): void {
    this.#pool.rescinded(offerId);
  }

  async #use(fresh: readonly Offer[], releases: readonly Release[]): Promise<void> {
    const { clock, ledger, maintenance, kinds, agentSizes, agentNames, waitReasons } = this.#parts;
    const offers = [...this.#pool.offers(), ...fresh];
    const now = clock.now();
    const usesOf = (some: readonly Offer[]) => agentUses({ ledger, kinds, maintenance, now }, placesOf(some));
    const uses = usesOf(offers);
    const moment = { now, precedence: this.#precedence };
    this.#spreadWaits.heard(fresh);
    // A quorum must fit before its first stateful unit is launched alone. Other requests with a prerequisite take nothing from those
    // that can be launched.
    const asked = this.#requests
      .filter((request) => request.prerequisite === undefined || isOfGang(request))
      .map((request) => withNeighbours(request, ledger));
    const tried = this.#spreadWaits.of(asked, offers, (others) => bundlesOf(others, usesOf(others)), now);
    const {
      placements: fitting,
      refusals,
      prerequisites,
      wanted,
      precedence,
    } = matchOffers(tried, offers, uses, moment);
    const placements = this.#certain(fitting.filter(({ request }) => request.prerequisite === undefined));
    this.#precedence = precedence;
    this.#matched = this.#requests;
    agentSizes.offered(offers, this.#requests);
    void agentSizes.look(this.#requests);
    agentNames.offered(fresh);
    void agentNames.look(this.#requests);
    waitReasons.prerequisites(prerequisites);
    for (const [id, reasons] of refusals) waitReasons.note(id, reasons, clock.now());
    const prepared = this.#preparation.prepare(placements, this.#parts.session.frameworkId);
    this.#spreadWaits.placed(prepared.map(({ placement }) => placement));
    const launched = new Set(prepared.map(({ placement }) => placement.request.id));
    const waiting = this.#requests.filter(({ id }) => !launched.has(id));
    const acceptances = acceptancesOf(prepared, releases);
    const taken = new Set(acceptances.flatMap(offerIdsOf));
    const left = offers.filter(({ id }) => !taken.has(id.value));
    const pooled = this.#pool.pool(left, wanted, clock.now());
    await this.#decline(
      left.filter(({ id }) => !pooled.has(id.value)),
      waiting,
    );
    await this.#launch(acceptances, waiting);
  }

  /** Without those that are to return to an agent which may not have their data. */
  #certain(placements: readonly Placement[]): readonly Placement[] {
    const { ledger, agentProbe, waitReasons, clock } = this.#parts;
    const unit = (workload: string, id: string) => ledger.unit(workload, id.slice(workload.length + 1));
    const answeredSince = (agentId: string, successor: string) => agentProbe.answeredSince(agentId, successor);
    return placements.filter((placement) => {
      const doubt = doubtOf(placement, { unit, answeredSince });
      if (doubt !== undefined) waitReasons.note(placement.request.id, [doubt], clock.now());
      return doubt === undefined;
    });
  }

  /** One call for each refusal time: short where something waits or is looked for, long elsewhere. */
  async #decline(offers: readonly Offer[], waiting: readonly PlacementRequest[]): Promise<void> {
    const { calls } = this.#parts;
    const awaited = this.#parts.reservations.awaitedAgents();
    const wanted = new Map<string, boolean>();
    const isWanted = (role: string) => {
      const known = wanted.get(role) ?? waiting.some((request) => isFor(request, role));
      wanted.set(role, known);
      return known;
    };
    const short: string[] = [];
    const long: string[] = [];
    for (const { id, agent_id, allocation_info } of offers) {
      const role = allocation_info?.role ?? "*";
      (awaited.has(agent_id.value) || isWanted(role) ? short : long).push(id.value);
    }
    await calls.decline(short, shortRefuseSeconds);
    await calls.decline(long, longRefuseSeconds);
  }

  /** Stores the launches in commits of a size that every store takes, and sends the ACCEPTs of each commit after it. */
  async #launch(acceptances: readonly Acceptance[], waiting: readonly PlacementRequest[]): Promise<void> {
    const { ledger } = this.#parts;
    const groups = [...acceptances];
    while (groups.length > 0) {
      const slice = groups.splice(0, 1);
      const size = () => slice.reduce((sum, { prepared }) => sum + prepared.length, 0);
      while (groups[0] !== undefined && size() + groups[0].prepared.length <= maxRecordsPerCommit)
        slice.push(...groups.splice(0, 1));
      const refused = await ledger.commitUnits(this.#preparation.merge(slice.flatMap(({ prepared }) => prepared)));
      const ids = await this.#parts.reservations.releasing(slice.flatMap(({ releases }) => releases));
      const accepting: Promise<void>[] = [];
      for (const group of slice) {
        // A launch that is not stored must not be made. Its offers are answered all the same.
        const prepared = group.prepared.filter(({ record }) => !refused.has(unitKey(record.workload, record.unit)));
        const stored = { ...group, prepared, surplus: prepared.flatMap(surplusOf) };
        accepting.push(this.#accept(stored, offerIdsOf(group), ids, waiting));
        await this.#pace.pause();
      }
      await Promise.all(accepting);
    }
  }

  async #accept(
    group: Acceptance,
    offerIds: readonly string[],
    releaseIds: ReadonlyMap<Release, string>,
    waiting: readonly PlacementRequest[],
  ): Promise<void> {
    const { calls, logs, reconciler } = this.#parts;
    const { prepared, releases, role, surplus } = group;
    for (const one of prepared) {
      const { record } = one;
      const incarnation = record.launch?.incarnation;
      logs.line("info", record.workload, describePlacement(one), { unit: record.unit, incarnation });
    }
    const operations: readonly Operation[] = [
      ...releases.flatMap((release) => unreserveOperations(release.pieces, releaseIds.get(release) ?? "")),
      ...unreserveOperations(surplus, ""),
      ...prepared.flatMap(({ placement, operationId }) => reserveOperations(placement.reserve, operationId)),
      ...launchOperations(prepared.map(({ record, tasks }) => ({ tasks, pod: record.launch?.pod ?? false }))),
    ];
    // The next offer shows whether the release was carried out.
    const more = releases.length > 0 || waiting.some((request) => isFor(request, role));
    if (await calls.accept(offerIds, operations, more ? restRefuseSeconds : longRefuseSeconds)) return;
    // The ACCEPT may have arrived all the same; the Mesos master knows.
    for (const { record, tasks } of prepared) {
      for (const task of tasks) reconciler.add({ taskId: task.task_id.value, agentId: record.launch?.agentId ?? "" });
    }
  }
}
