// A follower stops while it answers and forwards requests.
import { once } from "node:events";
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { bytesOf, Follower, ScriptedLeader } from "../testing/follower-fixture.ts";

let follower: Follower;
let leader: ScriptedLeader;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
beforeEach(async () => {
  follower = await Follower.start();
  leader = await ScriptedLeader.start((request, response) => {
    request.resume();
    if (request.url?.endsWith("/fast")) response.end("fast");
    else setTimeout(() => response.end("done"), 400);
  });
  follower.follow(leader.url);
});
afterEach(async () => {
  agent.destroy();
  await follower.api.close();
  await leader.stop();
});

async function ask(method: string, path: string, using?: Agent) {
  const request = httpRequest(`${follower.url}${path}`, { method, ...(using === undefined ? {} : { agent: using }) });
  request.end();
  const [response]: IncomingMessage[] = await once(request, "response");
  if (response === undefined) throw new Error("no answer");
  return { status: response.statusCode, headers: response.headers, body: (await bytesOf(response)).toString() };
}

it.each(["GET", "POST", "DELETE"])("a %s that was passed on gets its answer", async (method) => {
  const answer = ask(method, "/k8s/v1/clusters/a");
  await delay(100);
  const stopped = follower.api.server.stop(5_000);
  expect(await answer).toMatchObject({ status: 200, body: "done" });
  await stopped;
});

it("what comes on a connection that is still open is answered, or is 503 with Retry-After", async () => {
  await ask("GET", "/k8s/v1/clusters/fast", agent);
  const slow = ask("GET", "/k8s/v1/clusters/a");
  await delay(50);
  const busy = ask("GET", "/k8s/v1/clusters/a", agent);
  await delay(50);
  const stopped = follower.api.server.stop(5_000);
  await delay(10);
  // It waits for the connection, and then finds it closed in good order or gets an answer.
  const late = await ask("GET", "/k8s/v1/clusters/fast", agent).catch(String);
  expect([(await busy).status, (await slow).status]).toEqual([200, 200]);
  if (typeof late === "string") expect(late).toMatch(/ECONNREFUSED|ECONNRESET|hang up/);
  else expect(late.status).toBe(200);
  await stopped;
});
