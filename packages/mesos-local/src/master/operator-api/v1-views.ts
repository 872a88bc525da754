// The messages of the v1 operator API: tasks, executors, frameworks, agents. Facts: recording operator-api.
import { unrefined } from "../../resources/format.ts";
import { double, encodeMessage, type JsonValue, RawJson, toJson } from "../../wire/index.ts";
import { agentCapabilities, mesosVersion } from "../../wire/mesos-version.ts";
import { offerMessage } from "../offers/offers.ts";
import type { MasterState } from "../state/master-state.ts";
import type { AgentRecord, ExecutorRecord, FrameworkRecord, TaskRecord } from "../state/records.ts";
import { drainInfo } from "./drain-view.ts";
import { offeredOn, offeredTo, usedBy, usedOn } from "./resource-sums.ts";

const timeOf = (ms: number): JsonValue => ({ nanoseconds: BigInt(Math.round(ms)) * 1_000_000n });

/** Task of the v1 API. */
export function taskMessage(task: TaskRecord): JsonValue {
  const { info, forwarded } = task;
  return toJson(
    {
      ...info,
      framework_id: { value: task.frameworkId },
      ...(task.executorId === undefined ? {} : { executor_id: { value: task.executorId } }),
      agent_id: { value: task.agentId },
      state: task.state,
      resources: task.resources,
      statuses: task.statuses,
      ...(forwarded === undefined ? {} : { status_update_state: forwarded.state }),
      ...(forwarded?.uuid === undefined ? {} : { status_update_uuid: forwarded.uuid }),
    },
    "Task",
  );
}

export function getTasks(state: MasterState): JsonValue {
  const all = [...state.frameworks.values(), ...state.completedFrameworks];
  return {
    tasks: all.flatMap(({ tasks }) => [...tasks.values()]).map(taskMessage),
    unreachable_tasks: all.flatMap(({ unreachableTasks }) => [...unreachableTasks.values()]).map(taskMessage),
    completed_tasks: all.flatMap(({ completedTasks }) => completedTasks.list()).map(taskMessage),
  };
}

export function getExecutors(state: MasterState): JsonValue {
  const executors = [...state.agents.values()].flatMap(({ executors: byFramework }) =>
    [...byFramework.values()].flatMap((byId) => [...byId.values()]),
  );
  return { executors: executors.map(executorMessage) };
}

const executorMessage = ({ info, agentId }: ExecutorRecord): JsonValue => ({
  executor_info: toJson(info, "ExecutorInfo"),
  agent_id: { value: agentId },
});

export function getFrameworks(state: MasterState): JsonValue {
  return {
    frameworks: [...state.frameworks.values()].map((framework) => frameworkMessage(state, framework)),
    completed_frameworks: state.completedFrameworks.map((framework) => frameworkMessage(state, framework)),
  };
}

/** Whole state, as GET_STATE and the first event of a stream have it. */
export const getState = (state: MasterState): JsonValue => ({
  get_tasks: getTasks(state),
  get_executors: getExecutors(state),
  get_frameworks: getFrameworks(state),
  get_agents: getAgents(state),
});

/** Operations whose last answer waits for the framework's acknowledgement. */
export function getOperations(state: MasterState): JsonValue {
  const operations = [...state.frameworks.values()].flatMap((framework) =>
    [...framework.operations.values()].map(({ operation, agentId, uuid }) => {
      const status = {
        ...(operation.id === undefined ? {} : { operation_id: operation.id }),
        state: "OPERATION_FINISHED",
        uuid: { value: uuid },
        agent_id: { value: agentId },
      };
      return {
        framework_id: { value: framework.id },
        agent_id: { value: agentId },
        info: toJson(operation, "Offer.Operation"),
        latest_status: toJson(status, "OperationStatus"),
        statuses: [toJson(status, "OperationStatus")],
        uuid: { value: uuid },
      };
    }),
  );
  return operations.length === 0 ? {} : { operations };
}

