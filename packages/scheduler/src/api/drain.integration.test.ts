// A stop waits for requests, not for idle connections. The grace period is longer than the test's timeout, so a stop that waits for
// it fails the test.
import { once } from "node:events";
import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { bytesOf, Follower, ScriptedLeader } from "./testing/follower-fixture.ts";

const graceMs = 600_000;
let own: Follower;
let follower: Follower;
let leader: ScriptedLeader;
/** What the leader of the follower was asked and has not answered. */
let asked: ServerResponse[];
const agent = () => new Agent({ keepAlive: true, maxSockets: 1 });
const agents: Agent[] = [];
const sockets: Socket[] = [];

beforeEach(async () => {
  asked = [];
  own = await Follower.start();
  follower = await Follower.start();
  leader = await ScriptedLeader.start((_request, response) => void asked.push(response));
  follower.follow(leader.url);
});
afterEach(async () => {
  for (const one of agents.splice(0)) one.destroy();
  for (const socket of sockets.splice(0)) socket.destroy();
  await own.api.server.stop(0);
  await follower.api.server.stop(0);
  await own.api.close();
  await follower.api.close();
  await leader.stop();
});

function kept(): Agent {
  const one = agent();
  agents.push(one);
  return one;
}

async function ask(url: string, using: Agent) {
  const request = httpRequest(url, { agent: using });
  request.end();
  const [response]: IncomingMessage[] = await once(request, "response");
  if (response === undefined) throw new Error("no answer");
  return {
    connection: response.headers.connection,
    status: response.statusCode,
    body: (await bytesOf(response)).toString(),
  };
}

async function connected(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  sockets.push(socket);
  await once(socket, "connect");
  return socket;
}

it("idle connections do not hold a stop up: after a request, and before the first one", async () => {
  expect(await ask(`${own.url}/healthz`, kept())).toMatchObject({ status: 200, connection: "keep-alive" });
  const silent = await connected(own.url);
  const ended = once(silent.resume(), "end");
  // The server has accepted the connection when it has answered on a later one.
  await ask(`${own.url}/healthz`, kept());
  await own.api.server.stop(graceMs);
  await ended;
});

it("while it drains every answer ends its connection", async () => {
  own.api.server.drain();
  expect(await ask(`${own.url}/healthz`, kept())).toMatchObject({ status: 200, connection: "close" });
  expect(await ask(`${own.url}/readyz`, kept())).toMatchObject({ status: 503, connection: "close" });
});

describe("a request that is under way", () => {
  it("is answered, and its connection closed", async () => {
    const answer = ask(`${follower.url}/k8s/v1/clusters`, kept());
    await expect.poll(() => asked.length).toBe(1);
    const stopped = follower.api.server.stop(graceMs);
    asked[0]?.end("done");
    expect(await answer).toEqual({ status: 200, body: "done", connection: "close" });
    await stopped;
  });

  it("whose answer has begun is answered to its end, and its connection closed", async () => {
    const answer = ask(`${follower.url}/k8s/v1/clusters`, kept());
    await expect.poll(() => asked.length).toBe(1);
    asked[0]?.write("first, ");
    const socket = await connected(follower.url);
    socket.write("GET /k8s/v1/clusters HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await expect.poll(() => asked.length).toBe(2);
    asked[1]?.write("first, ");
    await once(socket, "readable");
    const stopped = follower.api.server.stop(graceMs);
    for (const response of asked) response.end("then the rest");
    expect((await answer).body).toBe("first, then the rest");
    expect((await bytesOf(socket)).toString()).toMatch(/first, .*then the rest/s);
    await stopped;
  });

  it("and has only begun to come is answered", async () => {
    const socket = await connected(own.url);
    socket.write("GET /healthz HTTP/1.1\r\nHost: loc");
    await ask(`${own.url}/healthz`, kept());
    const stopped = own.api.server.stop(graceMs);
    socket.write("alhost\r\n\r\n");
    const answer = (await bytesOf(socket)).toString();
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toMatch(/^connection: close/im);
    await stopped;
  });
});

it("a WebSocket is told with a code", async () => {
  await own.api.service.create({ cluster_name: "my" });
  const socket = new WebSocket(`${own.url.replace("http", "ws")}/k8s/v1/clusters/my/logs`);
  await once(socket, "message");
  const closed = once(socket, "close");
  await own.api.server.stop(graceMs);
  expect((await closed)[0]).toBe(1001);
});
