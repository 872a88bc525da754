// RESERVE, UNRESERVE, CREATE, DESTROY on offered resources, and the feedback for operations with an id.
// Facts: recording operations.
import type { Operation, OperationState, OperationStatus, Resource, SchedulerCallOf } from "@cke/mesos";
import { addBags, type Bag, containsBag, subtractBags, sumBags, unallocated } from "../resources/bag.ts";
import { bagText } from "../resources/format.ts";
import type { Acceptance } from "./accept.ts";
import { incoming } from "./offers.ts";
import type { FrameworkRecord } from "./records.ts";
import type { MasterState } from "./state.ts";

const reservations = new Set(["RESERVE", "UNRESERVE", "CREATE", "DESTROY"]);

export const isReservation = ({ type }: Operation) => type !== undefined && reservations.has(type);

/** What an operation turns into what; a text is a problem. */
function conversion({ role, framework }: Acceptance, operation: Operation): { from: Bag; to: Bag } | string {
  const { type, reserve, unreserve, create, destroy } = operation;
  if (type === "RESERVE" && reserve !== undefined) {
    const to = incoming(reserve.resources, role);
    if (to.some(({ reservations: list = [] }) => list.length === 0)) return "Invalid RESERVE Operation: not reserved";
    const strange = to.find((resource) => !mayReserve(role, resource));
    if (strange !== undefined) {
      return `Invalid RESERVE Operation: A reserve operation was attempted for a resource allocated to role '${role}', but it is reserved for role '${strange.reservations?.at(-1)?.role}'`;
    }
    const invalid = to.map((resource) => reservationProblem(resource, framework.info.principal)).find(Boolean);
    if (invalid !== undefined) return `Invalid RESERVE Operation: ${invalid}`;
    const from = reserve.source === undefined ? to.map(popReservation) : incoming(reserve.source, role);
    return { from: sumBags([from]), to };
  }
  if (type === "UNRESERVE" && unreserve !== undefined) {
    const from = incoming(unreserve.resources, role);
    if (from.some(({ reservations: list = [] }) => list.at(-1)?.type !== "DYNAMIC")) {
      return "Invalid UNRESERVE Operation: resources are not dynamically reserved";
    }
    if (from.some(({ disk }) => disk?.persistence !== undefined)) {
      return "Invalid UNRESERVE Operation: A dynamically reserved persistent volume cannot be unreserved directly. Please destroy the persistent volume first then unreserve the resource";
    }
    return { from, to: sumBags([from.map(popReservation)]) };
  }
  if (type === "CREATE" && create !== undefined) {
    const to = incoming(create.volumes, role);
    if (to.some(({ disk }) => disk?.persistence === undefined))
      return "Invalid CREATE Operation: Not a persistent volume";
    return { from: sumBags([to.map(withoutVolume)]), to };
  }
  if (type === "DESTROY" && destroy !== undefined) {
    const from = incoming(destroy.volumes, role);
    if (from.some(({ disk }) => disk?.persistence === undefined)) {
      return "Invalid DESTROY Operation: Not a persistent volume";
    }
    return { from, to: sumBags([from.map(withoutVolume)]) };
  }
  return `Invalid ${type} Operation: its message is missing`;
}

/** What Mesos checks of a reservation that a framework makes: its type, its role, whose it is, and what it refines. */
function reservationProblem({ reservations: list = [] }: Resource, principal: string | undefined): string | undefined {
  const last = list.at(-1);
  if (last?.type !== "DYNAMIC") return "only dynamic reservations can be made";
  if ((last.role ?? "*") === "*") return "resources cannot be reserved for role '*'";
  if (principal !== undefined && last.principal !== principal) {
    return `A reserve operation was attempted by principal '${principal}', but there is a reserved resource in the request with principal '${last.principal ?? ""}' set`;
  }
  const parent = list.at(-2)?.role;
  if (parent === undefined || (last.role ?? "").startsWith(`${parent}/`)) return undefined;
  return `Role '${last.role}' does not refine role '${parent}': it is not below it`;
}

