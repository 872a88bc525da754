// The operator endpoints of the master: classic paths, the file paths that lead nowhere, and POST /api/v1. Facts: recording
// operator-api.
import { type Answer, done, jsonAnswer, methodNotAllowed, notFound, textAnswer } from "../../http/answer.ts";
import { durationProblem, readInteger, readQuery, timeoutProblem } from "../../http/query.ts";
import type { HttpRequest } from "../../http/server.ts";
import { stringifyJson } from "../../wire/index.ts";
import type { MasterState } from "../state/master-state.ts";
import { classic } from "./classic-endpoints.ts";
import { classicCalls, formCalls } from "./operator-calls.ts";
import { changeOf } from "./operator-change.ts";
import { v1Endpoint } from "./v1-endpoint.ts";

/**
 * Answers an operator's request; undefined when it became an event stream. The path comes without /master, `principal` is
 * the authenticated one.
 */
export function operatorEndpoint(
  state: MasterState,
  request: HttpRequest,
  principal?: string | undefined,
): Answer | undefined {
  const { path, method } = request;
  if (path === "/api/v1" || path.startsWith("/api/v1/")) return v1Endpoint(state, request, principal);
  if (path === "/health") return done;
  if (path === "/logging/toggle") return logging(request);
  if (path === "/redirect") {
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
  const form = formCalls[path];
  if (form !== undefined) {
    if (method !== "POST") return methodNotAllowed(method, "POST");
    return changeOf(() => form(state, readQuery(request.body.toString("utf8")), principal));
  }
  const change = classicCalls[path];
  if (change !== undefined && method === "POST") return changeOf(() => change(state, request.body.toString("utf8")));
  const timeout = path === "/metrics/snapshot" ? timeoutProblem(request.query) : undefined;
  if (timeout !== undefined) return textAnswer(400, timeout);
  const view = classic[path];
  if (view === undefined) return change === undefined ? notFound : methodNotAllowed(method, "POST");
  if (method !== "GET" && method !== "HEAD") return methodNotAllowed(method, "GET");
  return jsonAnswer(stringifyJson(view(state, request.query)), request.query.get("jsonp"));
}

/** The log level of libprocess, which this engine does not have: it reads as 0 and cannot be changed. */
function logging({ query }: HttpRequest): Answer {
  const [level, duration] = [query.get("level"), query.get("duration")];
  if (level === null && duration === null) return textAnswer(200, "0\n");
  if (level === null) return textAnswer(400, "Expecting 'level=value' in query.\n");
  if (duration === null) return textAnswer(400, "Expecting 'duration=value' in query.\n");
  const value = readInteger(level, 32);
  if (value === undefined) return textAnswer(400, `Failed to convert '${level}' to number.\n`);
  if (value < 0n) return textAnswer(400, `Invalid level '${value}'.\n`);
  const problem = durationProblem(duration);
  if (problem !== undefined) return textAnswer(400, `${problem}.\n`);
  return textAnswer(501, "/logging/toggle is not implemented by the embedded Mesos");
}
