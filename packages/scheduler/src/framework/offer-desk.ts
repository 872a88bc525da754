// Offers in, ACCEPT and DECLINE out. Offers are never held: each is used or declined at once. A launch is stored before
// its ACCEPT. When nothing waits, Mesos is asked for silence; new work revives the offers.
import { messageOf } from "@cke/foundation";
import { executorInfoSchema, type Offer, type Operation, type TaskInfo } from "@cke/mesos";
import { mayBeLaunched, withLaunch } from "../domain/launches.ts";
import type { NodeRecord } from "../domain/records.ts";
import { reservationsAfter } from "../domain/reservation.ts";
import { newIncarnation } from "../domain/task-ids.ts";
import { launchOperations } from "./accept-operations.ts";
import { type BuiltLaunch, buildLaunch, buildRelaunch } from "./launch-builder.ts";
import { maxRecordsPerCommit } from "./ledger.ts";
import { agentUses } from "./needs.ts";
import { matchOffers, type Need, type Placement } from "./offer-matching.ts";
import type { FrameworkState } from "./state.ts";

/** Declined while something waits for a better offer. */
export const shortRefuseSeconds = 5;
/** Declined while nothing waits; REVIVE takes it back. */
export const longRefuseSeconds = 3_600;
/** Offers come every few seconds while there is something to offer. */
const mentionedSeconds = 10;
/** The rest of an accepted offer comes again soon when more waits. */
const restRefuseSeconds = 1;
const reviveEveryMs = 60_000;
/** Many nodes that end together ask once; the next tick asks for the stragglers. */
const minReviveGapMs = 250;

interface Prepared {
  readonly placement: Placement;
  readonly record: NodeRecord;
  readonly tasks: readonly TaskInfo[];
  /** Of the RESERVE, if there is one. */
  readonly operationId: string;
}

/** As unique as the task that is launched with it; told apart again as a task id is. */
const reserveId = ({ tasks }: BuiltLaunch) => `${tasks[0]?.task_id.value ?? ""}.reserve`;

function reserveOperations({ placement: { reserve }, operationId }: Prepared): readonly Operation[] {
  if (reserve.length === 0) return [];
  return [{ type: "RESERVE", id: { value: operationId }, reserve: { resources: reserve } }];
}

function describePlacement({ need, hostname }: Placement, tasks: readonly TaskInfo[]): string {
  if (need.executor !== undefined) return `${tasks.map(({ name }) => name).join(", ")} launched again`;
  return need.cleanup ? `launched on ${hostname} to be removed` : `launched on ${hostname} with ${tasks.length} tasks`;
}

export class OfferDesk {
  readonly #state: FrameworkState;
  #needs: readonly Need[] = [];
  #known = new Set<string>();
  #suppressed = false;
  #wantsRevive = false;
  #lastReviveMs = Number.NEGATIVE_INFINITY;
  #lastOfferMs = Number.NEGATIVE_INFINITY;

  constructor(state: FrameworkState) {
    this.#state = state;
  }

  /** After a subscription: the master offers afresh. */
  subscribed(): void {
    this.#suppressed = false;
    this.#wantsRevive = false;
    // The first REVIVE may come at once: a cluster that is created right after the start must not wait for a tick.
    this.#lastReviveMs = Number.NEGATIVE_INFINITY;
    this.#lastOfferMs = this.#state.clock.now();
  }

