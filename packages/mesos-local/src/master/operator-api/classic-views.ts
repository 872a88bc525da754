// The JSON of /state, /frameworks, /slaves and /tasks. Fields, their order and number formats: recording operator-api.
import type { Attribute, CommandInfo, Labels, Resource, TaskStatus } from "@cke/mesos";
import { addBags, type Bag } from "../../resources/bag.ts";
import { bagJson, reservedRole, unrefined } from "../../resources/format.ts";
import { double, type JsonValue, plainJson, toJson } from "../../wire/index.ts";
import { agentCapabilities } from "../../wire/mesos-version.ts";
import type { MasterState } from "../state/master-state.ts";
import type { AgentRecord, ExecutorRecord, FrameworkRecord, OfferRecord, TaskRecord } from "../state/records.ts";
import { drainInfo } from "./drain-view.ts";
import { offeredOn, offeredTo, usedBy, usedOn } from "./resource-sums.ts";

export const secondsOf = (ms: number): JsonValue => double(ms / 1000);

export function frameworkView(state: MasterState, framework: FrameworkRecord): JsonValue {
  const { info, id } = framework;
  const used = usedBy(state, id);
  const offered = offeredTo(state, id);
  const executors = [...state.agents.values()].flatMap((agent) => [...(agent.executors.get(id)?.values() ?? [])]);
  const multiRole = framework.capabilities.has("MULTI_ROLE");
  return {
    ...frameworkSummary(state, framework),
    user: info.user,
    failover_timeout: double(info.failover_timeout ?? 0),
    checkpoint: info.checkpoint ?? false,
    registered_time: secondsOf(framework.registeredMs),
    unregistered_time: secondsOf(framework.unregisteredMs),
    principal: info.principal,
    resources: bagJson(addBags(used, offered)),
    ...(multiRole ? {} : { role: framework.roles[0] ?? "*" }),
    reregistered_time:
      framework.reregisteredMs === framework.registeredMs ? undefined : secondsOf(framework.reregisteredMs),
    ...(multiRole ? { roles: [...framework.roles] } : {}),
    tasks: [...framework.tasks.values()].map(taskView),
    unreachable_tasks: [...framework.unreachableTasks.values()].map(taskView),
    completed_tasks: framework.completedTasks.list().map(taskView),
    offers: [...framework.offers.values()].map(offerView),
    executors: executors.map(executorView),
    labels: labelsView(info.labels),
    offer_constraints: plainJson(framework.constraints ?? {}),
  };
}

export function frameworkSummary(state: MasterState, framework: FrameworkRecord) {
  const { info, id } = framework;
  return {
    id,
    name: info.name,
    used_resources: bagJson(usedBy(state, id)),
    offered_resources: bagJson(offeredTo(state, id)),
    capabilities: [...framework.capabilities],
    hostname: info.hostname ?? "",
    webui_url: info.webui_url ?? "",
    active: framework.stream !== undefined,
    connected: framework.stream !== undefined,
    recovered: framework.recovered,
  } satisfies JsonValue;
}

export function agentView(state: MasterState, agent: AgentRecord) {
  const { total } = agent.ledger;
  const reserved = Map.groupBy(
    total.filter((resource) => reservedRole(resource) !== undefined),
    (resource) => reservedRole(resource) ?? "*",
  );
  return {
    id: agent.id,
    hostname: agent.hostname,
    port: agent.port,
    attributes: Object.fromEntries(agent.attributes.map((attribute) => [attribute.name, attributeValue(attribute)])),
    pid: `slave(1)@${agent.ip}:${agent.port}`,
    registered_time: secondsOf(agent.registeredMs),
    reregistered_time: agent.reregisteredMs === undefined ? undefined : secondsOf(agent.reregisteredMs),
    resources: bagJson(total),
    used_resources: bagJson(usedOn(agent)),
    offered_resources: bagJson(offeredOn(agent)),
    reserved_resources: Object.fromEntries([...reserved].map(([role, bag]) => [role, bagJson(bag)])),
    unreserved_resources: bagJson(total.filter((resource) => reservedRole(resource) === undefined)),
    active: agent.stream !== undefined && !state.deactivated.has(agent.id),
    deactivated: state.deactivated.has(agent.id),
    version: agent.version,
    capabilities: [...agentCapabilities],
    ...drainFields(state, agent.id),
  } satisfies JsonValue;
}

