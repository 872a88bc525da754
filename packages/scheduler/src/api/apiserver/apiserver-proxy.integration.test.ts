// A cluster's own API through the scheduler: real sockets from the client to TLS servers behind real channels, also by way of a
// follower.
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { connect as netConnect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket, connect as tlsConnect } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeMasters } from "../../kubernetes/access/testing/fake-masters.ts";
import { clusterKubeconfig } from "../../kubernetes/pki/kubeconfig.ts";
import { type ApiFixture, createApiFixture } from "../testing/api-fixture.ts";
import { bytesOf, Follower, sha256 } from "../testing/follower-fixture.ts";
import { closed, connected, upgraded } from "../testing/taken-connections.ts";

const base = "/k8s/v1/clusters/my/apiserver";
let world: FakeMasters;
let api: ApiFixture;
let port: number;
let follower: Follower | undefined;
let handle: (request: IncomingMessage, response: ServerResponse, master: string) => void;

beforeEach(async () => {
  world = await FakeMasters.start(["a", "b"], (master) => (request, response) => handle(request, response, master));
  api = await createApiFixture({ services: { masters: world.connections } });
  ({ port } = await api.server.listen("127.0.0.1:0"));
});
afterEach(async () => {
  await follower?.stop();
  follower = undefined;
  await api.close();
  await world.stop();
});

async function throughFollower(): Promise<number> {
  follower = await Follower.start();
  follower.follow(`http://127.0.0.1:${port}`);
  return Number(new URL(follower.url).port);
}

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer;
  readonly to?: number;
}

async function ask(path: string, { method = "GET", headers = {}, body, to = port }: Asked = {}) {
  const request = httpRequest({ host: "127.0.0.1", port: to, method, path, headers, agent: false });
  request.end(body);
  const [response]: IncomingMessage[] = await once(request, "response");
  if (response === undefined) throw new Error("no answer");
  return { status: response.statusCode, headers: response.headers, body: (await bytesOf(response)).toString() };
}

const tell = (request: IncomingMessage, response: ServerResponse) =>
  void bytesOf(request).then((body) => {
    const { method, url, headers, socket } = request;
    const certificate = socket instanceof TLSSocket && socket.getPeerCertificate().subject !== undefined;
    response.writeHead(201, "Made", { "content-type": "application/json", "x-own": "1" });
    response.end(JSON.stringify({ method, url, headers, certificate, size: body.length, sha256: sha256(body) }));
  });

