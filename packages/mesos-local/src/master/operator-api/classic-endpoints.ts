// The classic GET endpoints of the master, by path without /master. Facts: recording operator-api.
import { readInteger } from "../../http/query.ts";
import { double, type JsonValue } from "../../wire/index.ts";
import { mesosVersion } from "../../wire/mesos-version.ts";
import type { MasterState } from "../state/master-state.ts";
import {
  agentResourcesView,
  agentView,
  frameworkSummary,
  frameworkView,
  secondsOf,
  taskView,
} from "./classic-views.ts";
import { machine, metricsOf } from "./metrics.ts";
import { scheduleView, statusView } from "./operator-calls.ts";
import { rolesView } from "./roles-view.ts";
import { countsOfAgent, countsOfFramework } from "./task-counts.ts";

export const classic: Readonly<Record<string, (state: MasterState, query: URLSearchParams) => JsonValue>> = {
  "/": (state) => ({
    hostname: state.services.info.hostname,
    about: "embedded Mesos of CKE, for development and tests",
  }),
  "/version": () => ({ ...mesosVersion, build_time: double(mesosVersion.build_time) }),
  "/state": stateView,
  "/state-summary": (state) => ({
    hostname: state.services.info.hostname,
    slaves: [...state.agents.values()].map((agent) => ({
      ...agentView(state, agent),
      ...countsOfAgent(state, agent.id),
    })),
    frameworks: [...state.frameworks.values()].map((framework) => ({
      ...frameworkSummary(state, framework),
      ...countsOfFramework(framework),
    })),
  }),
  "/flags": (state) => ({ flags: state.services.flags }),
  "/system/stats.json": systemView,
  "/frameworks": (state, query) => ({
    frameworks: [...state.frameworks.values()]
      .filter(({ id }) => (query.get("framework_id") ?? id) === id)
      .map((framework) => frameworkView(state, framework)),
    completed_frameworks: state.completedFrameworks
      .filter(({ id }) => (query.get("framework_id") ?? id) === id)
      .map((framework) => frameworkView(state, framework)),
    unregistered_frameworks: [],
  }),
  "/slaves": (state, query) => ({
    slaves: [...state.agents.values()]
      .filter(({ id }) => (query.get("slave_id") ?? id) === id)
      .map((agent) => ({ ...agentView(state, agent), ...agentResourcesView(agent) })),
    recovered_slaves: [...state.recoveredAgents].map((id) => ({ id })),
  }),
  "/tasks": tasksView,
  "/roles": (state) => ({ roles: rolesView(state) }),
  "/metrics/snapshot": (state) => Object.fromEntries(metricsOf(state).map(([name, value]) => [name, double(value)])),
  "/maintenance/status": statusView,
  "/maintenance/schedule": scheduleView,
  "/quota": () => ({}),
  "/weights": () => [],
};

function stateView(state: MasterState): JsonValue {
  const { id, pid, port, hostname, capabilities = [] } = state.services.info;
  const agents = [...state.agents.values()];
  const active = agents.filter(
    ({ id: agentId, stream }) => stream !== undefined && !state.deactivated.has(agentId),
  ).length;
  return {
    version: mesosVersion.version,
    git_sha: mesosVersion.git_sha,
    git_branch: mesosVersion.git_branch,
    build_date: mesosVersion.build_date,
    build_time: double(mesosVersion.build_time),
    build_user: mesosVersion.build_user,
    start_time: secondsOf(state.startedMs),
    elected_time: secondsOf(state.startedMs),
    id,
    pid,
    hostname,
    capabilities: capabilities.flatMap(({ type }) => type ?? []),
    activated_slaves: double(active),
    deactivated_slaves: double(agents.length - active),
    unreachable_slaves: double(state.unreachable.size),
    leader: pid,
    leader_info: { id, pid, port, hostname },
    flags: state.services.flags,
    slaves: agents.map((agent) => agentView(state, agent)),
    recovered_slaves: [...state.recoveredAgents].map((agentId) => ({ id: agentId })),
    frameworks: [...state.frameworks.values()].map((framework) => frameworkView(state, framework)),
    completed_frameworks: state.completedFrameworks.map((framework) => frameworkView(state, framework)),
    orphan_tasks: [],
    unregistered_frameworks: [],
  };
}

/** The machine, under the names of libprocess. */
function systemView(): JsonValue {
  const { cpus_total, mem_free_bytes, mem_total_bytes, ...loads } = Object.fromEntries(
    Object.entries(machine()).map(([name, value]) => [name.replace("system/", ""), value]),
  );
  const averages = Object.entries(loads).map(([name, value]) => [`avg_${name}`, double(value)] as const);
  return {
    ...Object.fromEntries(averages.sort(([a], [b]) => (a < b ? -1 : 1))),
    cpus_total: cpus_total ?? 0,
    mem_free_bytes: mem_free_bytes ?? 0,
    mem_total_bytes: mem_total_bytes ?? 0,
  };
}

function tasksView(state: MasterState, query: URLSearchParams): JsonValue {
  const all = [...state.frameworks.values(), ...state.completedFrameworks]
    .flatMap(({ tasks, unreachableTasks, completedTasks }) => [
      ...tasks.values(),
      ...unreachableTasks.values(),
      ...completedTasks.list(),
    ])
    .filter((task) => (query.get("framework_id") ?? task.frameworkId) === task.frameworkId)
    .filter((task) => (query.get("task_id") ?? task.info.task_id.value) === task.info.task_id.value)
    .sort((a, b) => (b.statuses[0]?.timestamp ?? 0) - (a.statuses[0]?.timestamp ?? 0));
  const ordered = query.get("order") === "asc" ? all.reverse() : all;
  return { tasks: pageOf(ordered, query).map(taskView) };
}

const pageSize = 100n;

/** Mesos adds up offset and limit as unsigned numbers of 64 bits: a limit of -1 is all there is, but not after an offset. */
function pageOf<T>(list: readonly T[], query: URLSearchParams): readonly T[] {
  const unsigned = (name: string, missing: bigint) =>
    BigInt.asUintN(64, readInteger(query.get(name) ?? "", 32) ?? missing);
  const offset = unsigned("offset", 0n);
  const end = BigInt.asUintN(64, offset + unsigned("limit", pageSize));
  const most = BigInt(list.length);
  return offset < most ? list.slice(Number(offset), Number(end < most ? end : most)) : [];
}
