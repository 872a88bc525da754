// The server as a whole, and the routes about the scheduler itself.

import { systemClock } from "@cke/foundation";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Standing } from "../leadership/standing.ts";
import { leaderStanding } from "../leadership/testing/leader-standing.ts";
import { ApiServer } from "./api-server.ts";
import { AllowedHosts } from "./requests/allowed-hosts.ts";
import { type ApiFixture, createApiFixture, json } from "./testing/api-fixture.ts";

let fixture: ApiFixture;
beforeEach(async () => {
  fixture = await createApiFixture({ bodyLimit: 2000 });
});
afterEach(() => fixture.close());

const get: ApiFixture["get"] = (url) => fixture.get(url);
const post: ApiFixture["post"] = (...asked) => fixture.post(...asked);
interface OpenApiOperation {
  readonly requestBody?: {
    readonly content: { readonly "application/json": { readonly schema: { readonly additionalProperties?: unknown } } };
  };
}
const create = (name: string) => post("/k8s/v1/clusters", { cluster_name: name });

describe("the scheduler itself", () => {
  it("GET /ver", async () => {
    const answer = await get("/ver");
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ name: "cke-scheduler", version: "0.1.0", build: "source" });
  });

  it("GET /stack tells stacks, activities under way and handles", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const task = fixture.tracker.track("backup of a cluster", () => promise);
    const answer = await get("/stack");
    resolve();
    await task;
    expect(answer.headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(answer.body).toContain("== main thread: JavaScript stack ==");
    expect(answer.body).toMatch(/backup of a cluster, since \d+\.\d{3} s\n.*api-server\.integration\.test\.ts/);
    expect(answer.body).toContain("request GET /stack, since");
    expect(answer.body).toContain("resources that keep the process alive");
  });

  it("GET and POST /log", async () => {
    expect((await get("/log")).json()).toEqual({ level: "info" });
    const answer = await post("/log", { level: "debug" });
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({ status: 202, level: "debug" });
    expect(fixture.logger.level()).toBe("debug");
  });

  it.each([
    [{ level: "trace" }, 'level: must be one of error, warning, info, debug; given is "trace"'],
    [{}, "level: is missing: it must be one of error, warning, info, debug"],
    [{ level: "info", extra: 1 }, "extra: is not a known field: known are level"],
    [[], "the body must be an object; given is an empty list"],
    ["", "the body is missing: it must be an object"],
  ])("POST /log %j is 400", async (body, error) => {
    const answer = await post("/log", body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ error, code: "bad_request" });
    expect(fixture.logger.level()).toBe("info");
  });

  it("GET /healthz and /readyz", async () => {
    expect((await get("/healthz")).json()).toEqual({ status: "ok" });
    expect((await get("/readyz")).json()).toEqual({
      ...{ status: "ok", standing: "leader", role: "leader", storage: "sqlite" },
    });
    fixture.service.subscribed = false;
    await fixture.store.close();
    fixture.server.drain();
    const answer = await get("/readyz");
    expect(answer.statusCode).toBe(503);
    expect(answer.headers["retry-after"]).toBe("2");
    expect(answer.json().error).toBe(
      "the scheduler is stopping; the store does not answer; not subscribed at a Mesos master: 10.0.0.1:5050: connect ECONNREFUSED",
    );
    expect((await get("/healthz")).statusCode).toBe(200);
  });

  it("GET /metrics counts requests by route, not by URL", async () => {
    await create("my");
    await get("/k8s/v1/clusters/my");
    await get("/k8s/clusters/other");
    const answer = await get("/metrics");
    expect(answer.headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(answer.body).toContain(
      'cke_http_requests_total{method="GET",route="/k8s/v1/clusters/:name",status="404"} 1\n',
    );
    expect(answer.body).toContain('cke_http_request_seconds_bucket{le="+Inf",route="/k8s/v1/clusters/:name"} 2\n');
  });

  it("every body but those of clusters, nodes, processes and VMs, which warn of them, refuses unknown fields", async () => {
    const { paths } = (await get("/openapi.json")).json();
    const loose: string[] = [];
    let bodies = 0;
    for (const [path, methods] of Object.entries<Record<string, OpenApiOperation>>(paths)) {
      for (const [method, { requestBody }] of Object.entries(methods)) {
        if (requestBody === undefined) continue;
        bodies += 1;
        if (requestBody.content["application/json"].schema.additionalProperties !== false)
          loose.push(`${method} ${path}`);
      }
    }
    expect(bodies).toBeGreaterThan(6);
    expect(loose).toEqual([
      "post /k8s/v1/clusters",
      "post /k8s/v1/clusters/{name}/nodes",
      "put /k8s/v1/clusters/{name}/nodes/{node}/processes/{process}",
      "post /vm/v1/vms",
      "patch /vm/v1/vms/{name}",
      "put /vm/v1/vms/{name}",
    ]);
  });

  it("GET /k8s/v1/help and /openapi.json know every route", async () => {
    const help = await get("/k8s/v1/help");
    expect(help.body).toMatch(/POST +\/k8s\/v1\/clusters +create a cluster/);
    expect(help.body).toContain("/k8s/v1/clusters/<name>/adminToken");
    const document = (await get("/openapi.json")).json();
    expect(document.openapi).toBe("3.1.0");
    expect(document.paths["/k8s/v1/clusters/{name}"]).toMatchObject({ get: {}, delete: {} });
    expect(document.paths["/log"].post.requestBody.content["application/json"].schema.properties.level.enum).toEqual([
      "error",
      "warning",
      "info",
      "debug",
    ]);
    expect(document.components.schemas.Error.required).toContain("error");
    for (const path of ["/ver", "/stack", "/exec/{name}", "/metrics", "/k8s/v1/supported_ver", "/k8s/v1/help"]) {
      expect(Object.keys(document.paths)).toContain(path);
    }
  });
});

