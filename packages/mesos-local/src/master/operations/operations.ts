// Operations on offered resources that launch nothing, and the feedback for those with an id.
// Facts: recording operations.
import type { Operation, OperationState, OperationStatus, SchedulerCallOf } from "@cke/mesos";
import { addBags, containsBag, subtractBags, unallocated } from "../../resources/bag.ts";
import { bagText } from "../../resources/format.ts";
import type { MasterState } from "../state/master-state.ts";
import type { FrameworkRecord } from "../state/records.ts";
import { impossibleResources } from "../validation/resource-validation.ts";
import type { Acceptance } from "./acceptance.ts";
import { conversion } from "./reservations.ts";

/** Applies the operation to the agent's ledger and sends the agent its new total. */
export function applyReservation(acceptance: Acceptance, operation: Operation): void {
  const { state, framework, agent } = acceptance;
  const { principal } = framework.info;
  const invalid = operationResourcesProblem(operation);
  if (invalid !== undefined) {
    const words = `Operation attempted with invalid resources: ${invalid}`;
    dropOperation(state, framework, operation, "OPERATION_ERROR", words, agent.id);
    return;
  }
  const change = conversion({ role: acceptance.role, ...(principal === undefined ? {} : { principal }) }, operation);
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
  state.sendToAgent(agent.id, { type: "CHECKPOINT_RESOURCES", resources: [...agent.ledger.total] });
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

/** Checks for resources that no message may have, and for reservation updates, which only operators may make. */
function operationResourcesProblem({ reserve, unreserve, create, destroy }: Operation): string | undefined {
  const source = reserve?.source ?? [];
  return (
    impossibleResources(reserve?.resources) ??
    impossibleResources(source) ??
    impossibleResources(unreserve?.resources) ??
    impossibleResources(create?.volumes) ??
    impossibleResources(destroy?.volumes) ??
    (source.length > 0 ? "Reservation updates are not yet implemented for the scheduler API." : undefined)
  );
}

/** Reports that an operation was not done. An operation without an id gets no report. */
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
  const answer =
    known === undefined
      ? unknownOperation(state, agentId)
      : { state: "OPERATION_FINISHED" as const, message: "Reconciliation: Latest operation state" };
  send(state, framework, {
    operation_id: { value: id },
    ...answer,
    ...(at === undefined ? {} : { agent_id: { value: at } }),
  });
}

/** By what is known of the agent (Master::reconcileOperations in src/master/master.cpp). */
function unknownOperation(state: MasterState, agentId = ""): Pick<OperationStatus, "state" | "message"> {
  if (state.recoveredAgents.has(agentId))
    return {
      state: "OPERATION_RECOVERING",
      message: "Reconciliation: Agent is recovered but has not re-registered",
    };
  if (state.agents.has(agentId)) return { state: "OPERATION_UNKNOWN", message: "Reconciliation: Operation is unknown" };
  if (state.unreachable.has(agentId))
    return { state: "OPERATION_UNREACHABLE", message: "Reconciliation: Agent is unreachable" };
  if (state.goneAgents.has(agentId))
    return { state: "OPERATION_GONE_BY_OPERATOR", message: "Reconciliation: Agent marked gone by operator" };
  return agentId === ""
    ? {
        state: "OPERATION_UNKNOWN",
        message: "Reconciliation: Operation is unknown and no 'agent_id' was provided",
      }
    : { state: "OPERATION_UNKNOWN", message: "Reconciliation: Both operation and agent are unknown" };
}
