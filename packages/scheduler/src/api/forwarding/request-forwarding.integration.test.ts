// Requests that a follower forwards, and those that it answers itself; leaders that fail are in leader-failures.

import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { noVms } from "../../vm/testing/no-vms.ts";
import { executorBytes } from "../testing/api-fixture.ts";
import { bytesOf, echo, Follower, sha256 } from "../testing/follower-fixture.ts";

let follower: Follower;
beforeEach(async () => {
  follower = await Follower.start();
});
afterEach(() => follower.stop());

describe("what is passed on", () => {
  it.each(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"])("%s, as it came", async (method) => {
    await follower.followScripted(echo);
    const body = Buffer.from(method === "GET" ? "" : `{"of":"${method}"}`);
    const headers = { "x-mine": "2", "content-length": String(body.length), connection: "close, x-private" };
    const answer = await follower.ask(method, "/k8s/clusters?a=%2F&b", { ...headers, "x-private": "1" }, body);
    expect(answer.status).toBe(207);
    expect(answer.headers).toMatchObject({ "x-own": "1", "set-cookie": ["a=1", "b=2"] });
    const seen = JSON.parse(answer.body);
    expect(seen).toMatchObject({ method, url: "/k8s/clusters?a=%2F&b", sha256: sha256(body) });
    expect(seen.headers).toMatchObject({ "x-mine": "2", "x-cke-forwarded-by": "self", "x-forwarded-for": "127.0.0.1" });
    expect(seen.headers.host).toBe(new URL(follower.leaders[0]?.url ?? "").host);
    expect(seen.headers["x-private"]).toBeUndefined();
  });

  it("HEAD, with the length of what is not sent", async () => {
    await follower.followScripted((_request, response) => response.writeHead(200, { "content-length": "12345" }).end());
    const answer = await follower.ask("HEAD", "/k8s/v1/clusters");
    expect(answer.headers["content-length"]).toBe("12345");
  });

  it("an upload without a length, and one while it is being made", async () => {
    await follower.followScripted(echo);
    const body = Buffer.alloc(6_000_000, "cke");
    const upload = new ReadableStream({
      async start(controller) {
        for (let at = 0; at < body.length; at += 500_000) {
          controller.enqueue(body.subarray(at, at + 500_000));
          await delay(1);
        }
        controller.close();
      },
    });
    const response = await fetch(`${follower.url}/k8s/v1/upload`, { method: "POST", body: upload, duplex: "half" });
    expect(await response.json()).toMatchObject({ sha256: sha256(body) });
  });

  it("a large download, and a range of it", async () => {
    const file = Buffer.alloc(20_000_000, "0123456789abcdef-");
    await follower.followScripted((request, response) => {
      const range = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "");
      if (range === null) response.end(file);
      else response.writeHead(206, { "content-range": "x" }).end(file.subarray(Number(range[1]), Number(range[2]) + 1));
    });
    const whole = await (await fetch(`${follower.url}/k8s/v1/file`)).bytes();
    expect(sha256(whole)).toBe(sha256(file));
    const part = await fetch(`${follower.url}/k8s/v1/file`, { headers: { range: "bytes=10-29" } });
    expect(part.status).toBe(206);
    expect(await part.text()).toBe(file.subarray(10, 30).toString());
  });

  it("an answer that comes bit by bit, as it comes", async () => {
    const more = Promise.withResolvers<void>();
    await follower.followScripted((_request, response) => {
      response.write("first");
      void more.promise.then(() => response.end("last"));
    });
    const response = await fetch(`${follower.url}/k8s/v1/watch`);
    const reader = response.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("first");
    more.resolve();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("last");
  });

  it("counts in the follower's own metrics", async () => {
    await follower.followScripted(echo);
    await fetch(`${follower.url}/k8s/v1/clusters`);
    const page = await (await fetch(`${follower.url}/metrics`)).text();
    expect(page).toContain('cke_http_requests_total{method="GET",route="/k8s/v1/clusters",status="207"} 1\n');
    expect(page).toContain("cke_http_request_seconds_count");
  });
});

