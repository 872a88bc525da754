// Requests that foreign web pages can send, over real sockets: by DNS rebinding (their name in Host), from their own origin (their
// name in Origin), and without a preflight (forms, text/plain). All other clients must still get answers.
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { bytesOf, Follower } from "./testing/follower-fixture.ts";

let leader: Follower;
let follower: Follower;
beforeEach(async () => {
  leader = await Follower.start({ id: "leader" });
  await leader.api.service.create({ cluster_name: "my" });
  follower = await Follower.start({ id: "follower" });
  follower.follow(leader.url);
});
afterEach(async () => {
  await follower.api.close();
  await leader.api.close();
});

const json = { "content-type": "application/json" };
const evil = "rebound.attacker.example:8512";
const port = (of: Follower) => new URL(of.url).port;

async function ask(of: Follower, method: string, path: string, headers: Record<string, string> = {}, body = "") {
  const request = httpRequest(`${of.url}${path}`, { method, headers });
  request.end(body);
  const [response]: IncomingMessage[] = await once(request, "response");
  if (response === undefined) throw new Error("no answer");
  return { status: response.statusCode, headers: response.headers, body: (await bytesOf(response)).toString() };
}

/** The status of a WebSocket's handshake. */
async function handshake(of: Follower, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(`${of.url.replace("http", "ws")}/k8s/v1/clusters/my/logs`, { headers });
  return await new Promise<number>((resolve, reject) => {
    socket.on("unexpected-response", (_request, response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    socket.on("open", () => {
      socket.terminate();
      resolve(101);
    });
    socket.on("error", reject);
  });
}

describe.each(["leader", "follower"] as const)("at a %s", (which) => {
  const at = () => (which === "leader" ? leader : follower);

  it.each([
    ["GET", "/k8s/v1/clusters/my/adminToken"],
    ["GET", "/k8s/v1/clusters/my/kubeconfig"],
    ["GET", "/k8s/clusters"],
    ["HEAD", "/k8s/clusters"],
    ["GET", "/ver"],
    ["GET", "/readyz"],
    ["GET", "/metrics"],
    ["GET", "/exec/cke-k8s-exec"],
    ["GET", "/nowhere"],
    ["PUT", "/k8s/clusters"],
    ["OPTIONS", "/k8s/clusters"],
    ["POST", "/k8s/v1/clusters"],
    ["POST", "/log"],
    ["DELETE", "/k8s/v1/clusters/my"],
  ])("%s %s under a stranger's name is 421, by a stranger's page 403", async (method, path) => {
    const rebound = await ask(at(), method, path, { ...json, host: evil });
    expect(rebound.status).toBe(421);
    if (method !== "HEAD") {
      expect(rebound.body).toContain("-allowed_hosts");
      expect(rebound.body).not.toContain("token-of");
    }
    for (const origin of ["http://attacker.example", "null"])
      expect((await ask(at(), method, path, { ...json, origin })).status).toBe(403);
    expect(leader.api.service.clusters.size).toBe(1);
  });

  it("a WebSocket under a stranger's name is 421, by a stranger's page 403, by the API's own page there", async () => {
    expect(await handshake(at(), { host: evil })).toBe(421);
    expect(await handshake(at(), { origin: "http://attacker.example" })).toBe(403);
    expect(await handshake(at(), { origin: at().url })).toBe(101);
    expect(await handshake(at(), {})).toBe(101);
  });

  it("its own addresses, -allowed_hosts and pages from there get answers", async () => {
    const body = (name: string) => JSON.stringify({ cluster_name: name });
    for (const host of [`localhost:${port(at())}`, "10.0.0.5:8512", "cke.example"])
      expect((await ask(at(), "GET", "/k8s/v1/clusters/my/adminToken", { host })).status, host).toBe(200);
    const own = { ...json, origin: at().url };
    expect((await ask(at(), "POST", "/k8s/v1/clusters", own, body("a"))).status).toBe(201);
    const balanced = { ...json, host: "cke.example", origin: "https://cke.example" };
    expect((await ask(at(), "POST", "/k8s/v1/clusters", balanced, body("b"))).status).toBe(201);
    expect((await ask(at(), "DELETE", "/k8s/v1/clusters/b", balanced)).status).toBe(202);
  });

  it("the log tells of each name that is refused once, and of no more than it should", async () => {
    const told = () => at().api.logLines.filter((line) => line.includes("-allowed_hosts"));
    for (const host of [evil, evil, "other.example"]) await ask(at(), "GET", "/ver", { host });
    expect(told().map((line) => JSON.parse(line))).toEqual(
      [evil, "other.example"].map((host) => expect.objectContaining({ level: "warning", host, from: "127.0.0.1" })),
    );
    for (let index = 0; index < 40; index += 1) await ask(at(), "GET", "/ver", { host: `h${index}.example` });
    expect(told()).toHaveLength(20);
  });

  it("a probe in HTTP/1.0 without Host gets an answer", async () => {
    const socket = connect(Number(port(at())), "127.0.0.1");
    socket.end("GET /healthz HTTP/1.0\r\n\r\n");
    expect((await bytesOf(socket)).toString()).toMatch(/^HTTP\/1\.[01] 200 /);
  });

  it.each([
    "text/plain",
    "text/plain;charset=UTF-8",
    "text/plain; application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "application/jsonp",
    undefined,
  ])("a body of the type %s is 415", async (type) => {
    const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
    const length = { "content-length": "23" };
    for (const path of ["/k8s/v1/clusters", "/k8s/v1/clusters/my/plan/pause", "/log"]) {
      const answer = await ask(at(), "POST", path, { ...headers, ...length }, '{"cluster_name":"evil"}');
      expect(answer.status, path).toBe(415);
      expect(answer.body).toContain("Content-Type: application/json");
    }
    expect(leader.api.service.clusters.size).toBe(1);
  });

  it.each([
    "application/json",
    "Application/JSON; charset=utf-8",
    "application/merge-patch+json",
    "application/vnd.cke.v1+json ; charset=utf-8",
  ])("a body of the type %s is taken", async (type) => {
    const answer = await ask(at(), "POST", "/k8s/v1/clusters", { "content-type": type }, '{"cluster_name":"new"}');
    expect(answer.status).toBe(201);
  });

  it("what needs no body needs no type", async () => {
    expect((await ask(at(), "POST", "/k8s/v1/clusters/my/plan/pause")).status).toBe(202);
  });

  it("answers may not be embedded in pages of others", async () => {
    const { headers } = await ask(at(), "GET", "/k8s/v1/clusters/my/kubeconfig");
    expect(headers).toMatchObject({
      "cross-origin-resource-policy": "same-origin",
      "x-content-type-options": "nosniff",
    });
  });
});
