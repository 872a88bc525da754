// Bodies of requests on their way to an API server, whose connections are shared: what one client sends must never be read as a
// part of the next request, which may be another client's.
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeMasters } from "../../kubernetes/access/testing/fake-masters.ts";
import { type ApiFixture, createApiFixture } from "../testing/api-fixture.ts";
import { bytesOf, Follower } from "../testing/follower-fixture.ts";

const base = "/k8s/v1/clusters/my/apiserver";
const smuggled = "GET /smuggled HTTP/1.1\r\nhost: localhost\r\n\r\n";
let world: FakeMasters;
let api: ApiFixture;
let follower: Follower;
let ports: Record<string, number>;
let asked: string[];

beforeEach(async () => {
  asked = [];
  world = await FakeMasters.start(["a"], () => (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    bytesOf(request).then(
      (body) => response.end(JSON.stringify({ size: body.length, by: request.headers.authorization })),
      () => response.destroy(),
    );
  });
  api = await createApiFixture({ services: { masters: world.connections } });
  const { port } = await api.server.listen("127.0.0.1:0");
  follower = await Follower.start();
  follower.follow(`http://127.0.0.1:${port}`);
  ports = { leader: port, follower: Number(new URL(follower.url).port) };
});
afterEach(async () => {
  await follower.stop();
  await api.close();
  await world.stop();
});

async function ask(at: string, path: string, method: string, headers: Record<string, string>, body = "") {
  const request = httpRequest({ host: "127.0.0.1", port: ports[at], method, path: base + path, headers, agent: false });
  request.end(body);
  const [answer]: IncomingMessage[] = await once(request, "response");
  if (answer === undefined) throw new Error("no answer");
  return JSON.parse((await bytesOf(answer)).toString());
}

describe.each(["leader", "follower"])("at the %s", (at) => {
  test.each([
    { "transfer-encoding": "chunked" },
    { "content-length": String(smuggled.length), connection: "content-length" },
  ])("the body of a DELETE with %j is no further request", async (headers) => {
    expect(await ask(at, "/x", "DELETE", { ...headers }, smuggled)).toEqual({ size: smuggled.length });
    expect(await ask(at, "/next", "GET", { authorization: "Bearer b" })).toEqual({ size: 0, by: "Bearer b" });
    expect(asked).toEqual(["DELETE /x", "GET /next"]);
  });

  test("an upgrade that is refused takes nothing of the next request", async () => {
    const headers = { connection: "Upgrade", upgrade: "websocket", "content-length": String(smuggled.length) };
    expect(await ask(at, "/x", "GET", headers, smuggled)).toEqual({ size: 0 });
    expect(await ask(at, "/next", "GET", { authorization: "Bearer b" })).toEqual({ size: 0, by: "Bearer b" });
    expect(asked).toEqual(["GET /x", "GET /next"]);
  });
});
