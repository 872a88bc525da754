// Observes every request: metrics, the list of running requests (GET /stack), log lines.
import type { Logger } from "@cke/foundation";
import type { FastifyInstance } from "fastify";
import { Counter, Histogram, type Registry } from "prom-client";
import type { ActivityTracker } from "../observe/activity-tracker.ts";

export interface RequestObservers {
  readonly logger: Logger;
  readonly tracker: ActivityTracker;
  readonly metrics: Registry;
}

/** How many refused names are logged: clients choose the names, so their number has no other bound. */
const mostLoggedHosts = 20;

/** Counts, times and logs every request. Call it before any other hook is added. */
export function observeRequests(app: FastifyInstance, options: RequestObservers): void {
  const { logger, tracker, metrics } = options;
  const requests = new Counter({
    name: "cke_http_requests_total",
    help: "Requests by route, method and status.",
    labelNames: ["method", "route", "status"],
    registers: [metrics],
  });
  const seconds = new Histogram({
    name: "cke_http_request_seconds",
    help: "Duration of requests by route.",
    labelNames: ["route"],
    buckets: [0.005, 0.025, 0.1, 0.5, 1, 5, 30],
    registers: [metrics],
  });
  const running = new WeakMap<object, () => void>();
  const end = (request: object) => running.get(request)?.();
  app.addHook("onRequest", async (request) => {
    running.set(request, tracker.begin(`request ${request.method} ${request.routeOptions.url ?? "(no route)"}`));
  });
  app.addHook("onRequestAbort", async (request) => end(request));
  const refusedHosts = new Set<string>();
  app.addHook("onResponse", async (request, reply) => {
    end(request);
    const host = request.headers.host?.slice(0, 100) ?? "";
    if (reply.statusCode === 421 && refusedHosts.size < mostLoggedHosts && !refusedHosts.has(host)) {
      refusedHosts.add(host);
      const words =
        "requests are refused for the name in their Host header; if clients may use it, add it to -allowed_hosts";
      logger.warning(words, { host, from: request.ip });
    }
    const route = request.routeOptions.url ?? "(no route)";
    requests.inc({ method: request.method, route, status: String(reply.statusCode) });
    seconds.observe({ route }, reply.elapsedTime / 1000);
    const fields = { method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) };
    logger.debug("request answered", { ...fields, from: request.ip });
  });
}
