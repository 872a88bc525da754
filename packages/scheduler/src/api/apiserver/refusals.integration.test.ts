// What is refused on the way to a cluster's own API: an upgrade, one connection too many, a cluster that is stopped.
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { connect as netConnect } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeMasters } from "../../kubernetes/access/testing/fake-masters.ts";
import { type ApiFixture, createApiFixture } from "../testing/api-fixture.ts";
import { bytesOf } from "../testing/follower-fixture.ts";
import { closed } from "../testing/taken-connections.ts";
import { connectionsPerCluster } from "./connection-limit.ts";

const base = "/k8s/v1/clusters/my/apiserver";
let world: FakeMasters;
let api: ApiFixture;
let port: number;
let handle: (request: IncomingMessage, response: ServerResponse) => void;

async function start(expect: "RUN" | "STOP"): Promise<void> {
  world = await FakeMasters.start(["a"], () => (request, response) => handle(request, response), { expect });
  api = await createApiFixture({ services: { masters: world.connections } });
  ({ port } = await api.server.listen("127.0.0.1:0"));
}
async function stop(): Promise<void> {
  await api.close();
  await world.stop();
}
beforeEach(async () => await start("RUN"));
afterEach(stop);

async function ask(path: string) {
  const request = httpRequest({ host: "127.0.0.1", port, path, agent: false }).end();
  const [response]: IncomingMessage[] = await once(request, "response");
  if (response === undefined) throw new Error("no answer");
  return { status: response.statusCode, headers: response.headers, body: (await bytesOf(response)).toString() };
}

/** All that comes on a connection of one's own, until it ends. */
async function rawAnswer(text: string): Promise<string> {
  const socket = netConnect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(text);
  const chunks: Buffer[] = [];
  socket.on("data", (bytes: Buffer) => void chunks.push(bytes));
  await closed(socket);
  return Buffer.concat(chunks).toString();
}

test.each([
  ["breaks off", (request: IncomingMessage) => void request.socket.end()],
  ["is no HTTP any more", (request: IncomingMessage) => void request.socket.write("no length of a chunk\r\n")],
])("a refused upgrade whose answer %s is cut off: no second answer follows the first one", async (_title, spoil) => {
  handle = (request) => {
    request.socket.write("HTTP/1.1 403 Forbidden\r\ntransfer-encoding: chunked\r\n\r\n4\r\nforb\r\n");
    setImmediate(() => spoil(request));
  };
  const text = await rawAnswer(
    `GET ${base}/x HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n`,
  );
  expect(text).toMatch(/^HTTP\/1\.1 403 /);
  expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
});

test("as many connections of a cluster as are allowed, the next one is 503 with what to do; one that ends makes room", async () => {
  const waiting: ServerResponse[] = [];
  handle = (request, response) => {
    if (request.url === "/quick") response.end("quick");
    else {
      response.flushHeaders();
      waiting.push(response);
    }
  };
  const watch = async () => {
    const request = httpRequest({ host: "127.0.0.1", port, path: `${base}/watch`, agent: false }).end();
    const [answer]: IncomingMessage[] = await once(request, "response");
    expect(answer?.statusCode).toBe(200);
    return request;
  };
  const watches = await Promise.all(Array.from({ length: connectionsPerCluster }, watch));
  const refused = await ask(`${base}/quick`);
  expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "2"]);
  expect(JSON.parse(refused.body)).toMatchObject({
    reason: "ServiceUnavailable",
    details: { causes: [{ reason: "too_many_connections" }] },
    message: expect.stringContaining(`${connectionsPerCluster} requests`),
  });
  const head = `host: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n`;
  expect(await rawAnswer(`GET ${base}/exec HTTP/1.1\r\n${head}`)).toMatch(/^HTTP\/1\.1 503 .*too_many_connections/s);
  expect(await rawAnswer(`CONNECT my.cke.internal:6443 HTTP/1.1\r\nhost: x\r\n\r\n`)).toMatch(/^HTTP\/1\.1 503 /);
  // Another cluster has connections of its own: this one is only not there.
  expect((await ask("/k8s/v1/clusters/other/apiserver/quick")).status).toBe(404);
  watches[0]?.destroy();
  waiting.pop()?.end();
  await expect.poll(async () => (await ask(`${base}/quick`)).status).toBe(200);
  for (const one of watches) one.destroy();
});

test("a stopped cluster says so, and how it is started", async () => {
  await stop();
  await start("STOP");
  for (const master of world.masters.values()) master.die();
  const { status, body } = await ask(`${base}/x`);
  const words = expect.stringMatching(/it is stopped; POST \/k8s\/v1\/clusters\/my\/start /);
  expect([status, JSON.parse(body).message]).toEqual([502, words]);
});
