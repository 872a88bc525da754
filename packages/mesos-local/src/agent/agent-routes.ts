// The agent's paths. Those of libprocess' agent process exist twice: bare and below /slave(1).
import type { AgentContext } from "./agent-context.ts";
import { executorApi } from "./executor-api.ts";
import type { Executors } from "./executors.ts";
import { dateHeader, type HttpHandler, notFound } from "./http-server.ts";

export interface AgentRoutesOptions {
  readonly context: AgentContext;
  readonly executors: Executors;
  readonly recovered: () => boolean;
  /** UNIX milliseconds. */
  readonly startedAt: number;
  readonly registered: () => boolean;
}

export function agentRoutes(options: AgentRoutesOptions): HttpHandler {
  const process: Readonly<Record<string, HttpHandler>> = {
    "/api/v1/executor": executorApi(options),
    "/health": () => ({ status: 200, headers: [dateHeader, ["Content-Length", "0"]], body: "" }),
  };
  const routes = new Map(
    Object.entries(process).flatMap(
      ([path, handler]) =>
        [
          [path, handler],
          [`/slave(1)${path}`, handler],
        ] as const,
    ),
  );
  return (request) => routes.get(request.path)?.(request) ?? notFound;
}
