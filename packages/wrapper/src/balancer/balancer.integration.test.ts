// The balancer over real sockets: https servers that die, freeze, come back, and a client that only knows one address.
import { execFileSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttpsServer, type Server } from "node:https";
import { createServer, connect as netConnect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { connect } from "node:tls";
import { silentLogger } from "@cke/foundation";
import { type Clock, systemClock } from "@cke/foundation/clock";
import { type SetBalancerRequestInit, wrapperService } from "@cke/protocol";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WrapperFixture } from "../testing/wrapper-fixture.ts";
import { parseAddress } from "../validation/network-address.ts";
import { Balancer } from "./balancer.ts";

let cert: Buffer;
let key: Buffer;
const directory = mkdtempSync(join(tmpdir(), "cke-balancer-"));
beforeAll(() => {
  const files = ["-keyout", join(directory, "key"), "-out", join(directory, "crt")];
  const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x"];
  execFileSync("openssl", [...args, ...files], { stdio: "ignore" });
  cert = readFileSync(join(directory, "crt"));
  key = readFileSync(join(directory, "key"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A master: it says its name on every connection that is no request. */
class Master {
  readonly name: string;
  status = 200;
  checks = 0;
  /** False: it ends each connection after its answer. */
  keeps = true;
  readonly #sockets = new Set<Duplex>();
  #server: Server | undefined;
  port = 0;

  constructor(name: string) {
    this.name = name;
  }

  async start(port = this.port): Promise<void> {
    const server = createHttpsServer({ cert, key }, (request, response) => {
      if (request.url === "/readyz") {
        this.checks += 1;
        response.shouldKeepAlive = this.keeps;
        response.writeHead(this.status).end("ok");
      } else {
        response.flushHeaders();
        response.write(this.name);
      }
    });
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    this.#server = server;
    await once(server.listen(port, "127.0.0.1"), "listening");
    const bound = server.address();
    this.port = typeof bound === "object" && bound !== null ? bound.port : 0;
  }

  /** As a container that is killed: the kernel closes its sockets. */
  kill(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get connections(): number {
    return this.#sockets.size;
  }
}

let masters: readonly [Master, Master, Master];
let balancer: Balancer;
let listen: string;
const clients: Socket[] = [];
/** Of the balancer. */
let sleeps = 0;

const addressOf = (text: string) => parseAddress(text) ?? { host: "", port: 0 };

/** A connection through the balancer, and the name of the master that it leads to; undefined when it was closed. */
async function dial(): Promise<{ readonly socket: Socket; readonly master: string | undefined }> {
  const socket = connect({ ...addressOf(listen), rejectUnauthorized: false });
  clients.push(socket);
  socket.on("error", () => {});
  socket.write("GET /watch HTTP/1.1\r\nhost: x\r\n\r\n");
  let text = "";
  const master = await new Promise<string | undefined>((resolve) => {
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const name = /\bmaster-\d/.exec(text)?.[0];
      if (name !== undefined) resolve(name);
    });
    socket.once("close", () => resolve(undefined));
  });
  return { socket, master };
}

const states = () => balancer.targets.map(({ state }) => state.kind).join(" ");
const set = (...targets: readonly Master[]) =>
  balancer.set({ listen, targets: targets.map(({ address }) => address), healthPath: "/readyz" });

beforeEach(async () => {
  masters = [new Master("master-0"), new Master("master-1"), new Master("master-2")];
  for (const master of masters) await master.start();
  // Masters, balancer and clients are one process: a busy machine must not make them doubtful.
  const times = { checkMs: 100, answerMs: 5_000 };
  const sleep: Clock["sleep"] = (ms, signal) => {
    sleeps += 1;
    return systemClock.sleep(ms, signal);
  };
  balancer = new Balancer({ clock: { ...systemClock, sleep }, logger: silentLogger, times });
  // An address of its own: no other program has the port there.
  listen = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}:6444`;
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await balancer.close();
  for (const master of masters) master.kill();
});

test("connections are spread over the masters that are up, and none waits for a check", async () => {
  await set(...masters);
  expect((await dial()).master).toBe("master-0");
  await expect.poll(states).toBe("up up up");
  const names = await Promise.all([dial(), dial(), dial(), dial(), dial()]);
  expect(new Set(names.map(({ master }) => master)).size).toBe(3);
});

test("a master that dies: its connections are closed, new ones go elsewhere at once, and it is used again when it is back", async () => {
  await set(...masters);
  await expect.poll(states).toBe("up up up");
  const open = await Promise.all([dial(), dial(), dial()]);
  const victim = open.find(({ master }) => master === "master-1");
  masters[1].kill();
  if (victim !== undefined && !victim.socket.closed) await once(victim.socket, "close");
  const names = await Promise.all(Array.from({ length: 6 }, dial));
  expect(names.map(({ master }) => master)).not.toContain("master-1");
  expect(names.every(({ master }) => master !== undefined)).toBe(true);
  await expect.poll(states).toBe("up down up");
  expect(open.filter(({ socket }) => !socket.closed)).toHaveLength(2);
  await masters[1].start();
  await expect.poll(states).toBe("up up up");
  expect((await dial()).master).toBe("master-1");
});

test("a master that is not ready gets no new connection while another one is, and keeps those that it has", async () => {
  await set(masters[0], masters[1]);
  await expect.poll(states).toBe("up up");
  const before = await dial();
  masters[0].status = 500;
  await expect.poll(states).toBe("doubtful up");
  const names = await Promise.all([dial(), dial(), dial()]);
  expect(new Set(names.map(({ master }) => master))).toEqual(new Set(["master-1"]));
  expect(before.socket.closed).toBe(false);
  masters[1].kill();
  await expect.poll(states).toBe("doubtful down");
  expect((await dial()).master).toBe("master-0");
});

test("a master that is frozen, or whose host is gone: its connections are closed after a few checks", async () => {
  const { address, freeze, stop } = await freezable(masters[0].port);
  await balancer.set({ listen, targets: [address, masters[1].address], healthPath: "/readyz" });
  await expect.poll(states).toBe("up up");
  const frozen = await dial();
  expect(frozen.master).toBe("master-0");
  freeze();
  await once(frozen.socket, "close");
  expect(states()).toBe("down up");
  expect((await dial()).master).toBe("master-1");
  await stop();
});

test("the list changes while connections are open: those to a master that has gone end, the others stay", async () => {
  await set(masters[0], masters[1]);
  await expect.poll(states).toBe("up up");
  const [first, second] = [await dial(), await dial()];
  await set(masters[1], masters[2]);
  await once(first.socket, "close");
  expect([first.master, second.master, second.socket.closed]).toEqual(["master-0", "master-1", false]);
  await expect.poll(states).toBe("up up");
  expect((await dial()).master).toBe("master-2");
});

test("no master at all: connections are closed and not left waiting, until there is one", async () => {
  await set();
  expect((await dial()).master).toBeUndefined();
  for (const master of masters) master.kill();
  await set(...masters);
  expect((await dial()).master).toBeUndefined();
  await masters[2].start();
  await expect.poll(async () => (await dial()).master).toBe("master-2");
});

test("a port that is taken is an error that names it, and another one may be tried", async () => {
  const other = createServer();
  await once(other.listen(addressOf(listen)), "listening");
  await expect(set(masters[0])).rejects.toThrow(`cannot listen at ${listen}`);
  await new Promise((resolve) => other.close(resolve));
  await set(masters[0]);
  expect((await dial()).master).toBe("master-0");
});

test("checks share one connection, and end with the balancer", async () => {
  await set(masters[0]);
  await expect.poll(() => masters[0].checks).toBeGreaterThan(5);
  expect(masters[0].connections).toBe(1);
  await balancer.close();
  await expect.poll(() => masters[0].connections).toBe(0);
});

/** A way to a port that can stop to let anything through, without closing a connection. */
async function freezable(port: number) {
  const sockets: Socket[] = [];
  let frozen = false;
  const server = createServer((near) => {
    sockets.push(near);
    near.on("error", () => {});
    if (frozen) return;
    const far = netConnect(port, "127.0.0.1");
    sockets.push(far);
    far.on("error", () => {});
    near.pipe(far).pipe(near);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const bound = server.address();
  return {
    address: `127.0.0.1:${typeof bound === "object" && bound !== null ? bound.port : 0}`,
    freeze: () => {
      frozen = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test.each([
  ["is dead", () => masters[0].kill()],
  [
    "ends every connection",
    () => {
      masters[0].keeps = false;
    },
  ],
])("a server that %s is not asked all the time", async (_title, happens) => {
  await set(masters[0]);
  await expect.poll(states).toBe("up");
  happens();
  const began = performance.now();
  const before = sleeps;
  // Two for each check.
  await expect.poll(() => sleeps).toBeGreaterThan(before + 8);
  expect((performance.now() - began) / ((sleeps - before) / 2)).toBeGreaterThan(50);
});

describe("the wrapper", () => {
  let wrapper: WrapperFixture;
  beforeEach(async () => {
    wrapper = await WrapperFixture.start();
  });
  afterEach(async () => await wrapper.dispose());

  test("sets it over its socket, refuses what is no address of the node, and closes it when it stops", async () => {
    const ask = (more: SetBalancerRequestInit) => {
      const asked = { listen, targets: masters.map(({ address }) => address), healthPath: "/readyz", ...more };
      return wrapper.call(wrapperService.setBalancer, asked);
    };
    await expect(ask({ listen: "0.0.0.0:6444" })).rejects.toThrow(/INVALID_ARGUMENT: listen: must be a loopback/);
    const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${wrapper.child.pid}/status`, "utf8"))?.[1]);
    const before = memory();
    const first = await ask({});
    expect(first.targets.map(({ address }) => address)).toEqual(masters.map(({ address }) => address));
    await expect.poll(async () => (await ask({})).targets.map(({ state }) => state)).toEqual(["up", "up", "up"]);
    const open = await Promise.all(Array.from({ length: 9 }, dial));
    expect(open.every(({ master }) => master !== undefined)).toBe(true);
    const counts = (await ask({})).targets.map(({ connections }) => connections);
    expect(counts.reduce((sum, count) => sum + count)).toBe(9);
    console.log(`the wrapper's balancer with 3 servers and 9 connections: ${memory() - before} KiB`);
    const closed = open.map(({ socket }) => (socket.closed ? undefined : once(socket, "close")));
    await wrapper.dispose();
    await Promise.all(closed);
  });
});
