// The operator endpoints of the master: the classic GETs and POST /api/v1. Facts: recording operator-api.
import * as z from "zod";
import { type Answer, done, jsonAnswer, methodNotAllowed, notFound, textAnswer, v1Answer } from "../../http/answer.ts";
import type { HttpRequest } from "../../http/server.ts";
import { mesosVersion } from "../../version-info.ts";
import { decodeMessage, double, JsonSyntaxError, type JsonValue, parseJson, stringifyJson } from "../../wire/index.ts";
import { contentProblem } from "../scheduler-endpoint.ts";
import type { MasterState } from "../state.ts";
import {
  agentResourcesView,
  agentView,
  frameworkSummary,
  frameworkView,
  secondsOf,
  taskView,
} from "./classic-views.ts";
import { metricsOf } from "./metrics.ts";
import { classicCalls, operatorCalls, scheduleView, statusView } from "./operator-calls.ts";
import { rolesView } from "./roles-view.ts";
import { getAgents, getExecutors, getFrameworks, getTasks, masterMessage, versionInfo } from "./v1-views.ts";

/** Answers an operator's request; the path comes without /master. */
export function operatorEndpoint(state: MasterState, request: HttpRequest): Answer {
  if (request.path === "/api/v1" || request.path.startsWith("/api/v1/")) return v1Endpoint(state, request);
  if (request.path === "/health") return done;
  if (request.path === "/redirect") {
    const { hostname, port } = state.services.info;
    return {
      status: 307,
      headers: [
        ["Location", `//${hostname}:${port}`],
        ["Content-Length", "0"],
      ],
      body: "",
    };
  }
  const change = classicCalls[request.path];
  if (change !== undefined && request.method === "POST") return changeOf(() => change(state, bodyOf(request)));
  const view = classic[request.path];
  if (view === undefined) return change === undefined ? notFound : methodNotAllowed(request.method, "POST");
  if (request.method !== "GET" && request.method !== "HEAD") return methodNotAllowed(request.method, "GET");
  const text = stringifyJson(view(state, request.query));
  const callback = request.query.get("jsonp");
  if (callback === null) return jsonAnswer(text);
  const body = `${callback}(${text});`;
  return {
    ...jsonAnswer(body),
    headers: [
      ["Content-Length", String(Buffer.byteLength(body))],
      ["Content-Type", "text/javascript"],
    ],
  };
}

const classic: Readonly<Record<string, (state: MasterState, query: URLSearchParams) => JsonValue>> = {
  "/": (state) => ({
    hostname: state.services.info.hostname,
    about: "embedded Mesos of CKE, for development and tests",
  }),
  "/version": () => ({ ...mesosVersion, build_time: double(mesosVersion.build_time) }),
  "/state": stateView,
  "/state-summary": (state) => ({
    hostname: state.services.info.hostname,
    slaves: [...state.agents.values()].map(agentView),
    frameworks: [...state.frameworks.values()].map((framework) => frameworkSummary(state, framework)),
  }),
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
      .map((agent) => ({ ...agentView(agent), ...agentResourcesView(agent) })),
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
  const active = agents.filter(({ stream }) => stream !== undefined).length;
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
    flags: {},
    slaves: agents.map(agentView),
    recovered_slaves: [...state.recoveredAgents].map((agentId) => ({ id: agentId })),
    frameworks: [...state.frameworks.values()].map((framework) => frameworkView(state, framework)),
    completed_frameworks: state.completedFrameworks.map((framework) => frameworkView(state, framework)),
    orphan_tasks: [],
    unregistered_frameworks: [],
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
  const offset = Number(query.get("offset") ?? 0) || 0;
  const limit = Number(query.get("limit") ?? 100) || 100;
  return { tasks: ordered.slice(offset, offset + limit).map(taskView) };
}

const noContent = (name: string) => ({ [name]: {} });

