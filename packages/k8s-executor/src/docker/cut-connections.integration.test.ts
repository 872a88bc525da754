// Connections to the engine that are cut in the middle of an answer, against an engine on loopback.

import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger, systemClock, withTimeout } from "@cke/foundation";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { containerDeath } from "../container/container-watch.ts";
import { DockerodeEngine } from "./dockerode-engine.ts";
import { jsonLines } from "./json-lines.ts";

let directory: string;
let server: Server | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cke-engine-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server?.closeAllConnections();
  server?.close();
  await rm(directory, { recursive: true, force: true });
});

async function engineThat(answer: RequestListener): Promise<DockerodeEngine> {
  const socket = join(directory, "docker.sock");
  server = createServer(answer).listen(socket);
  await once(server, "listening");
  vi.stubEnv("DOCKER_HOST", `unix://${socket}`);
  return new DockerodeEngine();
}

const container = JSON.stringify({
  Id: "c",
  Name: "/n",
  Config: { Labels: {} },
  State: { Running: true, ExitCode: 0, OOMKilled: false },
  NetworkSettings: { Networks: {} },
});

test("a wait that is cut after its headers still ends with its signal", async () => {
  const cut = Promise.withResolvers<void>();
  const engine = await engineThat((request, response) => {
    if (request.url?.includes("/wait")) {
      response.writeHead(200, { "Content-Type": "application/json" });
      response.write("{");
      setImmediate(() => {
        response.destroy();
        cut.resolve();
      });
    } else {
      response.end(container);
    }
  });
  const abort = new AbortController();
  const death = containerDeath(engine, "c", { clock: systemClock, logger: silentLogger }, abort.signal);
  await cut.promise;
  abort.abort();
  expect(await death).toBeUndefined();
});

test("a read whose connection is cut is sent once more", async () => {
  let requests = 0;
  const engine = await engineThat((request, response) => {
    requests += 1;
    if (requests === 1) request.socket.destroy();
    else response.end(container);
  });
  expect(await engine.container("n")).toMatchObject({ id: "c", name: "n", running: true });
});

test("a pull that is cut fails", async () => {
  const engine = await engineThat((_request, response) => {
    response.writeHead(200, { "Content-Type": "application/json" });
    response.write('{"status":"Downloading","id":"a","progressDetail":{"current":1,"total":2}}\n');
    setTimeout(() => response.destroy(), 20);
  });
  await expect(engine.pull("x:1", () => {}, new AbortController().signal)).rejects.toMatchObject({
    name: "EngineError",
  });
});

test("a pull tells its progress and ends with the registry's words", async () => {
  const engine = await engineThat((_request, response) => {
    response.writeHead(200, { "Content-Type": "application/json" });
    response.write('{"status":"Downloading","id":"a","progressDetail":{"current":1,"to');
    response.end('tal":2}}\n{"errorDetail":{"message":"no"},"error":"manifest unknown"}\n');
  });
  const progress: number[] = [];
  const pull = engine.pull("x:1", ({ bytesDone }) => progress.push(bytesDone), new AbortController().signal);
  await expect(pull).rejects.toThrow("manifest unknown");
  expect(progress).toEqual([1]);
});

test("json lines survive any chunking", async () => {
  async function* chunks() {
    yield Buffer.from('{"a":"\u00e4'.slice(0, 6));
    yield new Uint8Array([0xc3]);
    yield new Uint8Array([0xa4]);
    yield '"}\n\n{"b":1}';
  }
  const values: unknown[] = [];
  for await (const value of jsonLines(chunks())) values.push(value);
  expect(values).toEqual([{ a: "ä" }, { b: 1 }]);
});

test("a bound rejects in time, and a late failure is nobody's concern", async () => {
  const late = () => new Error("late");
  await expect(withTimeout(new Promise(() => {}), { ms: 5, late })).rejects.toThrow("late");
  await expect(withTimeout(Promise.resolve(1), { ms: 5_000, late })).resolves.toBe(1);
  await expect(withTimeout(Promise.reject(new Error("own")), { ms: 5_000, late })).rejects.toThrow("own");
  await expect(withTimeout(new Promise(() => {}), { signal: AbortSignal.abort(), late })).rejects.toThrow("late");
});
