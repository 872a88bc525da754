// A leader that cannot be reached, dies, hangs or loses the leadership while a follower forwards a request to it: the client always
// gets an answer that says what happened.
import { request as httpRequest } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { echo, Follower, ScriptedLeader } from "../testing/follower-fixture.ts";

let follower: Follower;
beforeEach(async () => {
  follower = await Follower.start();
});
afterEach(() => follower.stop());

describe("a leader", () => {
  it("that nobody answers for: 502 that says what may be wrong", async () => {
    const gone = await follower.followScripted(echo);
    await gone.stop();
    for (const method of ["GET", "POST"]) {
      const answer = await follower.ask(method, "/k8s/v1/clusters", {}, Buffer.from(method === "GET" ? "" : "{}"));
      expect(answer.status).toBe(502);
      expect(answer.headers["retry-after"]).toBe("2");
      expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
      expect(JSON.parse(answer.body)).toMatchObject({
        code: "leader_unreachable",
        error: expect.stringMatching(/cannot be reached at .*ECONNREFUSED.*-service_host and -service_port/),
      });
    }
  });

  it("that dies before it answers: 502, also in the middle of an upload", async () => {
    await follower.followScripted((request) => request.once("data", () => request.socket.resetAndDestroy()));
    const answer = await follower.ask("POST", "/k8s/v1/clusters", {}, Buffer.alloc(3_000_000, "x"));
    expect(answer.status).toBe(502);
    expect(JSON.parse(answer.body)).toMatchObject({ code: "leader_lost" });
  });

  it("that dies in the middle of its answer: the client's breaks off too", async () => {
    await follower.followScripted((request, response) => {
      response.writeHead(200, { "content-length": "1000" }).write("half");
      setTimeout(() => request.socket.resetAndDestroy(), 20);
    });
    const response = await fetch(`${follower.url}/k8s/v1/clusters`);
    await expect(response.text()).rejects.toThrow();
  });

  it("that stands still while another one takes over: 503 as soon as that is seen", async () => {
    const asked = Promise.withResolvers<void>();
    await follower.followScripted(() => asked.resolve());
    const answer = follower.ask("POST", "/k8s/v1/clusters", {}, Buffer.from("{}"));
    await asked.promise;
    follower.leaderChanges();
    expect(await answer).toMatchObject({ status: 503, headers: { "retry-after": "2" } });
  });

  it("whose address is none: an answer that says so", async () => {
    for (const url of ["http://[fe80::1%eth0]:8512", "nonsense", "ftp://127.0.0.1:1", "http://a b:1"]) {
      follower.follow(url);
      const answer = await fetch(`${follower.url}/k8s/v1/clusters`, { signal: AbortSignal.timeout(60_000) });
      expect(answer.status).toBe(502);
      expect(await answer.json()).toMatchObject({
        code: "leader_address",
        error: expect.stringContaining("-service_host"),
      });
    }
  });

  it("that is this scheduler under another name: an answer that says so", async () => {
    const port = new URL(follower.url).port;
    const proxy = await ScriptedLeader.start((request, response) => {
      const back = httpRequest({ host: "127.0.0.1", port, path: request.url, headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      back.end();
    });
    follower.leaders.push(proxy);
    follower.follow(proxy.url);
    const answer = await fetch(`${follower.url}/k8s/v1/clusters`);
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({
      code: "leader_address",
      error: expect.stringMatching(/came back to this scheduler.*-service_host/),
    });
  });

  it("that only may remember, and does not answer: 504 after three seconds", async () => {
    const silent = await follower.followScripted(() => undefined);
    const lastLeader = { address: { id: "last", url: silent.url }, gone: new AbortController().signal };
    follower.api.setStanding({ kind: "follower", leader: undefined, lastLeader, memory: undefined });
    const answer = await follower.ask("GET", "/k8s/v1/clusters");
    expect([answer.status, answer.headers["retry-after"]]).toEqual([504, "2"]);
    expect((await follower.ask("POST", "/k8s/v1/clusters")).status).toBe(503);
  });

  it("that closes a kept connection just then: a read is asked again, on a new one", async () => {
    let connections = 0;
    const made = await follower.followScripted((request, response) => {
      // The second request on a connection is not answered: the connection is closed.
      const { socket } = request;
      if (socket.listenerCount("cke") > 0) socket.resetAndDestroy();
      else response.end("ok");
      socket.on("cke", () => undefined);
    });
    made.server.on("connection", () => {
      connections += 1;
    });
    for (const _ of [1, 2, 3]) expect(await (await fetch(`${follower.url}/k8s/v1/x`)).text()).toBe("ok");
    expect(connections).toBe(3);
  });

  it("a client that goes away takes its request back", async () => {
    const gone = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    await follower.followScripted((request) => {
      request.socket.on("close", () => gone.resolve());
      asked.resolve();
    });
    const abort = new AbortController();
    const answer = fetch(`${follower.url}/k8s/v1/clusters`, { signal: abort.signal });
    await asked.promise;
    abort.abort();
    await expect(answer).rejects.toThrow();
    await gone.promise;
  });
});
