// Tunnels into a node, between the executor's client and a real wrapper.
import { once } from "node:events";
import type { Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { TunnelTarget } from "@cke/protocol";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { never, patience, StreamFixture } from "../testing/stream-fixture.ts";
import type { WrapperStreams } from "./wrapper-streams.ts";

let node: StreamFixture;
beforeAll(async () => {
  node = await StreamFixture.start();
});
afterEach(() => node.closeServers());
afterAll(() => node.dispose());

describe.each<[string, () => Pick<WrapperStreams, "tunnel">]>([
  ["a tunnel as bytes", () => node.streams],
  ["a tunnel through the call of earlier wrappers", () => node.earlier],
])("%s", (_name, streams) => {
  const everyByte = Buffer.alloc(4_000_001, Buffer.from(Array.from({ length: 251 }, (_, byte) => byte)));

  it("ends each direction by itself", async () => {
    const received = Promise.withResolvers<string>();
    const target = await node.listen((socket) => {
      socket.end("hello");
      let text = "";
      socket.on("data", (data) => {
        text += data;
      });
      socket.on("end", () => received.resolve(text));
    });
    const tunnel = await streams().tunnel(target, never);
    expect((await buffer(tunnel)).toString()).toBe("hello");
    tunnel.end("still here");
    expect(await received.promise).toBe("still here");
  });

  it("delivers what was written last, also when the far side has ended before and is slow", async () => {
    const whole = Promise.withResolvers<number>();
    const target = await node.listen((socket) => {
      socket.end();
      let bytes = 0;
      socket.on("data", (data) => {
        bytes += data.length;
        socket.pause();
        setImmediate(() => socket.resume());
      });
      socket.on("end", () => whole.resolve(bytes));
    });
    const tunnel = await streams().tunnel(target, never);
    expect((await buffer(tunnel)).length).toBe(0);
    tunnel.end(everyByte);
    expect(await whole.promise).toBe(everyByte.length);
  });

  it("carries every byte both ways", async () => {
    const tunnel = await streams().tunnel(await node.listen((socket) => socket.pipe(socket), "tcp"), never);
    const back = buffer(tunnel);
    tunnel.end(everyByte);
    expect((await back).equals(everyByte)).toBe(true);
  });

  it("tells when the connection breaks, while nothing is sent", async () => {
    const sockets: Socket[] = [];
    const tunnel = await streams().tunnel(await node.listen((socket) => sockets.push(socket), "tcp"), never);
    const output = buffer(tunnel);
    output.catch(() => {});
    await expect.poll(() => sockets.length).toBe(1);
    sockets[0]?.resetAndDestroy();
    await expect(output).rejects.toMatchObject({ kind: "unavailable" });
  });

  it.each(["its caller aborts", "it is destroyed"])("closes the connection when %s", async (how) => {
    const gone = Promise.withResolvers<void>();
    const target = await node.listen((socket) => {
      socket.on("close", () => gone.resolve());
      socket.on("end", () => socket.end());
      socket.write("x");
      socket.resume();
    });
    const ending = new AbortController();
    const tunnel = await streams().tunnel(target, ending.signal);
    tunnel.on("error", (error) => {
      failure = error;
    });
    let failure: unknown;
    await once(tunnel, "data");
    if (how === "its caller aborts") ending.abort();
    else tunnel.destroy();
    await gone.promise;
    await expect.poll(() => tunnel.closed, patience).toBe(true);
    if (how === "its caller aborts") expect(failure).toMatchObject({ kind: "cancelled" });
  });

  it.each([
    [{ kind: "tcpAddress" as const, value: "127.0.0.1:1" }, "unavailable"],
    [{ kind: "tcpAddress" as const, value: "nowhere" }, "invalid-argument"],
    [{ kind: "unixSocket" as const, value: "/nonexistent.sock" }, "unavailable"],
    [undefined, "invalid-argument"],
  ])("refuses %j", async (target, status) => {
    await expect(streams().tunnel(TunnelTarget.create({ target }), never)).rejects.toMatchObject({ kind: status });
  });
});
