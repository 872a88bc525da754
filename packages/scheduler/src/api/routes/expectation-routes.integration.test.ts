import { afterEach, beforeEach, expect, it } from "vitest";
import { type ApiFixture, createApiFixture } from "../testing/api-fixture.ts";

let fixture: ApiFixture;
beforeEach(async () => {
  fixture = await createApiFixture();
  await fixture.service.create({ cluster_name: "my" });
});
afterEach(() => fixture.close());

const ask = (method: "PATCH" | "POST", path: string, body?: unknown) =>
  fixture.server.inject({
    method,
    url: `/k8s/v1/clusters/${path}`,
    ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, payload: JSON.stringify(body) }),
  });

it.each([
  ["PATCH", "my", { expect: "STOP" }, "my STOP by 127.0.0.1"],
  ["PATCH", "my", { expect: "RUN", by: "Ann" }, "my RUN by Ann"],
  ["PATCH", "my", { routers: [] }, "my [] by 127.0.0.1"],
  ["PATCH", "my", { routers: [{}], by: "Ann" }, "my [{}] by Ann"],
  ["POST", "my/start", undefined, "my RUN by 127.0.0.1"],
  ["POST", "my/stop", { by: "Ann" }, "my STOP by Ann"],
] as const)("%s %s %j is 202 and says what happens", async (method, path, body, message) => {
  const answer = await ask(method, path, body);
  expect(answer.statusCode).toBe(202);
  expect(answer.json()).toEqual({ status: 202, message });
});

it.each([
  ["PATCH", "my", { expect: "FINISHED" }, 400, /^expect: must be "RUN" or "STOP".*DELETE/],
  ["PATCH", "my", { expect: "stop" }, 400, /^expect: must be "RUN" or "STOP"/],
  ["PATCH", "my", {}, 400, /^the body gives nothing to change: it must have expect .*, or routers$/],
  ["PATCH", "my", { routers: "10.0.0.1" }, 400, /^routers: /],
  [
    "PATCH",
    "my",
    { routers: [], expect: "RUN" },
    400,
    /^expect: must be given alone, and routers alone: given are both$/,
  ],
  ["PATCH", "my", { expect: "STOP", nodes: [] }, 400, /nodes/],
  ["PATCH", "none", { expect: "STOP" }, 404, /no cluster "none"/],
  ["POST", "none/start", undefined, 404, /no cluster "none"/],
] as const)("%s %s %j is %i", async (method, path, body, status, error) => {
  const answer = await ask(method, path, body);
  expect(answer.statusCode).toBe(status);
  expect(answer.json().error).toMatch(error);
});

it("the alias works, help and openapi know the routes, and OPTIONS names the methods", async () => {
  const alias = await fixture.server.inject({ method: "POST", url: "/k8s/clusters/my/stop/" });
  expect(alias.statusCode).toBe(202);
  const help = (await fixture.server.inject({ url: "/k8s/v1/help" })).body;
  for (const call of [/PATCH +\/k8s\/v1\/clusters\/<name> /, /POST +\/k8s\/v1\/clusters\/<name>\/start /])
    expect(help).toMatch(call);
  const document = (await fixture.server.inject({ url: "/openapi.json" })).json();
  const { patch } = document.paths["/k8s/v1/clusters/{name}"];
  expect(patch.requestBody.content["application/json"].schema.properties.expect.enum).toEqual(["RUN", "STOP"]);
  const get = await fixture.server.inject({ url: "/k8s/v1/clusters/my/start" });
  expect([get.statusCode, get.headers.allow]).toEqual([405, "OPTIONS, POST"]);
});
