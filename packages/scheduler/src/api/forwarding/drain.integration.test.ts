// A follower stops while it answers and forwards requests.
import { once } from "node:events";
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { afterEach, beforeEach, expect, it } from "vitest";
import { bytesOf, Follower, ScriptedLeader } from "../testing/follower-fixture.ts";

let follower: Follower;
let leader: ScriptedLeader;
/** Slow requests that have come to the leader, and what lets it answer them. */
let slowly: (() => void)[];
const answerAll = () => {
  for (const answer of slowly.splice(0)) answer();
};
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
beforeEach(async () => {
  slowly = [];
  follower = await Follower.start();
  leader = await ScriptedLeader.start((request, response) => {
    request.resume();
    if (request.url?.endsWith("/fast")) response.end("fast");
    else slowly.push(() => response.end("done"));
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
  await expect.poll(() => slowly.length).toBe(1);
  const stopped = follower.api.server.stop(60_000);
  answerAll();
  expect(await answer).toMatchObject({ status: 200, body: "done" });
  await stopped;
});

it("what comes on a connection that is still open is answered, or is 503 with Retry-After", async () => {
  await ask("GET", "/k8s/v1/clusters/fast", agent);
  const slow = ask("GET", "/k8s/v1/clusters/a");
  const busy = ask("GET", "/k8s/v1/clusters/a", agent);
  await expect.poll(() => slowly.length).toBe(2);
  const stopped = follower.api.server.stop(60_000);
  // It waits for the connection, and then finds it closed in good order or gets an answer.
  const asked = ask("GET", "/k8s/v1/clusters/fast", agent).catch(String);
  answerAll();
  const late = await asked;
  expect([(await busy).status, (await slow).status]).toEqual([200, 200]);
  if (typeof late === "string") expect(late).toMatch(/ECONNREFUSED|ECONNRESET|hang up/);
  else expect(late.status).toBe(200);
  await stopped;
});
