// Which requests for a cluster's API are asked of another master: real sockets to TLS servers behind real channels.
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeMasters } from "../../kubernetes/access/testing/fake-masters.ts";
import { type ApiFixture, createApiFixture } from "../testing/api-fixture.ts";
import { bytesOf } from "../testing/follower-fixture.ts";

const base = "/k8s/v1/clusters/my/apiserver";
let world: FakeMasters;
let api: ApiFixture;
let port: number;
let handle: (request: IncomingMessage, response: ServerResponse, master: string) => void;

beforeEach(async () => {
  world = await FakeMasters.start(["a", "b"], (master) => (request, response) => handle(request, response, master));
  api = await createApiFixture({ services: { masters: world.connections } });
  ({ port } = await api.server.listen("127.0.0.1:0"));
});
afterEach(async () => {
  await api.close();
  await world.stop();
});

async function ask(path: string, method = "GET") {
  const request = httpRequest({ host: "127.0.0.1", port, method, path, agent: false });
  request.end();
  const [response]: IncomingMessage[] = await once(request, "response");
  if (response === undefined) throw new Error("no answer");
  return { status: response.statusCode, headers: response.headers, body: (await bytesOf(response)).toString() };
}

test("a GET is asked of the next master when its one dies, and a POST is not", async () => {
  const asked: string[] = [];
  handle = (request, response, master) => {
    asked.push(`${request.method} ${master}`);
    if (asked.length === 1 || request.method === "POST") world.masters.get(master)?.die();
    else response.end(master);
  };
  expect(await ask(`${base}/x`)).toMatchObject({ status: 200, body: "b" });
  const { status, body } = await ask(`${base}/x`, "POST");
  expect([status, JSON.parse(body).message]).toEqual([
    502,
    expect.stringContaining("whether it was done is not known"),
  ]);
  expect(asked).toEqual(["GET a", "GET b", "POST b"]);
  const none = await ask(`${base}/x`);
  expect([none.status, none.headers["retry-after"]]).toEqual([502, "2"]);
});

test("a GET that was under way for long is not asked of another master", async () => {
  let later = 0;
  const now = performance.now.bind(performance);
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now() + later);
  try {
    const askedOf: string[] = [];
    handle = (request, _response, master) => {
      askedOf.push(master);
      later += 31_000;
      request.socket.destroy();
    };
    const { status, body } = await ask(`${base}/api`);
    expect([status, askedOf.length]).toEqual([502, 1]);
    expect(body).toContain("cluster_unreachable");
  } finally {
    clock.mockRestore();
  }
});