function drainFields(state: MasterState, agentId: string): { readonly [key: string]: JsonValue } {
  const drain = state.drains.get(agentId);
  if (drain === undefined) return {};
  return { drain_info: drainInfo(drain), estimated_drain_start_time_seconds: secondsOf(drain.startedMs) };
}

/** What /slaves adds: the resources as messages. */
export function agentResourcesView(agent: AgentRecord): JsonValue & object {
  const { total } = agent.ledger;
  const reserved = Map.groupBy(
    total.filter((resource) => reservedRole(resource) !== undefined),
    (resource) => reservedRole(resource) ?? "*",
  );
  return {
    reserved_resources_full: Object.fromEntries([...reserved].map(([role, bag]) => [role, messages(bag)])),
    unreserved_resources_full: messages(total.filter((resource) => reservedRole(resource) === undefined)),
    used_resources_full: messages(usedOn(agent)),
    offered_resources_full: messages(offeredOn(agent)),
  };
}

const messages = (bag: Bag): JsonValue => bag.map((resource) => toJson(unrefined(resource), "Resource"));

function attributeValue(attribute: Attribute): JsonValue {
  if (attribute.scalar !== undefined) return double(attribute.scalar.value);
  if (attribute.text !== undefined) return attribute.text.value;
  const ranges = attribute.ranges?.range ?? [];
  return `[${ranges.map(({ begin, end }) => `${begin}-${end}`).join(", ")}]`;
}

export function taskView(task: TaskRecord): JsonValue {
  const { info } = task;
  return {
    id: info.task_id.value,
    name: info.name,
    framework_id: task.frameworkId,
    executor_id: task.executorId ?? "",
    slave_id: task.agentId,
    state: task.state,
    resources: bagJson(task.resources),
    role: roleOf(task.resources),
    statuses: task.statuses.map(statusView),
    labels: labelsView(info.labels),
    discovery: info.discovery === undefined ? undefined : plainJson(info.discovery),
    container: info.container === undefined ? undefined : plainJson(info.container),
    health_check: info.health_check === undefined ? undefined : plainJson(info.health_check),
  };
}

function statusView(status: TaskStatus): JsonValue {
  const { container_id, network_infos } = status.container_status ?? {};
  return {
    state: status.state,
    timestamp: double(status.timestamp ?? 0),
    labels: labelsView(status.labels),
    container_status:
      status.container_status === undefined
        ? undefined
        : plainJson({
            ...(container_id === undefined ? {} : { container_id }),
            ...(network_infos === undefined ? {} : { network_infos }),
          }),
    healthy: status.healthy,
  };
}

function offerView(offer: OfferRecord): JsonValue {
  return {
    id: offer.id,
    framework_id: offer.frameworkId,
    allocation_info: { role: offer.role },
    slave_id: offer.agentId,
    resources: bagJson(offer.resources),
  };
}

function executorView({ info, frameworkId, agentId, resources }: ExecutorRecord): JsonValue {
  return {
    executor_id: info.executor_id.value,
    name: info.name ?? "",
    framework_id: frameworkId,
    command: info.command === undefined ? undefined : commandView(info.command),
    resources: bagJson(resources),
    role: roleOf(resources),
    labels: labelsView(info.labels),
    type: info.type ?? "CUSTOM",
    slave_id: agentId,
  };
}

function commandView(command: CommandInfo): JsonValue {
  return {
    shell: command.shell ?? true,
    value: command.value,
    argv: [...(command.arguments ?? [])],
    environment: command.environment === undefined ? undefined : toJson(command.environment, "Environment"),
    uris: (command.uris ?? []).map(({ value, executable }) => ({ value, executable: executable ?? false })),
  };
}

const roleOf = (resources: readonly Resource[]) => resources[0]?.allocation_info?.role ?? "*";
const labelsView = (labels: Labels | undefined): JsonValue | undefined =>
  labels?.labels === undefined ? undefined : plainJson(labels.labels);
