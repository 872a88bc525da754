// The agent's paths. Those of libprocess' agent process exist twice: bare and below /slave(1).

import { done, jsonAnswer, notFound, textAnswer } from "../http/answer.ts";
import { timeoutProblem } from "../http/query.ts";
import { double, type JsonValue, stringifyJson } from "../wire/index.ts";
import { executorApi } from "./executor-api/executor-api.ts";
import type { Executors } from "./executors/executors.ts";
import type { HttpAnswer, HttpHandler, HttpRequest } from "./http/http-server.ts";
import { flagsView, stateView, versionView } from "./operator-api/agent-views.ts";
import { containerViews } from "./operator-api/container-statistics.ts";
import { metricsView } from "./operator-api/metrics-view.ts";
import { operatorApi } from "./operator-api/operator-api.ts";
import { SandboxFiles } from "./operator-api/sandbox-files.ts";
import type { AgentContext } from "./state/agent-context.ts";
import type { ExecutorRun } from "./state/agent-state.ts";

interface AgentRoutesOptions {
  readonly context: AgentContext;
  readonly executors: Executors;
  readonly recovered: () => boolean;
  /** UNIX milliseconds. */
  readonly startedAt: number;
}

const json =
  (view: () => JsonValue | Promise<JsonValue>): HttpHandler =>
  async ({ query }) =>
    jsonAnswer(stringifyJson(await view()), query.get("jsonp"));

export function agentRoutes(options: AgentRoutesOptions): HttpHandler {
  const { context, startedAt } = options;
  const files = new SandboxFiles(context);
  const metrics = () => metricsView(context, startedAt);
  const ofAgent: Readonly<Record<string, HttpHandler>> = {
    "/api/v1/executor": executorApi(options),
    "/api/v1": operatorApi({ context, files, startedAt }),
    "/health": () => done,
    "/state": json(() => stateView(context, startedAt)),
    "/flags": json(() => ({ flags: flagsView(context) })),
    "/containers": (request) => selectedContainers(context, request),
    "/monitor/statistics": json(() => containers(context, false)),
  };
  const metricsJson = json(() => Object.fromEntries(metrics().map(([name, value]) => [name, double(value)])));
  const snapshot: HttpHandler = (request) => {
    const problem = timeoutProblem(request.query);
    return problem === undefined ? metricsJson(request) : textAnswer(400, problem);
  };
  const routes = new Map<string, HttpHandler>([
    ["/version", json(versionView)],
    ["/metrics/snapshot", snapshot],
    ["/files/browse", (request) => files.browse(request)],
    ["/files/read", (request) => files.read(request)],
    ["/files/download", (request) => files.download(request)],
    ["/files/debug", (request) => files.debug(request)],
  ]);
  for (const [path, handler] of Object.entries(ofAgent)) {
    routes.set(path, handler);
    routes.set(`/slave(1)${path}`, handler);
  }
  return (request) => routes.get(request.path)?.(request) ?? notFound;
}

/** /containers: of one container, of a framework, or of one of its executors. */
async function selectedContainers(context: AgentContext, { query }: HttpRequest): Promise<HttpAnswer> {
  const [container, framework, executor] = ["container_id", "framework_id", "executor_id"].map((name) =>
    query.get(name),
  );
  const both = container !== null && (framework !== null || executor !== null);
  if (both || (container === null && executor !== null && framework === null)) {
    const words =
      "Supported query parameters are container_id only, framework_id only, or executor_id and framework_id only";
    return textAnswer(400, words);
  }
  const wanted = ({ key }: ExecutorRun) =>
    (container ?? key.container) === key.container &&
    (framework ?? key.framework) === key.framework &&
    (executor ?? key.executor) === key.executor;
  return jsonAnswer(stringifyJson(await containers(context, true, wanted)), query.get("jsonp"));
}

/** Keys in alphabetical order, as recorded. */
async function containers(
  context: AgentContext,
  withStatus: boolean,
  wanted: (run: ExecutorRun) => boolean = () => true,
): Promise<JsonValue> {
  const views = (await containerViews(context)).filter(({ run }) => wanted(run));
  return views.map(({ run, statistics, status }) => ({
    ...(withStatus ? { container_id: run.key.container } : {}),
    executor_id: run.key.executor,
    executor_name: run.info.name ?? "",
    framework_id: run.key.framework,
    source: run.info.source ?? "",
    statistics: Object.fromEntries(Object.entries(statistics).sort(([a], [b]) => (a < b ? -1 : 1))),
    ...(withStatus ? { status } : {}),
  }));
}
