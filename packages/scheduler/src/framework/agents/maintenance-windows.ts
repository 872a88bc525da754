// Maintenance windows of agents, from inverse offers and offers, and the answers to inverse offers. Kept in memory:
// Mesos asks again a minute after every answer while the window is scheduled, and a window that it stops asking for is
// forgotten.
import type { Clock } from "@cke/foundation";
import type { InverseOffer, Offer, Unavailability } from "@cke/mesos";
import type { Kinds } from "../../workload/kinds/kinds.ts";
import { pauseOf } from "../../workload/plans/plan-control.ts";
import { planSuspension, plansOf } from "../../workload/plans/workload-steps.ts";
import { launchesOf } from "../../workload/records/launches.ts";
import type { UnitRecord, WorkloadRecord } from "../../workload/records/records.ts";
import type { UnitSpec } from "../../workload/records/workload-spec.ts";
import { type MaintenanceWindow, noticeFor, placementProblem, windowOf } from "../../workload/steps/maintenance.ts";
import type { Relocation } from "../../workload/steps/relocation.ts";
import type { MaintenanceNotice } from "../../workload/steps/step.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { MesosCalls } from "../mesos/mesos-calls.ts";
import type { WorkloadLogs } from "../workload-log/workload-log.ts";

/** Mesos asks again after this time. This is the only way to know that a window is still scheduled. */
const inverseRefuseSeconds = 60;
/** A window that was not mentioned for this long is not scheduled any more. */
const windowFreshMs = 240_000;

interface KnownWindow {
  readonly window: MaintenanceWindow;
  readonly inverseOfferId: string;
  readonly heardMs: number;
  /** What was written to the logs, so that it is written once. */
  readonly told: string;
}

export interface MaintenanceWindowsParts {
  readonly clock: Clock;
  readonly calls: Pick<MesosCalls, "acceptInverse" | "declineInverse">;
  readonly kinds: Pick<Kinds, "of">;
  readonly ledger: Pick<Ledger, "unitsOn" | "workload">;
  readonly logs: WorkloadLogs;
  /** Why a plan with this id waits for an operator; "" while it goes on. */
  readonly planFailure: (planId: string) => string;
  /** The workload must be decided anew. */
  readonly look: (workload: string) => void;
}

export class MaintenanceWindows {
  readonly #parts: MaintenanceWindowsParts;
  readonly #windows = new Map<string, KnownWindow>();

  constructor(parts: MaintenanceWindowsParts) {
    this.#parts = parts;
  }

  /**
   * INVERSE_OFFERS: accepted when all of CKE's units can leave the agent, otherwise declined with the reason in the
   * logs.
   */
  async inverseOffers(offers: readonly InverseOffer[]): Promise<void> {
    const { calls } = this.#parts;
    const accepted: string[] = [];
    const declined: string[] = [];
    for (const { id, agent_id, unavailability } of offers) {
      const agentId = agent_id?.value ?? "";
      this.#hear(agentId, unavailability, id.value);
      const stays = this.#notices(agentId).some(({ notice }) => notice.moveAtMs === undefined);
      (stays ? declined : accepted).push(id.value);
      this.#tell(agentId);
    }
    await calls.acceptInverse(accepted, inverseRefuseSeconds);
    await calls.declineInverse(declined, inverseRefuseSeconds);
  }

