// ACCEPT: offers are used up, their operations applied in order, and what is left goes back under a filter.
// Facts: recordings scheduler-lifecycle, task-failures, operations.
import type { Operation, SchedulerCallOf, TaskInfo } from "@cke/mesos";
import { sumBags } from "../../resources/bag.ts";
import { addFilter, removeOffer } from "../offers/offers.ts";
import type { MasterState } from "../state/master-state.ts";
import type { FrameworkRecord, OfferRecord } from "../state/records.ts";
import { lostState, masterStatus } from "../tasks/master-status.ts";
import type { Acceptance } from "./acceptance.ts";
import { launchGroup, launchTasks } from "./launch.ts";
import { applyReservation, dropOperation } from "./operations.ts";
import { isReservation } from "./reservations.ts";

export function accept(state: MasterState, framework: FrameworkRecord, call: SchedulerCallOf<"ACCEPT">): void {
  const { offer_ids = [], operations = [], filters } = call.accept;
  const offers = offer_ids.flatMap(({ value }) => framework.offers.get(value) ?? []);
  const problem = offersProblem(
    framework,
    offer_ids.map(({ value }) => value),
  );
  for (const offer of offers) removeOffer(state, framework, offer);
  const [first] = offers;
  const agent = first === undefined ? undefined : state.agents.get(first.agentId);
  if (problem !== undefined || first === undefined || agent === undefined) {
    refuse(state, framework, operations, problem ?? "Agent is gone");
    return;
  }
  const acceptance: Acceptance = {
    state,
    framework,
    agent,
    role: first.role,
    left: sumBags(offers.map(({ resources }) => resources)),
  };
  for (const operation of operations) apply(acceptance, operation);
  addFilter(state, framework, first, acceptance.left, filters?.refuse_seconds);
}

function apply(acceptance: Acceptance, operation: Operation): void {
  if (operation.type === "LAUNCH") {
    launchTasks(acceptance, operation.launch?.task_infos ?? []);
  } else if (operation.type === "LAUNCH_GROUP") {
    if (operation.launch_group !== undefined) launchGroup(acceptance, operation.launch_group);
  } else if (isReservation(operation)) {
    applyReservation(acceptance, operation);
  } else if (operation.type !== undefined) {
    const { state, framework, agent } = acceptance;
    const message = `Operation ${operation.type} is not supported by the embedded Mesos`;
    dropOperation(state, framework, operation, "OPERATION_ERROR", message, agent.id);
  }
}

/** Why these offers cannot be accepted together, or undefined. */
function offersProblem(framework: FrameworkRecord, ids: readonly string[]): string | undefined {
  if (ids.length === 0) return "No offers specified";
  const duplicate = ids.find((id, index) => ids.indexOf(id) !== index);
  if (duplicate !== undefined) return `Duplicate offer ${duplicate} in offer list`;
  const offers: OfferRecord[] = [];
  for (const id of ids) {
    const offer = framework.offers.get(id);
    if (offer === undefined) return `Offer ${id} is no longer valid`;
    offers.push(offer);
  }
  const [first] = offers;
  for (const offer of offers) {
    if (first !== undefined && offer.agentId !== first.agentId) {
      return `Aggregated offers must belong to one single agent. Offer ${offer.id} uses agent ${offer.agentId} and agent ${first.agentId}`;
    }
    if (first !== undefined && offer.role !== first.role) {
      return `Aggregated offers must be allocated to the same role. Offer ${offer.id} uses role '${offer.role}' but another is using role '${first.role}'`;
    }
  }
  return undefined;
}

/** Nothing of the call can be done: its tasks are dropped and its operations too. */
function refuse(
  state: MasterState,
  framework: FrameworkRecord,
  operations: readonly Operation[],
  problem: string,
): void {
  for (const operation of operations) {
    for (const task of tasksOf(operation)) {
      state.sendUpdate(
        framework,
        masterStatus(state, {
          task_id: task.task_id,
          state: lostState(framework, "TASK_DROPPED"),
          message: `Task launched with invalid offers: ${problem}`,
          reason: "REASON_INVALID_OFFERS",
          agent_id: task.agent_id,
        }),
      );
    }
    const message = `Operation attempted with invalid offers: ${problem}`;
    dropOperation(state, framework, operation, "OPERATION_ERROR", message, undefined);
  }
}

const tasksOf = ({ type, launch, launch_group }: Operation): readonly TaskInfo[] =>
  type === "LAUNCH"
    ? (launch?.task_infos ?? [])
    : type === "LAUNCH_GROUP"
      ? (launch_group?.task_group.tasks ?? [])
      : [];

/** DECLINE: unknown offers are ignored. */
export function decline(state: MasterState, framework: FrameworkRecord, call: SchedulerCallOf<"DECLINE">): void {
  for (const { value } of call.decline.offer_ids ?? []) {
    const offer = framework.offers.get(value);
    if (offer === undefined) continue;
    removeOffer(state, framework, offer);
    addFilter(state, framework, offer, offer.resources, call.decline.filters?.refuse_seconds);
  }
}
