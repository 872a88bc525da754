import { afterEach, beforeEach, expect, it } from "vitest";
import { type ApiFixture, createApiFixture } from "../testing/api-fixture.ts";

let fixture: ApiFixture;
beforeEach(async () => {
  fixture = await createApiFixture();
  await fixture.service.create({ cluster_name: "my" });
});
afterEach(() => fixture.close());

const post = (action: string, body?: unknown, name = "my") =>
  fixture.server.inject({
    method: "POST",
    url: `/k8s/v1/clusters/${name}/plan/${action}`,
    ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, payload: JSON.stringify(body) }),
  });

it.each([
  ["pause", undefined, "pause * * by 127.0.0.1"],
  ["pause", {}, "pause * * by 127.0.0.1"],
  ["pause", { node: "m", by: "Ann (rack 7)" }, "pause m * by Ann (rack 7)"],
  ["resume", { node: "m" }, "resume m * by 127.0.0.1"],
  ["retry", undefined, "retry * * by 127.0.0.1"],
  ["retry", { node: "m", process: "etcd" }, "retry m etcd by 127.0.0.1"],
  ["skip", { node: "m", process: "docker" }, "skip m docker by 127.0.0.1"],
])("POST …/plan/%s %j is 202 and says what was done", async (action, body, message) => {
  const answer = await post(action, body);
  expect(answer.statusCode).toBe(202);
  expect(answer.json()).toEqual({ status: 202, message });
});

it.each([
  ["pause", { process: "etcd" }, "process: is not a known field: known are node, by"],
  ["retry", { nodes: ["m"] }, "nodes: is not a known field: known are node, process, by"],
  ["skip", { node: 7 }, "node: must be a text; given is 7"],
  ["skip", { by: "a\nb" }, 'by: must be 1 to 100 printable characters; given is "a\\nb"'],
  ["resume", [], "the body must be an object; given is an empty list"],
])("POST …/plan/%s %j is 400", async (action, body, error) => {
  const answer = await post(action, body);
  expect(answer.statusCode).toBe(400);
  expect(answer.json().error).toBe(error);
});

it("a request that another scheduler passed on is its client's", async () => {
  const url = "/k8s/v1/clusters/my/plan/pause";
  const headers = { "x-forwarded-for": "192.0.2.1, 192.0.2.2" };
  const passed = { ...headers, "x-cke-forwarded-by": "other" };
  expect((await fixture.server.inject({ method: "POST", url, headers: passed })).json().message).toContain(
    "by 192.0.2.2",
  );
  expect((await fixture.server.inject({ method: "POST", url, headers })).json().message).toContain("by 127.0.0.1");
});

it.each([["x".repeat(5_000)], ["a\tb"], ["not an address"]])("who asked is not believed to be %#", async (forged) => {
  const url = "/k8s/v1/clusters/my/plan/pause";
  const headers = { "x-forwarded-for": forged, "x-cke-forwarded-by": "other" };
  const answer = await fixture.server.inject({ method: "POST", url, headers });
  expect(answer.json().message).toBe("pause * * by 127.0.0.1");
});

it("unknown clusters and nodes are 404, the latter with what there is; other actions are 404, GET is 405", async () => {
  expect((await post("retry", undefined, "none")).statusCode).toBe(404);
  const answer = await post("retry", { node: "none" });
  expect(answer.statusCode).toBe(404);
  expect(answer.json()).toEqual({ error: 'cluster "my" has no node "none"; it has: m', code: "node_not_found" });
  expect((await post("undo")).statusCode).toBe(404);
  const get = await fixture.server.inject({ url: "/k8s/clusters/my/plan/pause" });
  expect(get.statusCode).toBe(405);
  expect(get.headers.allow).toBe("OPTIONS, POST");
});

it("the alias works, and help and openapi know the routes", async () => {
  const alias = await fixture.server.inject({ method: "POST", url: "/k8s/clusters/my/plan/pause/" });
  expect(alias.statusCode).toBe(202);
  const help = await fixture.server.inject({ url: "/k8s/v1/help" });
  for (const action of ["pause", "resume", "retry", "skip"])
    expect(help.body).toMatch(new RegExp(`POST +/k8s/v1/clusters/<name>/plan/${action} +\\w`));
  const document = (await fixture.server.inject({ url: "/openapi.json" })).json();
  const { post: skip } = document.paths["/k8s/v1/clusters/{name}/plan/skip"];
  expect(skip.requestBody.content["application/json"].schema.properties).toHaveProperty("process");
});
