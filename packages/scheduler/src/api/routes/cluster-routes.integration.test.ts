// The routes of clusters over a ClusterService in memory.
import { CkeError } from "@cke/foundation";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApiFixture, createApiFixture, json } from "../testing/api-fixture.ts";

let fixture: ApiFixture;
beforeEach(async () => {
  fixture = await createApiFixture({ bodyLimit: 2000 });
});
afterEach(() => fixture.close());

const get: ApiFixture["get"] = (url) => fixture.get(url);
const post: ApiFixture["post"] = (...asked) => fixture.post(...asked);
const create = (name: string) => post("/k8s/v1/clusters", { cluster_name: name });

describe("clusters", () => {
  it("are created with warnings of what nobody reads of the body", async () => {
    fixture.service.warnings = ["colour is not a known field and was ignored"];
    expect((await create("warned")).json()).toEqual({
      status: 201,
      message: 'cluster "warned" is being created',
      warnings: ["colour is not a known field and was ignored"],
    });
    const refused = await create("impossible");
    expect([refused.statusCode, refused.json()]).toEqual([
      422,
      {
        error: "network: does not exist",
        code: "spec_invalid",
        problems: [{ path: "network", message: "does not exist" }],
        warnings: ["colour is not a known field and was ignored"],
      },
    ]);
  });

  it("are created, listed, shown and deleted", async () => {
    expect((await get("/k8s/v1/clusters")).json()).toEqual([]);
    const created = await create("my");
    expect(created.statusCode).toBe(201);
    expect(created.headers.location).toBe("/k8s/v1/clusters/my");
    expect(created.json()).toEqual({ status: 201, message: 'cluster "my" is being created' });
    expect((await get("/k8s/v1/clusters")).json()).toHaveLength(1);
    expect((await get("/k8s/v1/clusters/my")).json()).toMatchObject({ name: "my", nodes: [], network: "net" });
    expect((await get("/k8s/v1/clusters/my/state")).json()).toMatchObject({ plan: { nodes: [], steps: [] } });
    expect((await get("/k8s/v1/clusters/my/pending")).json()).toEqual([]);
    expect((await get("/k8s/v1/clusters/my/network")).json()).toMatchObject({ provider: "static", routers: [] });
    expect((await get("/k8s/v1/clusters/my/json")).json()).toEqual({ cluster_name: "my" });
    const token = await get("/k8s/v1/clusters/my/adminToken");
    expect(token.json()).toEqual({ AdminToken: "token-of-my" });
    expect(token.headers["cache-control"]).toBe("no-store");
    const kubeconfig = await get("/k8s/v1/clusters/my/kubeconfig");
    expect(kubeconfig.headers["content-type"]).toBe("application/yaml; charset=utf-8");
    expect([kubeconfig.headers["x-cke-via"], kubeconfig.body]).toEqual([
      "scheduler",
      "server: scheduler http://localhost:80\n",
    ]);
    expect((await get("/k8s/v1/clusters/my/kubeconfig?via=port")).body).toContain("port");
    const wrong = await get("/k8s/v1/clusters/my/kubeconfig?via=x");
    expect([wrong.statusCode, wrong.json().error]).toEqual([
      400,
      'via: must be one of scheduler, port, spider-lb, bgp, direct; given is "x"',
    ]);
    expect((await get("/k8s/v1/supported_ver")).json()).toEqual({ vers: ["1.20", "1.36"] });
    const removed = await fixture.server.inject({ method: "DELETE", url: "/k8s/v1/clusters/my", headers: json });
    expect(removed.statusCode).toBe(202);
    expect(removed.json()).toMatchObject({ status: 202 });
    expect((await get("/k8s/v1/clusters")).json()).toEqual([]);
  });

  it("answer under every way of writing the URL", async () => {
    await create("my");
    for (const url of [
      "/k8s/clusters/my",
      "/k8s/v1/clusters/my/",
      "/k8s/v1/clusrers/my/state",
      "/k8s/clusrers/my/state/",
      "/k8s//clusters/my",
      "/k8s/clusters/my?x=1",
      "/k8s/supported_ver",
      "/k8s/help",
    ]) {
      expect((await get(url)).statusCode, url).toBe(200);
    }
    expect((await post("/k8s/clusters", { cluster_name: "two" })).statusCode).toBe(201);
    expect((await post("/k8s/clusters/", { cluster_name: "three" })).statusCode).toBe(201);
  });

  it.each(["", "/state", "/network", "/pending", "/json", "/adminToken", "/kubeconfig", "/logs"])(
    "unknown: GET …/none%s is 404",
    async (rest) => {
      const answer = await get(`/k8s/v1/clusters/none${rest}`);
      expect(answer.statusCode).toBe(404);
      expect(answer.json()).toEqual({ error: 'there is no cluster "none"', code: "cluster_not_found" });
    },
  );

  it("unknown: DELETE is 404", async () => {
    const answer = await fixture.server.inject({ method: "DELETE", url: "/k8s/v1/clusters/none" });
    expect(answer.statusCode).toBe(404);
  });

  it("report every problem of a body at once, with its path", async () => {
    const answer = await post("/k8s/v1/clusters", { kubenodes: [] });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      code: "spec_invalid",
      problems: [
        { path: "cluster_name", message: "is missing" },
        { path: "kubenodes[0].process[1].res.cpu", message: "must be a positive number" },
      ],
    });
  });

  it("distinguish impossible (422), existing (409) and not possible now (503 with Retry-After)", async () => {
    expect((await create("impossible")).statusCode).toBe(422);
    await create("my");
    const again = await create("my");
    expect(again.statusCode).toBe(409);
    expect(again.json().code).toBe("cluster_exists");
    fixture.service.failure = new CkeError("not_leader", "another scheduler leads", { status: 503, retryable: true });
    const away = await get("/k8s/v1/clusters/my");
    expect(away.statusCode).toBe(503);
    expect(away.headers["retry-after"]).toBe("2");
  });

  it("hide the words of a programming error from the client, not from the log", async () => {
    await create("my");
    fixture.service.failure = new TypeError("secret detail");
    const answer = await get("/k8s/v1/clusters/my");
    expect(answer.statusCode).toBe(500);
    expect(answer.json().code).toBe("internal");
    expect(answer.body).not.toContain("secret detail");
    expect(fixture.logLines.join("")).toContain("secret detail");
  });
});