const mayReserve = (role: string, { reservations: list = [] }: Resource) => {
  const reserved = list.at(-1)?.role ?? "*";
  return reserved === role || reserved.startsWith(`${role}/`) || role.startsWith(`${reserved}/`);
};

function popReservation(resource: Resource): Resource {
  const { reservations: list = [], ...rest } = resource;
  return list.length > 1 ? { ...rest, reservations: list.slice(0, -1) } : rest;
}

function withoutVolume({ disk, ...resource }: Resource): Resource {
  return disk?.source === undefined ? resource : { ...resource, disk: { source: disk.source } };
}

/** Applies the operation to the agent's books and tells the agent its new total. */
export function applyReservation(acceptance: Acceptance, operation: Operation): void {
  const { state, framework, agent } = acceptance;
  const change = conversion(acceptance, operation);
  const problem =
    typeof change === "string"
      ? change
      : containsBag(acceptance.left, change.from)
        ? undefined
        : `Invalid ${operation.type} Operation: ${bagText(acceptance.left)} does not contain ${bagText(change.from)}`;
  if (typeof change === "string" || problem !== undefined) {
    dropOperation(state, framework, operation, "OPERATION_ERROR", problem ?? "", agent.id);
    return;
  }
  agent.ledger.convert(unallocated(change.from), unallocated(change.to));
  acceptance.left = addBags(subtractBags(acceptance.left, change.from), change.to);
  state.tell(agent.id, { type: "CHECKPOINT_RESOURCES", resources: [...agent.ledger.total] });
  if (operation.id === undefined) return;
  const uuid = state.services.newUuid();
  framework.operations.set(operation.id.value, { operation, agentId: agent.id, uuid });
  send(state, framework, {
    operation_id: operation.id,
    state: "OPERATION_FINISHED",
    uuid: { value: uuid },
    agent_id: { value: agent.id },
  });
}

/** Reports that an operation with an id was not done; without an id nobody asked. */
export function dropOperation(
  state: MasterState,
  framework: FrameworkRecord,
  operation: Operation,
  result: OperationState,
  message: string,
  agentId: string | undefined,
): void {
  if (operation.id === undefined) return;
  const agent = agentId === undefined ? {} : { agent_id: { value: agentId } };
  send(state, framework, { operation_id: operation.id, state: result, message, ...agent });
}

const send = (state: MasterState, framework: FrameworkRecord, status: OperationStatus) =>
  state.send(framework, { type: "UPDATE_OPERATION_STATUS", update_operation_status: { status } });

export function acknowledgeOperation(
  framework: FrameworkRecord,
  { acknowledge_operation_status: call }: SchedulerCallOf<"ACKNOWLEDGE_OPERATION_STATUS">,
): void {
  const id = call.operation_id.value;
  if (framework.operations.get(id)?.uuid === call.uuid) framework.operations.delete(id);
}

/** Answers every operation that is asked for, or all that are not acknowledged. */
export function reconcileOperations(
  state: MasterState,
  framework: FrameworkRecord,
  { reconcile_operations: call }: SchedulerCallOf<"RECONCILE_OPERATIONS">,
): void {
  const { operations = [] } = call;
  const asked = operations.length === 0 ? [...framework.operations.keys()] : [];
  for (const id of asked) reportOperation(state, framework, id, undefined);
  for (const { operation_id, agent_id } of operations) {
    reportOperation(state, framework, operation_id.value, agent_id?.value);
  }
}

function reportOperation(
  state: MasterState,
  framework: FrameworkRecord,
  id: string,
  agentId: string | undefined,
): void {
  const known = framework.operations.get(id);
  const at = known?.agentId ?? agentId;
  if (at !== undefined && state.recoveredAgents.has(at)) return;
  send(state, framework, {
    operation_id: { value: id },
    state: known === undefined ? "OPERATION_UNKNOWN" : "OPERATION_FINISHED",
    message: known === undefined ? "Reconciliation: Operation is unknown" : "Reconciliation: Latest operation state",
    ...(at === undefined ? {} : { agent_id: { value: at } }),
  });
}
