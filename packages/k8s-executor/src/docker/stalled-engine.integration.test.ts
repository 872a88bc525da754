// An engine and a registry that go silent, on a UNIX socket of the test's own.
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DockerodeEngine, type DockerodeEngineOptions } from "./dockerode-engine.ts";

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

async function engineThat(answer: RequestListener, options: DockerodeEngineOptions): Promise<DockerodeEngine> {
  const socket = join(directory, "docker.sock");
  server = createServer(answer).listen(socket);
  await once(server, "listening");
  vi.stubEnv("DOCKER_HOST", `unix://${socket}`);
  return new DockerodeEngine(options);
}

const forever = () => new AbortController().signal;
const downloading = (current: number) =>
  `${JSON.stringify({ status: "Downloading", id: "a1", progressDetail: { current, total: 300e6 } })}\n`;

/** Pulls from a registry that does what `events` says; the words of the failure, once the engine has seen the end of it. */
async function stall(events: (response: ServerResponse) => void): Promise<string> {
  const closed = Promise.withResolvers<void>();
  const engine = await engineThat(
    (_request, response) => {
      response.on("close", closed.resolve);
      events(response);
    },
    { stallMs: 1_000 },
  );
  const words = await engine
    .pull("reg.example/x:1", () => {}, forever())
    .then(
      () => "",
      (error: unknown) => String(error),
    );
  await closed.promise;
  return words;
}

test("a pull of which nothing is heard ends, and so does its request", async () => {
  expect(await stall(() => {})).toBe(
    "EngineError: pull of reg.example/x:1 made no progress for 1 s; last: the engine has said nothing yet",
  );
});

test("a pull that stalls in a layer ends with Docker's last words, and the engine's stream is closed", async () => {
  const words = await stall((response) => {
    response.writeHead(200, { "Content-Type": "application/json" });
    response.write(downloading(12e6));
  });
  expect(words).toBe("EngineError: pull of reg.example/x:1 made no progress for 1 s; last: a1: Downloading 12/300 MB");
});

test("repetitions and Docker's own countdown are no progress", async () => {
  let timer: NodeJS.Timeout | undefined;
  const words = await stall((response) => {
    response.writeHead(200, { "Content-Type": "application/json" });
    response.write(downloading(12e6));
    let seconds = 1_000;
    timer = setInterval(() => {
      response.write(downloading(12e6));
      seconds -= 1;
      response.write(`${JSON.stringify({ status: `Retrying in ${seconds} seconds`, id: "a1" })}\n`);
    }, 10);
  });
  clearInterval(timer);
  expect(words).toMatch(/made no progress for 1 s; last: a1: /);
});

test("a pull that goes on slowly is waited for, however long", async () => {
  const engine = await engineThat(
    (_request, response) => {
      response.writeHead(200, { "Content-Type": "application/json" });
      let done = 0;
      const timer = setInterval(() => {
        done += 1;
        if (done <= 30) response.write(downloading(done));
        else {
          clearInterval(timer);
          response.end(`${JSON.stringify({ status: "Pull complete", id: "a1" })}\n`);
        }
      }, 50);
    },
    { stallMs: 10_000 },
  );
  await engine.pull("x:1", () => {}, forever());
});

test("a request that takes long on an engine that lives is waited for", async () => {
  const pings = Promise.withResolvers<void>();
  let asked = 0;
  const engine = await engineThat(
    (request, response) => {
      if (request.url?.includes("_ping")) {
        asked += 1;
        if (asked === 3) pings.resolve();
        response.end("OK");
      } else void pings.promise.then(() => response.end('{"Version":"1"}'));
    },
    { timeouts: { answerMs: 1_000, longestMs: 60_000 } },
  );
  expect(await engine.ping()).toBe("1");
});

test("an engine that answers nothing is not waited for", async () => {
  const engine = await engineThat(() => {}, { timeouts: { answerMs: 50, longestMs: 60_000 } });
  await expect(engine.ping()).rejects.toMatchObject({ code: "ETIMEDOUT", message: "the engine gave no answer" });
});

test("no request takes for ever", async () => {
  const engine = await engineThat(
    (request, response) => {
      if (request.url?.includes("_ping")) response.end("OK");
    },
    { timeouts: { answerMs: 20, longestMs: 100 } },
  );
  await expect(engine.ping()).rejects.toMatchObject({ code: "ETIMEDOUT" });
});
