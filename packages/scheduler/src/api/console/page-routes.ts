// The web pages: what they are made of, and each of them.
import type { FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import { ConsoleSessions, type ConsoleSessionsOptions } from "../../console/console-sessions.ts";
import { addGauge } from "../../observe/gauge.ts";
import { assetRoutes } from "./asset-routes.ts";
import { type ConsoleRoutesOptions, consoleRoutes } from "./console-routes.ts";

export interface PageRoutesOptions
  extends Omit<ConsoleRoutesOptions, "sessions">,
    Pick<ConsoleSessionsOptions, "channels"> {
  readonly metrics: Registry;
}

export function pageRoutes(app: FastifyInstance, options: PageRoutesOptions): void {
  const { channels, services, logger, metrics } = options;
  const sessions = new ConsoleSessions({ channels, cluster: (name) => services.leading().get(name), logger });
  const help = "Web terminals that are open. Only the leader has terminals, so a sum over all schedulers is right.";
  addGauge(metrics, "cke_console_sessions", help, () => sessions.total());
  consoleRoutes(app, { ...options, sessions });
  assetRoutes(app, options.assets);
}
