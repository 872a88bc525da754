import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { bytesOf, Follower, ScriptedLeader } from "../testing/follower-fixture.ts";

let follower: Follower;
let leader: ScriptedLeader;
let sockets: WebSocketServer;
/** Close codes and reasons that the leader saw. */
let closes: [number, string][];

beforeEach(async () => {
  closes = [];
  follower = await Follower.start();
  leader = await ScriptedLeader.start((_request, response) => response.writeHead(404).end('{"code":"none"}'));
  sockets = new WebSocketServer({ noServer: true });
  leader.server.on("upgrade", (request, socket, head) => {
    if (request.url === "/none") {
      socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\nX-Own: 1\r\n\r\nnone");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.on("message", (data, binary) => client.send(data, { binary }));
      client.on("close", (code, reason) => closes.push([code, reason.toString()]));
      client.send(JSON.stringify(request.headers));
    });
  });
  follower.follow(leader.url);
});
afterEach(async () => {
  await follower.api.close();
  for (const client of sockets.clients) client.terminate();
  await leader.stop();
});

/** A WebSocket through the follower, and the request's headers as the leader had them. */
async function open(protocols: readonly string[] = [], path = "/k8s/v1/clusters/my/logs") {
  const socket = new WebSocket(follower.url.replace("http", "ws") + path, [...protocols]);
  const [first] = await once(socket, "message");
  const headers: Record<string, string> = JSON.parse(String(first));
  return { socket, headers };
}
const atLeader = () => {
  const [client] = sockets.clients;
  if (client === undefined) throw new Error("no WebSocket at the leader");
  return client;
};

describe("a WebSocket through a follower", () => {
  it("is the leader's: frames of all kinds both ways, pings, and what was negotiated", async () => {
    const { socket, headers } = await open(["cke"]);
    expect(headers).toMatchObject({ "x-cke-forwarded-by": "self", host: new URL(leader.url).host });
    expect(socket.protocol).toBe("cke");
    const binary = Buffer.alloc(3_000_000, 7);
    socket.send(binary);
    const [back, isBinary] = await once(socket, "message");
    expect(isBinary).toBe(true);
    expect(Buffer.compare(Buffer.from(back), binary)).toBe(0);
    atLeader().ping("are you there");
    expect(String((await once(socket, "ping"))[0])).toBe("are you there");
    expect(String((await once(atLeader(), "pong"))[0])).toBe("are you there");
    socket.ping("and you");
    expect(String((await once(socket, "pong"))[0])).toBe("and you");
    socket.terminate();
  });

  it("close codes come through, from both sides", async () => {
    const { socket } = await open();
    socket.close(4001, "enough");
    const [code] = await once(socket, "close");
    expect(code).toBe(4001);
    await expect.poll(() => closes).toContainEqual([4001, "enough"]);
    const second = await open();
    atLeader().close(4002, "too slow");
    const [other, reason] = await once(second.socket, "close");
    expect([other, String(reason)]).toEqual([4002, "too slow"]);
  });

  it("a client that vanishes is gone at the leader too", async () => {
    const { socket } = await open();
    const closed = once(atLeader(), "close");
    socket.terminate();
    await closed;
    await expect.poll(() => closes).toContainEqual([1006, ""]);
  });

  it("a refusal of the leader is an ordinary answer", async () => {
    const socket = new WebSocket(`${follower.url.replace("http", "ws")}/none`);
    const [, response] = await once(socket, "unexpected-response");
    expect([response.statusCode, response.headers["x-own"]]).toEqual([404, "1"]);
    expect((await bytesOf(response)).toString()).toBe("none");
  });
});

describe("its end", () => {
  it("the leader dies: 1012", async () => {
    const { socket } = await open();
    const closed = once(socket, "close");
    leader.server.closeAllConnections();
    for (const client of sockets.clients) client.terminate();
    expect((await closed)[0]).toBe(1012);
  });

  it("the leader dies in the middle of a frame: the connection ends without a false one", async () => {
    const { socket } = await open();
    const closed = once(socket, "close");
    const rawOf = (one: WebSocket) => {
      const { _socket: raw } = Object.assign({ _socket: undefined }, one);
      expect(raw).toBeDefined();
      return raw as unknown as Socket;
    };
    const own = rawOf(socket);
    const before = own.bytesRead;
    // A text frame of 100 bytes, of which two are there.
    rawOf(atLeader()).write(Buffer.from([0x81, 100, 65, 66]));
    await expect.poll(() => own.bytesRead).toBe(before + 4);
    atLeader().terminate();
    expect((await closed)[0]).toBe(1006);
  });

  it("another scheduler leads while the old one stands still: 1012", async () => {
    const { socket } = await open();
    const closed = once(socket, "close");
    follower.leaderChanges();
    const [code, reason] = await closed;
    expect([code, String(reason)]).toEqual([1012, "another scheduler leads now"]);
  });

  it("the follower stops: 1001", async () => {
    const { socket } = await open();
    const closed = once(socket, "close");
    await follower.api.server.stop(2_000);
    expect((await closed)[0]).toBe(1001);
  });

  it("nobody leads, or the leader is not there: an answer to the handshake", async () => {
    const handshake = async () => {
      const socket = new WebSocket(`${follower.url.replace("http", "ws")}/k8s/v1/clusters/my/logs`);
      const [, response] = await once(socket, "unexpected-response");
      const { code } = JSON.parse((await bytesOf(response)).toString());
      return [response.statusCode, response.headers["retry-after"], code];
    };
    await leader.stop();
    expect(await handshake()).toEqual([502, "2", "leader_unreachable"]);
    follower.api.setStanding({ kind: "follower", leader: undefined, lastLeader: undefined, memory: undefined });
    expect(await handshake()).toEqual([503, "2", "not_leader"]);
  });

  it("a client that resets its handshake harms nobody", async () => {
    const { port } = new URL(follower.url);
    const socket = connect(Number(port), "127.0.0.1");
    await once(socket, "connect");
    socket.write(
      "GET /k8s/v1/clusters/my/logs HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    socket.resetAndDestroy();
    const { socket: good } = await open();
    good.terminate();
  });
});
