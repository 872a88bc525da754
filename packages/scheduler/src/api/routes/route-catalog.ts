// The documentation of every route. /k8s/v1/help, /openapi.json and the Allow header of a 405 or OPTIONS are made from it.
import type { FastifyInstance } from "fastify";
import type { z } from "zod";

export interface RouteDocumentation {
  /** One line for people. */
  readonly summary: string;
  readonly body?: z.ZodType;
  /** Meaning of each status, in addition to the errors of every route. */
  readonly answers: Readonly<Record<number, string>>;
}

declare module "fastify" {
  interface FastifyContextConfig {
    readonly documentation?: RouteDocumentation;
  }
}

export interface CatalogEntry {
  readonly method: string;
  /** The router's path, with `:name` parameters. */
  readonly path: string;
  readonly documentation?: RouteDocumentation;
}

export class RouteCatalog {
  readonly #entries: CatalogEntry[] = [];

  /** Collects every route that the instance registers from now on. */
  watch(app: FastifyInstance): void {
    app.addHook("onRoute", ({ method, url, config }) => {
      for (const one of typeof method === "string" ? [method] : method) {
        const documentation = config?.documentation;
        this.#entries.push({ method: one, path: url, ...(documentation === undefined ? {} : { documentation }) });
      }
    });
  }

  /** Routes with documentation, in the order of their registration. */
  documented(): readonly (CatalogEntry & { readonly documentation: RouteDocumentation })[] {
    return this.#entries.flatMap(({ documentation, ...entry }) =>
      documentation === undefined || entry.method === "HEAD" ? [] : [{ ...entry, documentation }],
    );
  }

  /** Methods that the path of this URL answers; empty when there is no such path. */
  methodsOf(url: string): readonly string[] {
    const path = (url.split("?", 1)[0] ?? "").replace(/(?<=.)\/+$/, "");
    const found = this.#entries.filter((entry) => matches(entry.path, path)).map(({ method }) => method);
    return found.length === 0 ? [] : [...new Set([...found, "OPTIONS"])].toSorted();
  }
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return false;
  return wanted.every((part, index) => (part.startsWith(":") ? given[index] !== "" : part === given[index]));
}