  /** RESCIND_INVERSE_OFFER: that window is not scheduled any more, or was changed. */
  rescinded(inverseOfferId: string): void {
    for (const [agentId, known] of this.#windows) if (known.inverseOfferId === inverseOfferId) this.#forget(agentId);
  }

  /** OFFERS: they carry the window of their agent. */
  offers(offers: readonly Offer[]): void {
    for (const { agent_id, unavailability } of offers) {
      if (unavailability === undefined) this.#forget(agent_id.value);
      else this.#hear(agent_id.value, unavailability, this.#windows.get(agent_id.value)?.inverseOfferId ?? "");
    }
  }

  /** Why nothing is placed on the agent; undefined when something may be. */
  placementProblem(agentId: string, tied: boolean): string | undefined {
    const window = this.windowOf(agentId);
    return window === undefined ? undefined : placementProblem(window, tied, this.#parts.clock.now());
  }

  /** What the unit must do about its agent's window, if there is one. */
  noticeOf(record: UnitRecord, unit: UnitSpec | undefined): MaintenanceNotice | undefined {
    const { launch } = record;
    if (launch === undefined || unit === undefined || this.#windows.size === 0) return undefined;
    const window = this.windowOf(launch.agentId);
    if (window === undefined) return undefined;
    const { kinds, ledger, clock } = this.#parts;
    const workload = ledger.workload(record.workload);
    const relocation =
      workload === undefined ? undefined : kinds.of(workload).relocation?.(workload, record, window.startMs);
    const held = workload === undefined ? "" : this.#heldBy(workload, record, relocation);
    const goes = held === "" ? relocation : { kind: "stays" as const, reason: held };
    return noticeFor(window, launch.hostname, unit, clock.now(), goes);
  }

  /** Why nothing moves the unit before an operator has done something; "" when it stays anyway, or goes by itself. */
  #heldBy(workload: WorkloadRecord, record: UnitRecord, relocation: Relocation | undefined): string {
    if (relocation?.kind === "stays") return "";
    if (relocation?.kind !== "moving") return pauseOf(workload, record, this.#parts.kinds.of(workload).rules.words);
    const plan = plansOf(workload).find(({ id }) => id === relocation.planId);
    const pause = plan === undefined ? "" : planSuspension(workload, plan, record);
    if (pause !== "") return `its move stands still: ${pause}`;
    const failure = this.#parts.planFailure(relocation.planId);
    return failure === "" ? "" : `its move cannot go on: ${failure}`;
  }

  /** The window of the agent that is scheduled, as far as it is known. */
  windowOf(agentId: string): MaintenanceWindow | undefined {
    const known = this.#windows.get(agentId);
    if (known === undefined) return undefined;
    if (this.#parts.clock.now() - known.heardMs < windowFreshMs) return known.window;
    this.#windows.delete(agentId);
    return undefined;
  }

  #hear(agentId: string, unavailability: Unavailability, inverseOfferId: string): void {
    const window = windowOf(unavailability);
    const known = this.#windows.get(agentId);
    const same = known?.window.startMs === window.startMs && known.window.endMs === window.endMs;
    const told = same ? known.told : "";
    this.#windows.set(agentId, { window, inverseOfferId, heardMs: this.#parts.clock.now(), told });
    if (!same) this.#lookAt(agentId);
  }

  #forget(agentId: string): void {
    if (this.#windows.delete(agentId)) this.#lookAt(agentId);
  }

  #lookAt(agentId: string): void {
    for (const { workload } of this.#parts.ledger.unitsOn(agentId)) this.#parts.look(workload);
  }

  /** What the agent's window means for each unit there. */
  #notices(agentId: string): readonly { readonly record: UnitRecord; readonly notice: MaintenanceNotice }[] {
    return [...this.#parts.ledger.unitsOn(agentId)].flatMap((record) => {
      const here = launchesOf(record).some((launch) => launch === record.launch && launch.agentId === agentId);
      const spec = this.#parts.ledger.workload(record.workload)?.spec.units.find(({ name }) => name === record.unit);
      const notice = here ? this.noticeOf(record, spec) : undefined;
      return notice === undefined ? [] : [{ record, notice }];
    });
  }

  #tell(agentId: string): void {
    const known = this.#windows.get(agentId);
    const notices = this.#notices(agentId);
    const told = notices
      .map(
        ({ record: { workload, unit, launch }, notice: { moveAtMs } }) =>
          `${workload}/${unit}/${launch?.incarnation}${moveAtMs === undefined ? " stays" : ""}`,
      )
      .join();
    if (known === undefined || known.told === told) return;
    this.#windows.set(agentId, { ...known, told });
    for (const { record, notice } of notices) {
      const level = notice.moveAtMs === undefined ? "warning" : "info";
      this.#parts.logs.line(level, record.workload, notice.explanation, { unit: record.unit });
    }
  }
}