describe("what is answered here", () => {
  it("what is about this process, and the executors", async () => {
    await follower.followScripted((_request, response) => response.writeHead(418).end());
    for (const path of ["/healthz", "/readyz", "/metrics", "/ver", "/stack", "/log", "/exec/cke-k8s-exec"]) {
      expect((await fetch(follower.url + path)).status, path).toBe(200);
    }
    expect(await (await fetch(`${follower.url}/readyz`)).json()).toEqual({
      status: "ok",
      standing: "follower",
      role: "follower",
      leader: follower.leaders[0]?.url,
      storage: "sqlite",
    });
  });

  it("an executor's content that this scheduler does not have is the leader's", async () => {
    const other = "f".repeat(64);
    await follower.followScripted((request, response) => response.end(`content of ${request.url}`));
    const own = sha256(executorBytes);
    const here = await fetch(`${follower.url}/exec/${own}/cke-k8s-exec`);
    expect(sha256(await here.bytes())).toBe(own);
    const there = await fetch(`${follower.url}/exec/${other}/cke-k8s-exec`);
    expect(await there.text()).toBe(`content of /exec/${other}/cke-k8s-exec`);
    const again = { headers: { "x-cke-forwarded-by": "other" } };
    expect((await fetch(`${follower.url}/exec/${other}/cke-k8s-exec`, again)).status).toBe(404);
  });

  it("nothing is passed on twice", async () => {
    const second = await Follower.start({ id: "second" });
    follower.follow(second.url);
    second.follow(follower.url);
    const answer = await follower.ask("GET", "/k8s/v1/clusters");
    await second.api.close();
    expect(answer.status).toBe(503);
    expect(answer.headers["retry-after"]).toBe("2");
    expect(JSON.parse(answer.body).code).toBe("not_leader");
  });

  it("a request for another host goes nowhere", async () => {
    await follower.followScripted(echo);
    const { port } = new URL(follower.url);
    const socket = connect(Number(port), "127.0.0.1");
    socket.end("GET http://example.com/k8s/v1/clusters HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const answer = (await bytesOf(socket)).toString();
    expect(answer).toMatch(/^HTTP\/1.1 503 .*"code":"not_leader"/s);
  });

  it("a former leader's memory: reads with the time of the loss, nothing else", async () => {
    await follower.api.service.create({ cluster_name: "my" });
    const memory = { service: follower.api.service, vms: noVms, sinceMs: Date.UTC(2030, 0, 2) };
    follower.api.setStanding({ kind: "follower", leader: undefined, lastLeader: undefined, memory });
    for (const path of ["", "/my", "/my/state", "/my/json"]) {
      const answer = await follower.ask("GET", `/k8s/clusters${path}`);
      expect(answer.status, path).toBe(200);
      expect(answer.headers["x-cke-stale-since"]).toBe("2030-01-02T00:00:00.000Z");
    }
    expect((await follower.ask("GET", "/k8s/clusters/my/adminToken")).status).toBe(503);
    const write = await follower.ask("DELETE", "/k8s/clusters/my");
    expect([write.status, write.headers["retry-after"]]).toEqual([503, "2"]);
  });
});

describe("with a real leader", () => {
  let real: Follower;
  beforeEach(async () => {
    real = await Follower.start();
    follower.follow(real.url);
  });
  afterEach(() => real.api.close());
  const body = (size: number) => Buffer.from(JSON.stringify({ cluster_name: "big", filler: "x".repeat(size) }));

  it("a body near the limit is taken, one above it is 413", async () => {
    const limit = 4 * 1024 * 1024;
    for (const encoding of [{}, { "transfer-encoding": "chunked" }]) {
      const large = await follower.ask(
        "POST",
        "/k8s/clusters",
        { "content-type": "application/json", ...encoding },
        body(limit),
      );
      expect(large, large.body).toMatchObject({ status: 413 });
      expect(JSON.parse(large.body).code).toBe("body_too_large");
    }
    const answer = await follower.ask(
      "POST",
      "/k8s/clusters",
      { "content-type": "application/json" },
      body(limit - 100),
    );
    expect(answer.status).toBe(201);
    expect(answer.headers.location).toBe("/k8s/v1/clusters/big");
    expect([...real.api.service.clusters.keys()]).toEqual(["big"]);
    expect(follower.api.service.clusters.size).toBe(0);
  });

  it("an alias, a 404, a 405 and a broken URL are the leader's answers", async () => {
    await real.api.service.create({ cluster_name: "my" });
    expect((await follower.ask("GET", "/k8s/clusrers/my/")).status).toBe(200);
    expect((await follower.ask("GET", "/k8s/clusters/other")).status).toBe(404);
    expect((await follower.ask("PUT", "/k8s/clusters/my")).headers.allow).toBe("DELETE, GET, HEAD, OPTIONS, PATCH");
    expect((await follower.ask("GET", "/nope")).status).toBe(404);
    expect((await follower.ask("GET", "/k8s/clusters/%zz")).status).toBe(400);
  });
});
