// Requests to real TLS servers behind real channels: the client with all rights, and its connections.
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ClusterUnreachableError, KubernetesApiError } from "./access-errors.ts";
import { MasterClient } from "./kubernetes-client.ts";
import { FakeMasters } from "./testing/fake-masters.ts";

const never = new AbortController().signal;
let asked: string[];
let answer: (master: string, request: IncomingMessage, response: ServerResponse) => void;
let world: FakeMasters;
let client: MasterClient;

const listener =
  (master: string): RequestListener =>
  (request, response) => {
    asked.push(`${master} ${request.method} ${request.url}`);
    answer(master, request, response);
  };

async function start(names: readonly string[], options: Parameters<typeof FakeMasters.start>[2] = {}): Promise<void> {
  world = await FakeMasters.start(names, listener, options);
  client = new MasterClient(world.connections);
}

const json = (response: ServerResponse, value: unknown, status = 200) =>
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));

function subjectOf(request: IncomingMessage): string {
  const peer = request.socket instanceof TLSSocket ? request.socket.getPeerCertificate() : undefined;
  return peer?.subject === undefined ? "nobody" : `${peer.subject.O} ${peer.subject.CN}`;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += String(chunk);
  return text;
}

beforeEach(() => {
  asked = [];
  answer = (master, _request, response) => void json(response, { master });
});
afterEach(async () => await world.stop());

