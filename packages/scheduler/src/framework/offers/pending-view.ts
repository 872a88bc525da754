// Makes the entry of GET …/pending for a step that waits. Pure.

import type { PendingRequestView, PendingView, RefusalView } from "../../workload/plans/pending.ts";
import { skipOf } from "../../workload/plans/plan-control.ts";
import { processTry, tryView, unitTry } from "../../workload/plans/tries.ts";
import { isTerminal, processTaskOf, type UnitRecord, type WorkloadRecord } from "../../workload/records/records.ts";
import type { WorkloadSpec } from "../../workload/records/workload-spec.ts";
import type { Step } from "../../workload/steps/step.ts";
import { waitsForOffer } from "../../workload/steps/step-traits.ts";
import { type Prerequisite, refusalKinds } from "../offer-fit/offer-refusal.ts";
import type { PlacementRequest } from "../offer-fit/placement-request.ts";
import { exampleLimit, type RefusalSummary } from "./rejection-history.ts";
import type { Waiting } from "./wait-reasons.ts";

/** Number of examples of each kind when not every host can be named. */
const namedPerKind = 3;

const time = (ms: number) => (ms === 0 ? "" : new Date(ms).toISOString());

/** True for a step about something that is not placed. */
export function isPending(step: Step, record: UnitRecord): boolean {
  if (step.kind !== "wait") return waitsForOffer(step);
  if (step.process === undefined) return record.launch === undefined;
  const task = processTaskOf(record.launch, step.process);
  return task !== undefined && isTerminal(task) && skipOf(record, step.process) === undefined;
}

function requestView(request: PlacementRequest, spec: WorkloadSpec, unit: string): PendingRequestView {
  const cpus = request.parts.reduce((sum, part) => sum + Math.round(part.cpus * 1000), 0) / 1000;
  const host = request.executor?.hostname ?? (request.homeOnly ? request.home : request.host);
  return {
    cpus,
    mem: request.parts.reduce((sum, part) => sum + part.mem, 0),
    disk: request.parts.reduce((sum, part) => sum + (part.disk ?? 0), 0),
    ports: request.parts.flatMap(({ ports }) => ports),
    host,
    attributes: request.attributes,
    roles: request.executor === undefined ? request.roles : [request.executor.role],
    reservation: spec.units.find(({ name }) => name === unit)?.reservation ?? false,
  };
}

function refusalViews({ agents, counts, examples }: RefusalSummary): readonly RefusalView[] {
  const limit = agents <= exampleLimit ? exampleLimit : namedPerKind;
  return refusalKinds.flatMap((kind): RefusalView[] => {
    const hosts = counts.get(kind) ?? 0;
    if (hosts === 0) return [];
    const named = examples.flatMap(({ hostname, role, reasons, atMs }) =>
      reasons
        .filter((reason) => reason.kind === kind)
        .map(({ words }) => ({ host: hostname, role, words, time: time(atMs) })),
    );
    return [{ kind, hosts, examples: named.slice(0, limit) }];
  });
}

/** A refusal without a host: what must come first, whatever is offered. */
const prerequisiteView = ({ kind, words }: Prerequisite, now: number): RefusalView => ({
  kind,
  hosts: 0,
  examples: [{ host: "", role: "", words, time: time(now) }],
});

export interface PendingInput {
  readonly workload: WorkloadRecord;
  readonly record: UnitRecord;
  readonly step: Step;
  /** The explanation of the step, with what is known about its offers. */
  readonly explanation: string;
  /** Undefined while it waits for no offer. */
  readonly waiting: Waiting | undefined;
  /** Why no offers come at all; "" when they may come. */
  readonly noOffers: string;
  /** The text that no agent is known to be large enough; "" otherwise. */
  readonly oversize: string;
  /** The text that its host is not known; "" otherwise. */
  readonly unknownHost: string;
  readonly now: number;
}

/** Since when it waits, over restarts of the scheduler as far as the records tell. */
function sinceMs({ workload, record }: PendingInput, process: string): number {
  if (process !== "") return processTaskOf(record.launch, process)?.changedAtMs ?? 0;
  return record.failure?.atMs ?? record.addedAtMs ?? workload.createdAtMs;
}

export function pendingView(input: PendingInput): PendingView {
  const { workload, record, step, waiting, noOffers, oversize, unknownHost, now } = input;
  const process = "process" in step ? (step.process ?? "") : "";
  const next = process === "" ? unitTry(record, now) : processTry(processTaskOf(record.launch, process), now);
  const refusals = waiting?.refusals;
  const prerequisite = waiting?.prerequisite;
  return {
    unit: record.unit,
    process,
    step: step.kind,
    since: time(sinceMs(input, process)),
    next_try: tryView(next).next_try,
    requests: waiting === undefined ? null : requestView(waiting.request, workload.spec, record.unit),
    offers: { hosts: refusals?.agents ?? 0, newest: time(refusals?.newestMs ?? 0) },
    refusals: [
      ...(prerequisite === undefined ? [] : [prerequisiteView(prerequisite, now)]),
      ...(refusals === undefined ? [] : refusalViews(refusals)),
    ],
    no_offers: noOffers,
    oversize,
    unknown_host: unknownHost,
    summary: input.explanation,
  };
}