/** A framework without its resources, as events show it. */
export const frameworkOutline = (framework: FrameworkRecord) => ({
  framework_info: toJson(framework.info, "FrameworkInfo"),
  active: framework.stream !== undefined,
  connected: framework.stream !== undefined,
  recovered: framework.recovered,
  registered_time: timeOf(framework.registeredMs),
  reregistered_time: timeOf(framework.reregisteredMs),
  unregistered_time: timeOf(framework.unregisteredMs),
});

function frameworkMessage(state: MasterState, framework: FrameworkRecord): JsonValue {
  const offers = [...framework.offers.values()].flatMap((offer) => {
    const agent = state.agents.get(offer.agentId);
    return agent === undefined
      ? []
      : [toJson({ ...offerMessage(state, framework, agent, offer), resources: offer.resources }, "Offer")];
  });
  const bag = (resources: ReturnType<typeof usedBy>) =>
    resources.length === 0 ? undefined : resources.map((resource) => toJson(unrefined(resource), "Resource"));
  const { unregistered_time, ...outline } = frameworkOutline(framework);
  return {
    ...outline,
    unregistered_time: framework.unregisteredMs > 0 ? unregistered_time : undefined,
    offers: offers.length === 0 ? undefined : offers,
    allocated_resources: bag(usedBy(state, framework.id)),
    offered_resources: bag(offeredTo(state, framework.id)),
    offer_constraints: toJson(framework.constraints ?? {}, "scheduler.OfferConstraints"),
  };
}

export function getAgents(state: MasterState): JsonValue {
  return {
    agents: [...state.agents.values()].map((agent) => agentMessage(state, agent)),
    recovered_agents: [...state.recoveredAgents].map((id) => ({ id: { value: id } })),
  };
}

export function agentMessage(state: MasterState, agent: AgentRecord): JsonValue {
  const { hostname, port, attributes, id, ledger } = agent;
  const bag = (resources: ReturnType<typeof usedOn>) =>
    resources.length === 0 ? undefined : resources.map((resource) => toJson(unrefined(resource), "Resource"));
  const info = encodeMessage("AgentInfo", { hostname, port, resources: ledger.total, attributes, id: { value: id } });
  return {
    // A field that the v1 tables leave out; every agent here keeps checkpoints.
    agent_info: new RawJson(`${info.slice(0, -1)},"checkpoint":true}`),
    active: agent.stream !== undefined && !state.deactivated.has(agent.id),
    deactivated: state.deactivated.has(agent.id),
    ...drainView(state, agent.id),
    version: agent.version,
    pid: `slave(1)@${agent.ip}:${port}`,
    registered_time: timeOf(agent.registeredMs),
    reregistered_time: agent.reregisteredMs === undefined ? undefined : timeOf(agent.reregisteredMs),
    total_resources: bag(ledger.total),
    allocated_resources: bag(usedOn(agent)),
    offered_resources: bag(offeredOn(agent)),
    capabilities: agentCapabilities.map((type) => ({ type })),
  };
}

function drainView(state: MasterState, agentId: string): { readonly [key: string]: JsonValue } {
  const drain = state.drains.get(agentId);
  if (drain === undefined) return {};
  return { drain_info: drainInfo(drain), estimated_drain_start_time: timeOf(drain.startedMs) };
}

export const versionInfo = (): JsonValue => ({
  version: mesosVersion.version,
  build_date: mesosVersion.build_date,
  build_time: double(mesosVersion.build_time),
  build_user: mesosVersion.build_user,
  git_sha: mesosVersion.git_sha,
  git_branch: mesosVersion.git_branch,
});

export const masterMessage = (state: MasterState): JsonValue => ({
  master_info: toJson(state.services.info, "MasterInfo"),
  start_time: double(state.startedMs / 1000),
  elected_time: double(state.startedMs / 1000),
});
