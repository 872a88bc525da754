// Tunnels to TCP addresses and UNIX sockets, against a real wrapper.
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { type TunnelInputInit, type TunnelOutput, type TunnelTargetInit, wrapperService } from "@cke/protocol";
import type { ClientDuplexStream } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { refusalOf, WrapperFixture } from "../testing/wrapper-fixture.ts";

let wrapper: WrapperFixture;
const servers: Server[] = [];
beforeAll(async () => {
  wrapper = await WrapperFixture.start();
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});
afterAll(async () => {
  await wrapper.dispose();
});

class Tunnel {
  readonly call: ClientDuplexStream<TunnelInputInit, TunnelOutput>;
  readonly seen: string[] = [];
  readonly #chunks: Uint8Array[] = [];
  readonly over: Promise<string>;

  constructor(target: TunnelTargetInit["target"]) {
    this.call = wrapper.duplex(wrapperService.tunnel);
    const over = Promise.withResolvers<string>();
    this.over = over.promise;
    this.call.on("data", ({ output }: TunnelOutput) => {
      if (output?.kind === "data") this.#chunks.push(output.value);
      else if (output !== undefined) this.seen.push(output.kind);
    });
    this.call.on("error", (error) => over.resolve(refusalOf(error)));
    this.call.on("end", () => over.resolve("ended"));
    this.call.write({ input: { kind: "open", value: { target } } });
  }

  get data(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  send(data: string | Buffer): boolean {
    return this.call.write({ input: { kind: "data", value: Buffer.from(data) } });
  }

  end(): void {
    this.call.write({ input: { kind: "end", value: true } });
  }
}

async function listen(handle: (socket: Socket) => void, path?: string): Promise<string> {
  const server = createServer({ allowHalfOpen: true }, handle);
  servers.push(server);
  if (path === undefined) server.listen(0, "127.0.0.1");
  else server.listen(path);
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? `127.0.0.1:${address.port}` : (path ?? "");
}

describe("tunnel", () => {
  it("half-closes towards the server, which then still answers", async () => {
    const address = await listen((socket) => {
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk;
      });
      socket.on("end", () => socket.end(`got ${text}`));
    });
    const tunnel = new Tunnel({ kind: "tcpAddress", value: address });
    tunnel.send("a");
    tunnel.send("b");
    tunnel.end();
    expect(await tunnel.over).toBe("ended");
    expect(tunnel.data.toString()).toBe("got ab");
    expect(tunnel.seen).toEqual(["opened", "end"]);
  });

  it("half-closes towards the client, which can still send", async () => {
    const received = Promise.withResolvers<string>();
    const address = await listen((socket) => {
      socket.end("hello");
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk;
      });
      socket.on("end", () => received.resolve(text));
    });
    const tunnel = new Tunnel({ kind: "tcpAddress", value: address });
    await expect.poll(() => tunnel.seen).toEqual(["opened", "end"]);
    tunnel.send("still here");
    tunnel.end();
    expect(await received.promise).toBe("still here");
    expect(await tunnel.over).toBe("ended");
  });

  it("reaches UNIX sockets and carries much data with back-pressure", async () => {
    const path = join(wrapper.directory, "echo.sock");
    await listen((socket) => socket.pipe(socket), path);
    const tunnel = new Tunnel({ kind: "unixSocket", value: path });
    const total = 20 * 1024 * 1024;
    const chunk = Buffer.alloc(65_536, "0123456789abcdef");
    for (let sent = 0; sent < total; sent += chunk.length) {
      if (!tunnel.send(chunk)) await once(tunnel.call, "drain");
    }
    tunnel.end();
    expect(await tunnel.over).toBe("ended");
    expect(tunnel.data.length).toBe(total);
    expect(tunnel.data.subarray(0, 65_536).equals(chunk)).toBe(true);
  });

  it("does not read from the server what the client does not take", async () => {
    let written = 0;
    const address = await listen((socket) => {
      const chunk = Buffer.alloc(1024 * 1024);
      const write = () => {
        while (written < 200 && socket.write(chunk)) written += 1;
      };
      socket.on("drain", write);
      socket.on("error", () => {});
      write();
    });
    const tunnel = new Tunnel({ kind: "tcpAddress", value: address });
    await expect.poll(() => tunnel.seen).toEqual(["opened"]);
    tunnel.call.pause();
    let before = -1;
    while (before !== written) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(written).toBeLessThan(60);
    tunnel.call.cancel();
  });

  it("closes the connection when the client goes away", async () => {
    const closed = Promise.withResolvers<void>();
    const address = await listen((socket) => {
      socket.on("error", () => {});
      socket.on("close", () => closed.resolve());
      socket.on("end", () => socket.end());
      socket.resume();
    });
    const tunnel = new Tunnel({ kind: "tcpAddress", value: address });
    await expect.poll(() => tunnel.seen).toEqual(["opened"]);
    tunnel.call.cancel();
    await closed.promise;
  });

  it.each([
    [
      { kind: "tcpAddress" as const, value: "127.0.0.1:1" },
      "UNAVAILABLE: 127.0.0.1:1: connection refused (ECONNREFUSED)",
    ],
    [
      { kind: "unixSocket" as const, value: "/nonexistent.sock" },
      "UNAVAILABLE: /nonexistent.sock: no such file or directory (ENOENT)",
    ],
    [
      { kind: "tcpAddress" as const, value: "nowhere" },
      "INVALID_ARGUMENT: open.tcp_address: must be an address like 127.0.0.1:2379 or [::1]:2379",
    ],
    [
      { kind: "unixSocket" as const, value: "relative" },
      "INVALID_ARGUMENT: open.unix_socket: must be an absolute path",
    ],
    [undefined, "INVALID_ARGUMENT: open.target: is missing"],
  ])("refuses %j", async (target, words) => {
    expect(await new Tunnel(target).over).toBe(words);
  });
});
