// /ver, /stack, /log, /healthz, /readyz and /metrics: the scheduler itself, not what it manages.
import { build, type Logger, logLevels, version } from "@cke/foundation";
import type { FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import { z } from "zod";
import type { Standing } from "../../leadership/standing.ts";
import type { ActivityTracker } from "../../observe/activity-tracker.ts";
import { callStacks } from "../../observe/call-stacks.ts";
import type { Storage } from "../../store/election.ts";
import { retryAfterSeconds, validate } from "../requests/api-error.ts";
import { readiness, type ServingPhase } from "./readiness.ts";

export interface GeneralRoutesOptions {
  readonly standing: () => Standing;
  readonly storage: Pick<Storage, "healthy" | "durable" | "shared"> & { readonly type: string };
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly tracker: ActivityTracker;
  readonly phase: () => ServingPhase;
  /** Where others than this host's programs reach the API. */
  readonly openAddress: () => string | undefined;
}

const logBody = z.strictObject({
  level: z.enum(logLevels, { error: `one of ${logLevels.join(", ")}` }),
});

export function generalRoutes(app: FastifyInstance, options: GeneralRoutesOptions): void {
  const { standing, storage, logger, metrics, tracker, phase, openAddress } = options;

  app.get("/ver", document("version and build", { 200: "version and build" }), async () => ({
    name: "cke-scheduler",
    version,
    build,
  }));

  app.get(
    "/stack",
    document("call stacks, activities under way and handles, as text", { 200: "text" }),
    async (_request, reply) => {
      reply.header("cache-control", "no-store").type("text/plain; charset=utf-8");
      return callStacks(tracker);
    },
  );

  app.get("/log", document("log level", { 200: '{"level":"info"}' }), async () => ({ level: logger.level() }));

  app.post(
    "/log",
    {
      config: { local: true, documentation: { summary: "set the log level", body: logBody, answers: { 202: "set" } } },
    },
    async (request, reply) => {
      const { level } = validate(logBody, request.body, "the body");
      const before = logger.level();
      logger.setLevel(level);
      logger.warning("log level changed", { from: before, to: level });
      return reply.code(202).send({ status: 202, message: `log level is ${level}`, level });
    },
  );

  app.get("/healthz", document("the process answers", { 200: "alive" }), async () => ({ status: "ok" }));

  app.get(
    "/readyz",
    document("what this scheduler is, and whether it can do its work", { 200: "ready", 503: "what is missing" }),
    async (_request, reply) => {
      const healthy = await storage.healthy();
      const { missing, facts } = readiness({
        phase: phase(),
        standing: standing(),
        storage,
        healthy,
        openAddress: openAddress(),
      });
      if (missing.length === 0) return { status: "ok", ...facts };
      reply.code(503).header("retry-after", String(retryAfterSeconds));
      return { error: missing.join("; "), code: "not_ready", ...facts };
    },
  );

  app.get("/metrics", document("metrics in Prometheus' text format", { 200: "text" }), async (_request, reply) => {
    reply.type(metrics.contentType);
    return await metrics.metrics();
  });
}

function document(summary: string, answers: Readonly<Record<number, string>>) {
  return { config: { local: true, documentation: { summary, answers } } };
}
