// What the fake master does with an ACCEPT: reservations first to last, launches all or nothing, on offers of one agent and
// role that are still out.
import {
  newUuid,
  type Operation,
  type OperationStatus,
  type Resource,
  Resources,
  type TaskInfo,
  type TaskState,
  type TaskStatus,
} from "@cke/mesos";
import type { FrameworkCall } from "../interfaces/mesos-connection.ts";
import type { FakeLedger } from "./fake-ledger.ts";

/** What the master says to the scheduler. */
export interface MasterVoice {
  /** An update of the master itself. */
  tell(taskId: string, state: TaskState, reason: string, more?: Partial<TaskStatus>): void;
  /** The answer for an operation. */
  answer(status: OperationStatus): void;
}

export class FakeAcceptance {
  readonly #ledger: FakeLedger;
  readonly #voice: MasterVoice;
  /** Every task id that was ever launched: none may come twice. */
  readonly #launched = new Set<string>();
  /** True: RESERVE is refused, as by an ACL. */
  refuseReservations = false;
  /** True: UNRESERVE is refused in the same way. */
  refuseReleases = false;
  /** Agents without the capabilities for operation feedback: what asks for it is refused there. */
  readonly silentAgents = new Set<string>();
  /** Operations that are not acknowledged, by id. */
  readonly operations = new Map<string, OperationStatus>();
  /** What a correct scheduler never does. */
  readonly violations: string[] = [];

  constructor(ledger: FakeLedger, voice: MasterVoice) {
    this.#ledger = ledger;
    this.#voice = voice;
  }

  accept(accept: Extract<FrameworkCall, { type: "ACCEPT" }>["accept"]): void {
    const { offered } = this.#ledger;
    const operations = accept.operations ?? [];
    const offers = (accept.offer_ids ?? []).map(({ value }) => offered.get(value));
    for (const { value } of accept.offer_ids ?? []) offered.delete(value);
    const places = new Set(offers.map((offer) => `${offer?.agentId}/${offer?.resources?.[0]?.allocation_info?.role}`));
    const agentId = offers[0]?.agentId;
    if (agentId === undefined || offers.includes(undefined) || places.size !== 1) {
      if (places.size > 1 && !offers.includes(undefined))
        this.violations.push("one ACCEPT for several agents or roles");
      this.#dropped(operations);
      return;
    }
    let left: readonly Resource[] = offers.flatMap((offer) => offer?.resources ?? []);
    for (const operation of operations) {
      const reserved = operation.reserve?.resources ?? operation.unreserve?.resources ?? [];
      if (reserved.length > 0) left = this.#reservation(operation, agentId, left, reserved);
      for (const { tasks, refusedAs } of launchesOf(operation)) left = this.#launch(tasks, refusedAs, left);
    }
  }

  /** Of offers that are gone nothing comes. */
  #dropped(operations: readonly Operation[]): void {
    for (const operation of operations) {
      for (const { task_id, agent_id } of launchesOf(operation).flatMap(({ tasks }) => tasks))
        this.#voice.tell(task_id.value, "TASK_DROPPED", "REASON_INVALID_OFFERS", { agent_id });
      const message = "Operation attempted with invalid offers";
      if (operation.id !== undefined)
        this.#voice.answer({ operation_id: operation.id, state: "OPERATION_ERROR", message });
    }
  }

  /** All of the tasks or none; what is left. */
  #launch(tasks: readonly TaskInfo[], refusedAs: string, available: readonly Resource[]): readonly Resource[] {
    const ledger = this.#ledger;
    let left = available;
    const booked: TaskInfo[] = [];
    const executors = new Set(ledger.executors.keys());
    for (const info of tasks) {
      const id = info.task_id.value;
      if (this.#launched.has(id)) this.violations.push(`the task id ${id} is used twice`);
      this.#launched.add(id);
      const placed = ledger.place(info, left);
      if ("left" in placed) {
        booked.push(info);
        left = placed.left;
        continue;
      }
      for (const { task_id } of booked) ledger.tasks.delete(task_id.value);
      for (const executor of [...ledger.executors.keys()])
        if (!executors.has(executor)) ledger.executors.delete(executor);
      for (const { task_id } of tasks) {
        this.#voice.tell(task_id.value, "TASK_ERROR", refusedAs, { message: placed.refusal });
        this.#launched.add(task_id.value);
      }
      return available;
    }
    return left;
  }

  /** RESERVE and UNRESERVE: what is left of the offers afterwards. */
  #reservation(
    { type, id }: Operation,
    agentId: string,
    left: readonly Resource[],
    reserved: readonly Resource[],
  ): readonly Resource[] {
    const plain = reserved.map(popReservation);
    const [from, to] = type === "RESERVE" ? [plain, reserved] : [reserved, plain];
    const silent = id !== undefined && this.silentAgents.has(agentId);
    const refused = type === "RESERVE" ? this.refuseReservations : this.refuseReleases;
    const possible = Resources.contains(left, from) && !refused && !silent;
    const message = silent
      ? `Operation on agent default resources requested feedback, but agent ${agentId} does not have the required AGENT_OPERATION_FEEDBACK and RESOURCE_PROVIDER capabilities`
      : "not possible";
    const role = reserved[0]?.allocation_info?.role;
    if (role === undefined || role === "*") this.violations.push("a reservation without a role");
    if (id !== undefined) {
      const status: OperationStatus = possible
        ? { operation_id: id, state: "OPERATION_FINISHED", uuid: { value: newUuid() }, agent_id: { value: agentId } }
        : { operation_id: id, state: "OPERATION_ERROR", message };
      if (possible) this.operations.set(id.value, status);
      this.#voice.answer(status);
    }
    if (!possible) return left;
    this.#ledger.convert(agentId, from, to);
    return Resources.sum(Resources.subtract(left, from), to);
  }
}

function popReservation({ reservations = [], ...resource }: Resource): Resource {
  return reservations.length > 1 ? { ...resource, reservations: reservations.slice(0, -1) } : resource;
}

/** Tasks that stand and fall together: those of a LAUNCH each alone. */
function launchesOf({ launch, launch_group }: Operation): { tasks: readonly TaskInfo[]; refusedAs: string }[] {
  const single = (launch?.task_infos ?? []).map((task) => ({ tasks: [task], refusedAs: "REASON_TASK_INVALID" }));
  if (launch_group === undefined) return single;
  const { executor, task_group } = launch_group;
  return [
    ...single,
    { tasks: (task_group.tasks ?? []).map((task) => ({ ...task, executor })), refusedAs: "REASON_TASK_GROUP_INVALID" },
  ];
}
