// POST /api/v1 of the master: calls that read, calls that change something, and the event stream. Facts: recording operator-api;
// the names of calls: mesos 1.12.
import { type Answer, methodNotAllowed, textAnswer, v1Answer } from "../../http/answer.ts";
import type { HttpRequest } from "../../http/server.ts";
import { double, type JsonValue, toJson, writeJsonBody } from "../../wire/index.ts";
import { answerForm, callOf } from "../http/call-request.ts";
import type { MasterState } from "../state/master-state.ts";
import { openEventStream } from "./event-stream.ts";
import { metricsOf } from "./metrics.ts";
import { operatorCalls, scheduleView, statusView } from "./operator-calls.ts";
import { changeOf } from "./operator-change.ts";
import { roleResources, rolesView } from "./roles-view.ts";
import {
  getAgents,
  getExecutors,
  getFrameworks,
  getOperations,
  getState,
  getTasks,
  masterMessage,
  versionInfo,
} from "./v1-views.ts";

const calls: Readonly<Record<string, (state: MasterState) => { readonly [key: string]: JsonValue }>> = {
  GET_HEALTH: () => ({ get_health: { healthy: true } }),
  GET_FLAGS: ({ services }) => ({
    get_flags: { flags: Object.entries(services.flags).map(([name, value]) => ({ name, value })) },
  }),
  GET_VERSION: () => ({ get_version: { version_info: versionInfo() } }),
  GET_LOGGING_LEVEL: () => ({ get_logging_level: { level: 0 } }),
  GET_METRICS: (state) => ({
    get_metrics: { metrics: metricsOf(state).map(([name, value]) => ({ name, value: double(value) })) },
  }),
  GET_STATE: (state) => ({
    get_state: getState(state),
  }),
  GET_AGENTS: (state) => ({ get_agents: getAgents(state) }),
  GET_FRAMEWORKS: (state) => ({ get_frameworks: getFrameworks(state) }),
  GET_EXECUTORS: (state) => ({ get_executors: getExecutors(state) }),
  GET_OPERATIONS: (state) => ({ get_operations: getOperations(state) }),
  GET_TASKS: (state) => ({ get_tasks: getTasks(state) }),
  GET_ROLES: (state) => ({
    get_roles: {
      roles: rolesView(state).map(({ name, weight, frameworks }) => ({
        name,
        weight,
        frameworks: frameworks.map((value) => ({ value })),
        resources: roleResources(state, name).map((resource) => toJson(resource, "Resource")),
      })),
    },
  }),
  GET_WEIGHTS: () => ({}),
  GET_MASTER: (state) => ({ get_master: masterMessage(state) }),
  GET_MAINTENANCE_STATUS: (state) => ({ get_maintenance_status: { status: statusView(state) } }),
  GET_MAINTENANCE_SCHEDULE: (state) => ({ get_maintenance_schedule: { schedule: scheduleView(state) } }),
  GET_QUOTA: () => ({ get_quota: { status: {} } }),
};

/** Answers a call; undefined when it became an event stream. `principal` is the authenticated one. */
export function v1Endpoint(
  state: MasterState,
  request: HttpRequest,
  principal: string | undefined,
): Answer | undefined {
  if (request.method !== "POST") return methodNotAllowed(request.method, "POST");
  const read = callOf(request, "master.Call");
  if ("refused" in read) return read.refused;
  const { call } = read;
  const { type } = call;
  if (typeof type !== "string") {
    return textAnswer(400, "Failed to validate master::Call: Expecting 'type' to be present");
  }
  const part = type.toLowerCase();
  const content = call[part];
  if (content === undefined && (Object.hasOwn(operatorCalls, type) || withContent.has(type)))
    return textAnswer(400, `Failed to validate master::Call: Expecting '${part}' to be present`);
  const answered = answerForm(request);
  if ("refused" in answered) return answered.refused;
  const change = operatorCalls[type];
  if (change !== undefined) return changeOf(() => change(state, content, principal));
  if (type === "SUBSCRIBE") return openEventStream(state, request, answered.form);
  if (fileCalls.has(type)) return textAnswer(404, "");
  const view = calls[type];
  if (view === undefined) return textAnswer(501, `${type} is not implemented by the embedded Mesos`);
  return v1Answer(writeJsonBody("master.Response", answered.form, { type, ...view(state) }), answered.form);
}

/** Calls that need a content beside their type, apart from those that change something here. */
const withContent = new Set([
  "GET_METRICS",
  "LIST_FILES",
  "READ_FILE",
  "SET_LOGGING_LEVEL",
  "UPDATE_WEIGHTS",
  "GROW_VOLUME",
  "SHRINK_VOLUME",
  "UPDATE_QUOTA",
  "SET_QUOTA",
  "REMOVE_QUOTA",
]);

/** The embedded master keeps no files that anybody could read: none of them exists. */
const fileCalls = new Set(["LIST_FILES", "READ_FILE"]);
