// /k8s/v1/help for people and /openapi.json for programs, both made from the documentation of the routes.
import { version } from "@cke/foundation";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { errorSchema } from "../requests/api-error.ts";
import type { RouteCatalog } from "./route-catalog.ts";

export function helpRoutes(app: FastifyInstance, catalog: RouteCatalog): void {
  for (const path of ["/k8s/v1/help", "/vm/v1/help"])
    app.get(
      path,
      { config: { documentation: { summary: "this text", answers: { 200: "text" } } } },
      async (_request, reply) => reply.type("text/plain; charset=utf-8").send(helpText(catalog)),
    );
  app.get(
    "/openapi.json",
    { config: { documentation: { summary: "this API as an OpenAPI 3.1 document", answers: { 200: "JSON" } } } },
    async () => openApi(catalog),
  );
}

/** One line for each route. */
export function helpText(catalog: RouteCatalog): string {
  const routes = catalog.documented().map(({ method, path, documentation }) => ({
    call: `${method.padEnd(6)} ${path.replaceAll(/:(\w+)/g, "<$1>")}`,
    summary: documentation.summary,
  }));
  const width = Math.max(...routes.map(({ call }) => call.length));
  return `cke-scheduler ${version}: REST API (JSON in, JSON out)

${routes.map(({ call, summary }) => `${call.padEnd(width)}  ${summary}`).join("\n")}

/k8s/v1/… answers under /k8s/… too, and /vm/v1/… under /vm/…. Errors are {"error":"…","code":"…"}, with "problems":[{"path","message"}] for bodies.
`;
}

/** An OpenAPI 3.1 document. */
function openApi(catalog: RouteCatalog): Readonly<Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, path, documentation } of catalog.documented()) {
    const { summary, body, answers } = documentation;
    const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
    const url = path.replaceAll(/:(\w+)/g, "{$1}");
    const operations = paths[url] ?? {};
    paths[url] = operations;
    operations[method.toLowerCase()] = {
      summary,
      parameters: names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
      ...(body === undefined
        ? {}
        : {
            requestBody: {
              required: !body.safeParse(undefined).success,
              content: { "application/json": { schema: schemaOf(body) } },
            },
          }),
      responses: {
        ...Object.fromEntries(Object.entries(answers).map(([status, description]) => [status, { description }])),
        default: {
          description: "an error",
          content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
        },
      },
    };
  }
  return {
    openapi: "3.1.0",
    info: { title: "cke-scheduler", version },
    paths,
    components: { schemas: { Error: schemaOf(errorSchema) } },
  };
}

function schemaOf(schema: z.ZodType): Readonly<Record<string, unknown>> {
  const { $schema: _dialect, "~standard": _standard, ...rest } = z.toJSONSchema(schema, { io: "input" });
  return rest;
}