describe("a request", () => {
  test("has all rights by a client certificate of the cluster's authority, and JSON goes both ways", async () => {
    await start(["a"]);
    answer = async (_master, request, response) => {
      const authorized = request.socket instanceof TLSSocket && request.socket.authorized;
      const { "content-type": type } = request.headers;
      json(response, { subject: subjectOf(request), authorized, type, body: JSON.parse(await bodyOf(request)) }, 201);
    };
    const body = { metadata: { name: "x" } };
    expect(
      await client.request("my", { method: "PATCH", path: "/api/v1/nodes/x?a=b", body, contentType: "x/json" }),
    ).toEqual({ subject: "system:masters cke-scheduler", authorized: true, type: "x/json", body });
    expect(asked).toEqual(["a PATCH /api/v1/nodes/x?a=b"]);
  });

  test("uses a connection again", async () => {
    await start(["a"]);
    const ports = new Set<unknown>();
    answer = (_master, request, response) => {
      ports.add(request.socket.remotePort);
      json(response, {});
    };
    for (let count = 0; count < 5; count += 1) await client.request("my", { method: "GET", path: "/" });
    expect(ports.size).toBe(1);
  });

  test("leaves no connection behind when it has been idle", async () => {
    await start(["a"], { idleMs: 50 });
    await client.request("my", { method: "GET", path: "/" });
    const open = () =>
      new Promise((resolve) => world.masters.get("a")?.server.getConnections((_error, count) => resolve(count)));
    await expect.poll(open).toBe(0);
    expect(await client.request("my", { method: "GET", path: "/" })).toEqual({ master: "a" });
  });

  test("that is refused says why, with Kubernetes' word for it", async () => {
    await start(["a"]);
    answer = (_master, _request, response) =>
      void json(response, { kind: "Status", reason: "NotFound", message: 'nodes "x" not found' }, 404);
    const error: unknown = await client.request("my", { method: "GET", path: "/x" }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(KubernetesApiError);
    expect(error).toMatchObject({ status: 404, reason: "NotFound", retryable: false });
    expect(String(error)).toContain('the API server of cluster "my" answers 404 NotFound: nodes "x" not found');
  });

  test("gets undefined for an empty answer, and an error for one that is no JSON", async () => {
    await start(["a"]);
    answer = (_master, { url }, response) => void response.end(url === "/empty" ? "" : "ok");
    expect(await client.request("my", { method: "DELETE", path: "/empty" })).toBeUndefined();
    await expect(client.request("my", { method: "GET", path: "/text" })).rejects.toMatchObject({ reason: "NotJson" });
  });

  test("ends by its own time, and by its signal", async () => {
    await start(["a"]);
    // The connection is there, so that nothing but the answer is waited for.
    await client.request("my", { method: "GET", path: "/" });
    answer = () => {};
    const late = client.request("my", { method: "POST", path: "/", timeoutMs: 1_000 });
    await expect(late).rejects.toThrow("no answer within 1 s; whether it was done is not known");
    const gone = new AbortController();
    const waits = client.request("my", { method: "GET", path: "/", signal: gone.signal });
    gone.abort(new Error("gone"));
    await expect(waits).rejects.toThrow("gone");
  });

  test("to a cluster that is not there is 404", async () => {
    await start(["a"]);
    await expect(client.request("other", { method: "GET", path: "/" })).rejects.toMatchObject({ status: 404 });
  });
});

/** So that a slow machine asks no second master beside the first one. */
const patient = { staggerMs: 600_000, attemptMs: 600_000 };

describe("with several masters", () => {
  test("the next one is taken when one is dead, and the dead one is not asked again at once", async () => {
    await start(["a", "b", "c"]);
    world.masters.get("a")?.die();
    expect(await client.request("my", { method: "GET", path: "/1" })).toEqual({ master: "b" });
    expect(await client.request("my", { method: "GET", path: "/2" })).toEqual({ master: "b" });
    expect(asked).toEqual(["b GET /1", "b GET /2"]);
  });

  test("a master that dies while it is asked: a GET is asked of the next one, and nothing else is asked twice", async () => {
    await start(["a", "b"]);
    answer = (master, _request, response) => {
      if (master === "a") world.masters.get("a")?.die();
      else json(response, { master });
    };
    expect(await client.request("my", { method: "GET", path: "/" })).toEqual({ master: "b" });
    answer = () => world.masters.get("b")?.die();
    const error: unknown = await client.request("my", { method: "POST", path: "/" }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ClusterUnreachableError);
    expect(error).toMatchObject({ perhapsDone: true, retryable: true });
    expect(asked.filter((line) => line.includes("POST"))).toEqual(["b POST /"]);
  });

  test("a master that is to leave is not asked any more, and what it does not answer is asked of another one", async () => {
    await start(["a", "b"], patient);
    expect(await client.request("my", { method: "GET", path: "/kept" })).toEqual({ master: "a" });
    // Its etcd has left the others: its API server takes requests and answers none.
    const hung = Promise.withResolvers<void>();
    answer = (master, _request, response) => {
      if (master === "a") hung.resolve();
      else json(response, { master });
    };
    const hangs = client.request("my", { method: "GET", path: "/hangs" });
    await hung.promise;
    world.leave("a");
    expect(await hangs).toEqual({ master: "b" });
    expect(await client.request("my", { method: "GET", path: "/next" })).toEqual({ master: "b" });
    expect(asked).toEqual(["a GET /kept", "a GET /hangs", "b GET /hangs", "b GET /next"]);
  });

  test("a connection that is kept to a master which is to leave is not used again", async () => {
    await start(["a", "b"], patient);
    expect(await client.request("my", { method: "GET", path: "/" })).toEqual({ master: "a" });
    world.leave("a");
    expect(await client.request("my", { method: "POST", path: "/" })).toEqual({ master: "b" });
  });

  test("an executor that says nothing is not waited for", async () => {
    await start(["a", "b"], {
      staggerMs: 20,
      openChannel: async (_cluster, node, signal) => {
        if (node === "a") return await new Promise(() => {});
        return await (world.masters.get(node)?.pair.open(signal) ?? Promise.reject(new Error("none")));
      },
    });
    expect(await client.request("my", { method: "GET", path: "/" })).toEqual({ master: "b" });
  });

  test("none answers: every reason is told", async () => {
    await start(["a", "b"]);
    for (const master of world.masters.values()) master.die();
    const error: unknown = await client.request("my", { method: "GET", path: "/" }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ClusterUnreachableError);
    expect(error).toMatchObject({ perhapsDone: false });
    expect(String(error)).toMatch(/master "a": .*ECONNREFUSED.*; master "b": .*ECONNREFUSED/);
  });
});

describe("a connection of one's own", () => {
  test("to one master, of a caller without a certificate", async () => {
    await start(["a", "b"]);
    answer = (master, request, response) => void response.end(`${master} ${subjectOf(request)}`);
    const target = { cluster: "my", service: "apiserver", identity: "caller", master: "b" } as const;
    const connection = await world.connections.connect(target, never);
    connection.end("GET / HTTP/1.0\r\n\r\n");
    let text = "";
    for await (const chunk of connection.setEncoding("utf8")) text += String(chunk);
    expect(text).toMatch(/\r\n\r\nb nobody$/);
  });

  test("a server of another authority is not spoken to", async () => {
    await start(["a"]);
    const target = { cluster: "my", service: "etcd", identity: "cke" } as const;
    await expect(world.connections.connect(target, never)).rejects.toThrow(/master "a": .*certificate/);
  });

  test("ends with the term", async () => {
    await start(["a"]);
    const target = { cluster: "my", service: "apiserver", identity: "cke" } as const;
    await world.connections.connect(target, never);
    world.connections.stop();
    await expect(world.connections.connect(target, never)).rejects.toMatchObject({ code: "not_leader" });
  });
});