describe("before the store is read", () => {
  it("clusters are 503 with Retry-After, the scheduler itself answers", async () => {
    let standing: Standing = { kind: "starting" };
    const server = await ApiServer.create({
      member: { id: "self", url: () => "", standing: () => standing },
      hosts: new AllowedHosts({ own: [], trusted: [], ofThisHost: () => [] }),
      storage: { type: "sqlite", durable: true, shared: false, healthy: async () => true },
      execFiles: fixture.execFiles,
      pages: { get: async () => undefined },
      consoleIdleMs: 1_800_000,
      logger: fixture.logger,
      clock: systemClock,
      metrics: new Registry(),
      tracker: fixture.tracker,
    });
    const answer = await server.inject({ url: "/k8s/clusters" });
    expect(answer.statusCode).toBe(503);
    expect(answer.headers["retry-after"]).toBe("2");
    expect((await server.inject({ url: "/ver" })).statusCode).toBe(200);
    expect((await server.inject({ url: "/readyz" })).json().error).toBe("the scheduler is starting");
    server.open();
    standing = leaderStanding({ service: fixture.service });
    expect((await server.inject({ url: "/k8s/clusters" })).statusCode).toBe(200);
    await server.stop(100);
  });
});

describe("bad requests", () => {
  it.each([
    ['{"cluster_name": }', 'unexpected "}" at position 17, line 1 column 18'],
    ['{\n  "a": 1,\n  oops\n}', 'unexpected "o" at position 14, line 3 column 3'],
    ['{"a": [1, 2', "it ends too early at position 11, line 1 column 12"],
  ])("%j is 400 and says where", async (body, words) => {
    const answer = await post("/k8s/v1/clusters", body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toEqual({ error: `the body is not JSON: ${words}`, code: "malformed_json" });
  });

  it("an empty body is 400, a large one 413, another content type 415", async () => {
    const empty = await post("/k8s/v1/clusters", "");
    expect(empty.statusCode).toBe(400);
    expect(empty.json().error).toMatch(/empty/);
    const large = await post("/k8s/v1/clusters", { cluster_name: "x".repeat(3000) });
    expect(large.statusCode).toBe(413);
    expect(large.json()).toEqual({ error: "the body is larger than 2000 bytes", code: "body_too_large" });
    const xml = await post("/k8s/v1/clusters", "<a/>", { "content-type": "application/xml" });
    expect(xml.statusCode).toBe(415);
    expect(xml.json().error).toContain("application/json");
  });

  it("a body of many small items, or of many levels, is refused before anything reads it", async () => {
    const wide = await createApiFixture();
    const post = (payload: string) => wide.post("/k8s/v1/clusters/my/nodes", payload);
    const items = await post(`[${"{},".repeat(1_000_000)}{}]`);
    expect([items.statusCode, items.json()]).toEqual([
      413,
      {
        error: "the body has a list of 1000001 items, and at most 5000 are taken: ask for it in several requests",
        code: "body_too_large",
      },
    ]);
    const levels = await post("[".repeat(1_000_000) + "]".repeat(1_000_000));
    expect([levels.statusCode, levels.json().error]).toEqual([413, expect.stringContaining("more than 64 lists")]);
    await wide.close();
  });

  it("an unknown route is 404 in JSON, a known one with another method 405 with Allow", async () => {
    for (const url of ["/", "/nope", "/k8s", "/k8s/v1", "/k8s/v2/clusters", "/k8s/v1/clusters/a/b/c"]) {
      const answer = await get(url);
      expect(answer.statusCode, url).toBe(404);
      expect(answer.json().code, url).toBe("no_such_route");
    }
    const put = await fixture.server.inject({ method: "PUT", url: "/k8s/clusters/my/", headers: json, payload: "{}" });
    expect(put.statusCode).toBe(405);
    expect(put.headers.allow).toBe("DELETE, GET, HEAD, OPTIONS, PATCH");
    expect(put.json().code).toBe("method_not_allowed");
  });

  it("a URL that is not well-formed is 400", async () => {
    const answer = await get("/k8s/v1/clusters/%zz");
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error).toBe("the URL is not well-formed");
  });

  it("HEAD answers like GET without a body, OPTIONS tells the methods", async () => {
    const head = await fixture.server.inject({ method: "HEAD", url: "/ver" });
    expect(head.statusCode).toBe(200);
    expect(head.body).toBe("");
    const options = await fixture.server.inject({ method: "OPTIONS", url: "/k8s/clusters" });
    expect(options.statusCode).toBe(204);
    expect(options.headers.allow).toBe("GET, HEAD, OPTIONS, POST");
  });
});