describe.each([
  ["of the leader", async () => port],
  ["of a follower", throughFollower],
])("at the address %s", (_title, address) => {
  test("method, path, query and token go through as they are, and no rights are added", async () => {
    handle = tell;
    const path = "/api/v1/namespaces/a%2Fb//x/services/http:s:80/proxy/?watch=&fieldSelector=a%3Db,c=d&x=/../";
    const headers = { authorization: "Bearer of-the-caller", "content-type": "application/strategic-merge-patch+json" };
    const body = Buffer.from("{not json");
    const {
      status,
      headers: got,
      body: text,
    } = await ask(base + path, {
      method: "PATCH",
      headers,
      body,
      to: await address(),
    });
    expect([status, got["x-own"], got["content-security-policy"]]).toEqual([201, "1", "sandbox"]);
    expect(JSON.parse(text)).toMatchObject({ method: "PATCH", url: path, headers, certificate: false, size: 9 });
  });

  test("a body may be large, of any type and slow, and so may an answer", async () => {
    handle = tell;
    const body = Buffer.alloc(12 * 1024 * 1024, "large");
    const answer = await ask(`${base}/upload`, {
      method: "POST",
      headers: { "content-type": "text/plain" },
      body,
      to: await address(),
    });
    expect(JSON.parse(answer.body)).toMatchObject({ size: body.length, sha256: sha256(body) });
    handle = (_request, response) => void response.end(body);
    expect(sha256(Buffer.from((await ask(`${base}/download`)).body))).toBe(sha256(body));
  });

  test("a watch gives each event at once, and ends at the API server when its client goes", async () => {
    const ended = Promise.withResolvers<void>();
    let send = (_text: string) => {};
    handle = (_request, response) => {
      response.flushHeaders();
      send = (text) => void response.write(text);
      response.once("close", () => ended.resolve());
    };
    const path = `${base}/api/v1/pods?watch=true`;
    const request = httpRequest({ host: "127.0.0.1", port: await address(), path, agent: false }).end();
    const [answer]: IncomingMessage[] = await once(request, "response");
    for (const event of ["one\n", "two\n"]) {
      send(event);
      expect(String((await once(answer ?? request, "data"))[0])).toBe(event);
    }
    request.destroy();
    await ended.promise;
  });

  test.each([
    ["GET", "websocket"],
    ["POST", "SPDY/3.1"],
  ])("%s with Upgrade: %s becomes a connection of bytes, and ends with either end", async (method, protocol) => {
    const server = Promise.withResolvers<Duplex>();
    for (const { server: master } of world.masters.values())
      master.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
        const asked = `${request.method} ${request.url} ${request.headers.upgrade} ${request.headers.authorization} ${request.headers.origin}`;
        socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${protocol}\r\nConnection: Upgrade\r\n\r\n${asked}`);
        socket.on("error", () => {});
        socket.on("data", (bytes: Buffer) => socket.write(`again ${bytes.toString()}`));
        server.resolve(socket);
      });
    const path = `${base}/api/v1/namespaces/d/pods/p/exec?command=sh&stdin=true`;
    const headers = { connection: "Upgrade", upgrade: protocol, authorization: "Bearer t", "content-length": "0" };
    const request = httpRequest({
      host: "127.0.0.1",
      port: await address(),
      method,
      path,
      headers,
      agent: false,
    }).end();
    const [answer, socket, head]: [IncomingMessage, Socket, Buffer] = await upgraded(request);
    expect([answer.statusCode, answer.headers.upgrade]).toEqual([101, protocol]);
    const first = head.length > 0 ? head : (await once(socket, "data"))[0];
    // A watch over a WebSocket needs an origin.
    const origin = protocol === "websocket" ? "https://localhost" : "undefined";
    expect(String(first)).toBe(`${method} ${path.slice(base.length)} ${protocol} Bearer t ${origin}`);
    socket.write("hello");
    expect(String((await once(socket, "data"))[0])).toBe("again hello");
    (await server.promise).destroy();
    await closed(socket);
  });

  test("an upgrade that the API server refuses is answered with its own words", async () => {
    handle = (_request, response) => void response.writeHead(403, { "x-own": "1" }).end("forbidden");
    const headers = { connection: "Upgrade", upgrade: "websocket" };
    const { status, headers: got, body } = await ask(`${base}/x`, { headers, to: await address() });
    expect([status, got["x-own"], body]).toEqual([403, "1", "forbidden"]);
  });

  test("CONNECT is a tunnel in which the client speaks TLS with the API server, with its own certificate", async () => {
    handle = tell;
    const request = httpRequest({
      host: "127.0.0.1",
      port: await address(),
      method: "CONNECT",
      path: "my.cke.internal:6443",
      agent: false,
    }).end();
    const [answer, socket]: [IncomingMessage, Socket] = await connected(request);
    expect(answer.statusCode).toBe(200);
    const { users } = JSON.parse(clusterKubeconfig(world.authorities, { server: "" }));
    const user: Record<string, string> = users[0].user;
    const text = (name: string) => Buffer.from(user[name] ?? "", "base64").toString();
    const secure = tlsConnect({
      socket,
      ca: world.authorities.kubernetes.certificate,
      servername: "localhost",
      cert: text("client-certificate-data"),
      key: text("client-key-data"),
    });
    secure.write("GET /inside HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    const answered = (await bytesOf(secure)).toString();
    expect(answered).toContain('"url":"/inside"');
    expect(answered).toContain('"certificate":true');
    await closed(socket);
  });
});

test("the other forms of the path lead there too, and the cluster's root is /", async () => {
  handle = tell;
  for (const path of ["/k8s/clusters/my/apiserver", "/k8s/v1/clusrers/my/apiserver/", base, `${base}?a=b`]) {
    const url = path.endsWith("?a=b") ? "/?a=b" : "/";
    expect(JSON.parse((await ask(path)).body)).toMatchObject({ url, method: "GET" });
  }
  expect((await ask("/k8s/v1/clusters/my/apiserverx")).status).toBe(404);
});

test("a foreign page or host gets nothing", async () => {
  handle = tell;
  expect((await ask(`${base}/x`, { headers: { host: "evil.example" } })).status).toBe(421);
  expect((await ask(`${base}/x`, { headers: { origin: "http://evil.example" } })).status).toBe(403);
});

test("an unknown cluster is 404, in the words of this API and in those of Kubernetes", async () => {
  const { status, body } = await ask("/k8s/v1/clusters/other/apiserver/api");
  expect(status).toBe(404);
  expect(JSON.parse(body)).toMatchObject({
    kind: "Status",
    status: "Failure",
    reason: "NotFound",
    code: 404,
    message: expect.stringContaining('"other"'),
    error: expect.stringContaining('"other"'),
  });
});

test("another place is no place for CONNECT", async () => {
  const request = httpRequest({ host: "127.0.0.1", port, method: "CONNECT", path: "example.org:443", agent: false });
  request.end();
  const [answer, socket]: [IncomingMessage, Socket] = await connected(request);
  expect(answer.statusCode).toBe(403);
  socket.destroy();
});

test("an answer that breaks off is cut off, so that it does not look whole", async () => {
  handle = (_request, response, master) => {
    response.write("half");
    setImmediate(() => world.masters.get(master)?.die());
  };
  await expect(ask(`${base}/x`)).rejects.toThrow(/aborted|ECONNRESET/);
});

test("the end of the server ends what is no HTTP any more", async () => {
  for (const { server } of world.masters.values())
    server.on("upgrade", (_request: IncomingMessage, socket: Duplex) => {
      socket.on("error", () => {});
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: SPDY/3.1\r\nConnection: Upgrade\r\n\r\n");
    });
  const headers = { connection: "Upgrade", upgrade: "SPDY/3.1" };
  const request = httpRequest({ host: "127.0.0.1", port, path: `${base}/x`, headers, agent: false }).end();
  const [, socket] = await upgraded(request);
  const started = performance.now();
  await api.server.stop(100_000);
  await closed(socket);
  expect(performance.now() - started).toBeLessThan(50_000);
});

test("a body of this API that does not come is 408; one for a cluster may take its time", async () => {
  handle = tell;
  const slow = await createApiFixture({ services: { masters: world.connections }, bodyMs: 50 });
  const bound = await slow.server.listen("127.0.0.1:0");
  const begin = (path: string) => {
    const socket = netConnect(bound.port, "127.0.0.1");
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{`,
    );
    return socket;
  };
  const cluster = begin(`${base}/x`);
  expect((await bytesOf(begin("/k8s/v1/clusters"))).toString()).toMatch(/^HTTP\/1.1 408 .*body_too_slow/s);
  cluster.write("}");
  expect(String((await once(cluster, "data"))[0])).toContain("201 Made");
  cluster.destroy();
  await slow.close();
});