  /** The needs as they are now; asks Mesos for offers or for silence accordingly. */
  async update(needs: readonly Need[], connected: boolean): Promise<void> {
    const { calls, clock, waits, dependencies } = this.#state;
    this.#needs = needs;
    const now = clock.now();
    waits.keep(needs, now);
    // A clean-up is another need than the launch of the same node.
    const keyOf = ({ id, cleanup }: Need) => (cleanup ? `${id} clean-up` : id);
    if (needs.some((need) => !this.#known.has(keyOf(need)))) this.#wantsRevive = true;
    this.#known = new Set(needs.map(keyOf));
    if (!connected) return;
    if (needs.length === 0) {
      this.#wantsRevive = false;
      if (!this.#suppressed) this.#suppressed = await calls.suppress(dependencies.options.roles);
      return;
    }
    const silent = now - Math.max(this.#lastOfferMs, this.#lastReviveMs) > reviveEveryMs;
    if (!this.#wantsRevive && !this.#suppressed && !silent) return;
    if (now - this.#lastReviveMs < minReviveGapMs) return;
    this.#lastReviveMs = now;
    if (await calls.revive(dependencies.options.roles)) {
      this.#wantsRevive = false;
      this.#suppressed = false;
    }
  }

  /** Why no offers come although something waits, in words; "" when they may come at any moment. */
  silence(): string {
    if (this.#suppressed)
      return "offers are suppressed; they are asked for again as soon as the Mesos master can be called";
    const seconds = Math.floor((this.#state.clock.now() - this.#lastOfferMs) / 1000);
    return seconds < mentionedSeconds || !Number.isFinite(seconds) ? "" : `Mesos made no offer for ${seconds} s`;
  }

  /** What waits is asked for anew, although nothing else begins to wait. */
  ask(): void {
    this.#wantsRevive = true;
  }

  /** An OFFERS event; `update` has been called for the present records before. */
  async offers(offers: readonly Offer[], frameworkId: string): Promise<void> {
    const { calls, clock, ledger, maintenance, renderings, waits } = this.#state;
    this.#lastOfferMs = clock.now();
    const agents = new Set(offers.map(({ agent_id }) => agent_id.value));
    const uses = agentUses(ledger, renderings, maintenance, agents);
    const { placements, refusals, unused } = matchOffers(this.#needs, offers, uses);
    for (const [id, reasons] of refusals) waits.note(id, reasons, clock.now());
    const prepared = this.#prepare(placements, frameworkId);
    const placedIds = new Set(prepared.flatMap(({ placement }) => placement.offerIds));
    const idle = [...unused, ...placements.flatMap(({ offerIds }) => offerIds)].filter((id) => !placedIds.has(id));
    const waiting = this.#needs.length > prepared.length;
    await calls.decline([...new Set(idle)], waiting ? shortRefuseSeconds : longRefuseSeconds);
    await this.#launch(prepared, waiting);
  }

  /** Intent first, in commits of a size that every store takes, each followed by its ACCEPTs. */
  async #launch(prepared: readonly Prepared[], waiting: boolean): Promise<void> {
    const { calls, ledger } = this.#state;
    const groups = [...Map.groupBy(prepared, ({ placement }) => `${placement.agentId}\n${placement.role}`).values()];
    while (groups.length > 0) {
      const slice = groups.splice(0, 1);
      const size = () => slice.flat().length;
      while (groups[0] !== undefined && size() + groups[0].length <= maxRecordsPerCommit)
        slice.push(...groups.splice(0, 1));
      try {
        await ledger.commitNodes(this.#merge(slice.flat()));
      } catch (error) {
        const ids = [...slice, ...groups].flat().flatMap(({ placement }) => placement.offerIds);
        await calls.decline([...new Set(ids)], shortRefuseSeconds);
        throw error;
      }
      await Promise.all(slice.map((group) => this.#accept(group, waiting)));
    }
  }

  #prepare(placements: readonly Placement[], frameworkId: string): readonly Prepared[] {
    return placements.flatMap((placement): Prepared[] => {
      const { need } = placement;
      const [cluster = "", node = "", process] = need.id.split("/");
      const record = this.#state.ledger.node(cluster, node);
      try {
        const built =
          process === undefined
            ? this.#node(record, placement, frameworkId)
            : this.#process(record, process, placement);
        if (record === undefined || built === undefined) return [];
        return [
          { placement, record: withLaunch(record, built.launch), tasks: built.tasks, operationId: reserveId(built) },
        ];
      } catch (error) {
        this.#state.logs.line("error", cluster, `the launch could not be prepared: ${messageOf(error)}`, { node });
        return [];
      }
    });
  }

  #node(record: NodeRecord | undefined, placement: Placement, frameworkId: string): BuiltLaunch | undefined {
    const { ledger, renderings, clock, dependencies } = this.#state;
    const cluster = record === undefined ? undefined : ledger.cluster(record.cluster);
    const rendered =
      record === undefined || cluster === undefined ? undefined : renderings.node(cluster.spec, record.node);
    if (record === undefined || !mayBeLaunched(record) || rendered === undefined) return undefined;
    const { options, execFiles, incarnation = newIncarnation } = dependencies;
    const { agentId, hostname, role, resources } = placement;
    const now = clock.now();
    return buildLaunch({
      rendered,
      incarnation: incarnation(now),
      target: { agentId, hostname, role },
      resources,
      frameworkId,
      options,
      contentPath: execFiles?.urlOf(options.executor),
      instance: record.instance,
      cleanup: placement.need.cleanup,
      pod: cluster?.spec.nodes.find(({ name }) => name === record.node)?.pod ?? false,
      now,
    });
  }

  #process(record: NodeRecord | undefined, name: string, placement: Placement): BuiltLaunch | undefined {
    const { ledger, renderings, clock } = this.#state;
    const cluster = record === undefined ? undefined : ledger.cluster(record.cluster);
    const rendered =
      record === undefined || cluster === undefined ? undefined : renderings.node(cluster.spec, record.node);
    const launch = record?.launch;
    const process = rendered?.processes.find((candidate) => candidate.name === name);
    const old = launch?.tasks.find((task) => task.process === name);
    const executor = executorInfoSchema.safeParse(launch?.executor);
    if (
      launch === undefined ||
      rendered === undefined ||
      process === undefined ||
      old === undefined ||
      !executor.success
    )
      return undefined;
    return buildRelaunch({
      launch,
      executor: executor.data,
      rendered,
      process,
      old,
      resources: placement.resources[0] ?? [],
      now: clock.now(),
    });
  }

  /** Two processes of one node are one change of its record. */
  #merge(prepared: readonly Prepared[]): readonly NodeRecord[] {
    const merged = new Map<string, NodeRecord>();
    for (const one of prepared) {
      const { record, tasks } = one;
      const key = `${record.cluster}/${record.node}`;
      const before = merged.get(key);
      const fresh = new Set(tasks.map((task) => task.task_id.value));
      const reservations = this.#reservations(before ?? record, one);
      if (before?.launch === undefined || record.launch === undefined) merged.set(key, { ...record, reservations });
      else {
        const added = record.launch.tasks.filter(({ taskId }) => fresh.has(taskId));
        const list = before.launch.tasks.map((task) => added.find(({ process }) => process === task.process) ?? task);
        merged.set(key, { ...before, reservations, launch: { ...before.launch, tasks: list } });
      }
    }
    return [...merged.values()];
  }

  #reservations({ reservations }: NodeRecord, { placement, operationId }: Prepared): NodeRecord["reservations"] {
    const { need, agentId, hostname, role, reserve } = placement;
    if (need.reservation?.reserve !== true) return reservations;
    const taking = { agentId, hostname, role, reserve, resources: placement.resources.flat(), operationId };
    return reservationsAfter(reservations, { ...taking, whole: need.executor === undefined }, this.#state.clock.now());
  }

  /** What goes to one agent and role. */
  async #accept(group: readonly Prepared[], waiting: boolean): Promise<void> {
    const { calls, logs, reconciler } = this.#state;
    const offerIds = [...new Set(group.flatMap(({ placement }) => placement.offerIds))];
    for (const { placement, record, tasks } of group) {
      logs.line("info", record.cluster, describePlacement(placement, tasks), {
        node: record.node,
        incarnation: record.launch?.incarnation,
      });
    }
    const taken = await calls.accept(
      offerIds,
      [
        ...group.flatMap(reserveOperations),
        ...launchOperations(group.map(({ record, tasks }) => ({ tasks, pod: record.launch?.pod ?? false }))),
      ],
      waiting ? restRefuseSeconds : longRefuseSeconds,
    );
    if (taken) return;
    // It may have arrived all the same: the master knows.
    for (const { record, tasks } of group) {
      for (const task of tasks) reconciler.add({ taskId: task.task_id.value, agentId: record.launch?.agentId ?? "" });
    }
  }
}