const v1Calls: Readonly<Record<string, (state: MasterState) => { readonly [key: string]: JsonValue }>> = {
  GET_HEALTH: () => ({ get_health: { healthy: true } }),
  GET_FLAGS: () => noContent("get_flags"),
  GET_VERSION: () => ({ get_version: { version_info: versionInfo() } }),
  GET_LOGGING_LEVEL: () => ({ get_logging_level: { level: 0 } }),
  GET_METRICS: (state) => ({
    get_metrics: { metrics: metricsOf(state).map(([name, value]) => ({ name, value: double(value) })) },
  }),
  GET_STATE: (state) => ({
    get_state: {
      get_tasks: getTasks(state),
      get_executors: getExecutors(state),
      get_frameworks: getFrameworks(state),
      get_agents: getAgents(state),
    },
  }),
  GET_AGENTS: (state) => ({ get_agents: getAgents(state) }),
  GET_FRAMEWORKS: (state) => ({ get_frameworks: getFrameworks(state) }),
  GET_EXECUTORS: (state) => ({ get_executors: getExecutors(state) }),
  GET_OPERATIONS: () => noContent("get_operations"),
  GET_TASKS: (state) => ({ get_tasks: getTasks(state) }),
  GET_ROLES: (state) => ({
    get_roles: {
      roles: rolesView(state).map(({ name, weight, frameworks }) => ({
        name,
        weight,
        frameworks: frameworks.map((value) => ({ value })),
      })),
    },
  }),
  GET_WEIGHTS: () => ({}),
  GET_MASTER: (state) => ({ get_master: masterMessage(state) }),
  GET_MAINTENANCE_STATUS: (state) => ({ get_maintenance_status: { status: statusView(state) } }),
  GET_MAINTENANCE_SCHEDULE: (state) => ({ get_maintenance_schedule: { schedule: scheduleView(state) } }),
  GET_QUOTA: () => ({ get_quota: { status: {} } }),
};

function v1Endpoint(state: MasterState, request: HttpRequest): Answer {
  if (request.method !== "POST") return methodNotAllowed(request.method, "POST");
  const refused = contentProblem(request, "Call");
  if (refused !== undefined) return refused;
  let type: JsonValue | undefined;
  let hasMetrics = false;
  let content: JsonValue | undefined;
  try {
    const call = decodeMessage("any", parseJson(request.body.toString("utf8")));
    type = call.type;
    hasMetrics = call.get_metrics !== undefined;
    content = typeof type === "string" ? call[type.toLowerCase()] : undefined;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const what =
      error instanceof JsonSyntaxError ? "Failed to parse body into JSON" : "Failed to convert JSON into Call protobuf";
    return textAnswer(400, `${what}: ${words}`);
  }
  const change = typeof type === "string" ? operatorCalls[type] : undefined;
  if (change !== undefined) {
    const part = String(type).toLowerCase();
    if (content === undefined)
      return textAnswer(400, `Failed to validate master::Call: Expecting '${part}' to be present`);
    return changeOf(() => change(state, content));
  }
  const call = typeof type === "string" ? v1Calls[type] : undefined;
  if (typeof type !== "string" || (call === undefined && !otherCalls.has(type))) {
    return textAnswer(400, "Failed to validate master::Call: Expecting 'type' to be present");
  }
  if (call === undefined) return textAnswer(501, `${type} is not implemented by the embedded Mesos`);
  if (type === "GET_METRICS" && !hasMetrics) {
    return textAnswer(400, "Failed to validate master::Call: Expecting 'get_metrics' to be present");
  }
  return v1Answer(stringifyJson({ type, ...call(state) }));
}

/** A change that an operator asks for; one that cannot be read is answered, not thrown. */
function changeOf(change: () => Answer): Answer {
  try {
    return change();
  } catch (error) {
    if (!(error instanceof z.ZodError || error instanceof JsonSyntaxError)) throw error;
    return textAnswer(400, `Failed to convert JSON into protobuf: ${error.message}`);
  }
}

const bodyOf = (request: HttpRequest): unknown => parseJson(request.body.toString("utf8"));

/** Calls of Mesos' operator API that this engine does not have. */
const otherCalls = new Set([
  "SET_LOGGING_LEVEL",
  "LIST_FILES",
  "READ_FILE",
  "UPDATE_WEIGHTS",
  "RESERVE_RESOURCES",
  "UNRESERVE_RESOURCES",
  "CREATE_VOLUMES",
  "DESTROY_VOLUMES",
  "GROW_VOLUME",
  "SHRINK_VOLUME",
  "UPDATE_QUOTA",
  "SET_QUOTA",
  "REMOVE_QUOTA",
  "TEARDOWN",
  "SUBSCRIBE",
]);
