// Requests that offer another protocol than a WebSocket are ordinary requests: a server may ignore the offer (RFC 9110
// §7.8). Java's HTTP client and `curl --http2` offer h2c with everything that they ask over http.
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { afterEach, beforeEach, expect, it } from "vitest";
import { bytesOf, Follower, ScriptedLeader } from "./testing/follower-fixture.ts";

let api: Follower;
const leaders: ScriptedLeader[] = [];
beforeEach(async () => {
  api = await Follower.start();
});
afterEach(async () => {
  await api.api.close();
  await Promise.all(leaders.splice(0).map((leader) => leader.stop()));
});

const offer = { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AAMAAABkAAQAoAAAAAIAAAAA" };

async function ask(method: string, path: string, headers: Record<string, string>, body = "") {
  const request = httpRequest(`${api.url}${path}`, { method, headers });
  request.end(body);
  const [response]: IncomingMessage[] = await once(request, "response");
  if (response === undefined) throw new Error("no answer");
  return { status: response.statusCode, body: (await bytesOf(response)).toString() };
}

it("the leader answers them", async () => {
  expect((await ask("GET", "/ver", offer)).status).toBe(200);
  expect((await ask("GET", "/k8s/v1/clusters", offer)).status).toBe(200);
  const json = { ...offer, "content-type": "application/json" };
  expect((await ask("POST", "/k8s/v1/clusters", json, '{"cluster_name":"my"}')).status).toBe(201);
  expect((await ask("GET", "/k8s/v1/clusters/my/nodes/n/exec?command=x", offer)).status).toBe(426);
});

it("a follower passes them on without the offer", async () => {
  const leader = await ScriptedLeader.start((request, response) => {
    void bytesOf(request).then((body) =>
      response.end(JSON.stringify({ upgrade: request.headers.upgrade ?? "", body: body.toString() })),
    );
  });
  leaders.push(leader);
  api.follow(leader.url);
  expect((await ask("GET", "/ver", offer)).status).toBe(200);
  const answer = await ask("POST", "/k8s/v1/clusters", offer, '{"cluster_name":"my"}');
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.body)).toEqual({ upgrade: "", body: '{"cluster_name":"my"}' });
});

it("a WebSocket to where there is none is refused with an answer", async () => {
  const websocket = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
  };
  expect((await ask("GET", "/k8s/v1/clusters/none/logs", websocket)).status).toBe(404);
  expect((await ask("GET", "/nowhere", websocket)).status).toBe(404);
});
