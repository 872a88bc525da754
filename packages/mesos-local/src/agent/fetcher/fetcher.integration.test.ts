// Every kind of URI that fetcher.json recorded from a real mesos-fetcher, fetched again from a local server: the files in
// the sandbox, the HTTP requests, the message for the task and the fetcher's own lines must be the same.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { messageOf, systemClock } from "@cke/foundation";
import { uriSchema } from "@cke/mesos";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { FetchCache } from "./fetch-cache.ts";
import { Fetcher } from "./fetcher.ts";

const caseSchema = z.object({
  label: z.string(),
  uris: z.array(uriSchema),
  message: z.string(),
  listing: z.string().nullish(),
  stderr: z.string(),
  files: z.array(z.string()),
  http: z.array(z.object({ method: z.string(), url: z.string(), status: z.number() })),
});
const fixture = join(import.meta.dirname, "../../../../../test/fixtures/mesos/fetcher.json");
const { cases } = z.object({ cases: z.array(caseSchema) }).parse(JSON.parse(await readFile(fixture, "utf8")));

/** Where this fetcher differs on purpose. */
const different: Readonly<Record<string, string>> = {
  "output_file with ..": "a path that leaves the sandbox is refused like an absolute one",
  "unknown scheme": "there is no Hadoop client to be missing",
  "missing local": "no cp program is involved",
  "corrupt archive": "tar words its complaint in its own way",
};

/** dir/sub/x, stored. */
const zipArchive =
  "UEsDBAoAAAAAAGWTd10AAAAAAAAAAAAAAAAEABwAZGlyL1VUCQADfYUEa32FBGt1eAsAAQQAAAAABAAAAABQSwMECgAAAAAAZZN3XQAAAAAAAAAAAAAA" +
  "AAgAHABkaXIvc3ViL1VUCQADfYUEa32FBGt1eAsAAQQAAAAABAAAAABQSwMECgAAAAAAZZN3XR8I6kYCAAAAAgAAAAkAHABkaXIvc3ViL3hVVAkAA32F" +
  "BGt9hQRrdXgLAAEEAAAAAAQAAAAAeApQSwECHgMKAAAAAABlk3ddAAAAAAAAAAAAAAAABAAYAAAAAAAAABAA7UEAAAAAZGlyL1VUBQADfYUEa3V4CwAB" +
  "BAAAAAAEAAAAAFBLAQIeAwoAAAAAAGWTd10AAAAAAAAAAAAAAAAIABgAAAAAAAAAEADtQT4AAABkaXIvc3ViL1VUBQADfYUEa3V4CwABBAAAAAAEAAAA" +
  "AFBLAQIeAwoAAAAAAGWTd10fCOpGAgAAAAIAAAAJABgAAAAAAAEAAACkgYAAAABkaXIvc3ViL3hVVAUAA32FBGt1eAsAAQQAAAAABAAAAABQSwUGAAAA" +
  "AAMAAwDnAAAAxQAAAAAA";

let root = "";
let server: Server;
let base = "";
let requests: { method: string; url: string; status: number }[] = [];
let fetcher: Fetcher;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "cke-fetcher-"));
  const www = join(root, "www/f");
  await mkdir(join(root, "content/dir/sub"), { recursive: true });
  await mkdir(www, { recursive: true });
  await writeFile(join(root, "content/dir/sub/x"), "x\n");
  const flags = { "d.tar.gz": "-z", "d.tgz": "-z", noext: "-z", "d.tar": "", "d.tbz2": "-j", "d.txz": "-J" };
  for (const [name, flag] of Object.entries(flags)) {
    const argv = ["-c", ...(flag === "" ? [] : [flag]), "-f", join(www, name), "-C", join(root, "content"), "dir"];
    await promisify(execFile)("tar", argv);
  }
  await writeFile(join(www, "d.zip"), Buffer.from(zipArchive, "base64"));
  await writeFile(join(www, "a.txt"), "hello\n");
  await writeFile(join(www, "a.txt.gz"), gzipSync("hello\n"));
  await writeFile(join(www, "bad.tar.gz"), "#not an archive\n");
  await writeFile(join(www, "run"), "#!/bin/sh\n");
  server = createServer((request, response) => {
    void (async () => {
      const path = new URL(request.url ?? "/", "http://localhost").pathname;
      const body = await readFile(join(root, "www", path)).catch(() => undefined);
      const status = body === undefined ? 404 : 200;
      requests.push({ method: request.method ?? "", url: request.url ?? "", status });
      response.writeHead(status, { "content-length": body?.length ?? 0 }).end(request.method === "HEAD" ? "" : body);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  const cache = new FetchCache(join(root, "cache"), 1_000_000);
  await cache.start();
  fetcher = new Fetcher({ cache, clock: systemClock, stallTimeoutMs: 120_000 });
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(root, { recursive: true, force: true });
});

const localize = (text: string) =>
  text.replaceAll("http://127.0.0.1:8098", base).replaceAll("/srv/mesos/run/www", join(root, "www"));

/** The fetcher's lines without time, pid, file and line, with the sandbox and the cache masked. */
const lines = (stderr: string, sandbox: string) =>
  stderr
    .split("\n")
    .filter((line) => / (fetcher\.cpp:\d+|fetcher)\] /.test(line) && !line.includes("Fetcher Info"))
    .map((line) => line.replace(/^(.)\S+ \S+ +\d+ (fetcher\.cpp:\d+|fetcher)\] /, "$1 "))
    .map((line) => line.replaceAll(sandbox, "$SANDBOX").replace(/'\S*\/(c\d+-\S+)'/, "'CACHE/$1'"));

async function fetchAll(uris: z.output<typeof caseSchema>["uris"]) {
  const sandbox = await mkdtemp(join(root, "sandbox-"));
  for (const name of ["stdout", "stderr"]) await writeFile(join(sandbox, name), "");
  requests = [];
  let message: string | undefined;
  try {
    await fetcher.fetch({
      uris: uris.map((uri) => ({ ...uri, value: localize(uri.value) })),
      sandbox,
      stderr: join(sandbox, "stderr"),
      user: "root",
      containerId: "CONTAINER",
      signal: AbortSignal.timeout(240_000),
    });
  } catch (error) {
    message = `Failed to launch container: ${messageOf(error)}`;
  }
  const stderr = await readFile(join(sandbox, "stderr"), "utf8");
  return { sandbox, message, stderr, files: (await readdir(sandbox)).sort() };
}

test.each(cases)("$label", async ({ label, uris, message, stderr, files, http }) => {
  const result = await fetchAll(uris);
  if (label === "output_file with ..") {
    expect(result.message).toBe(
      "Failed to launch container: Could not fetch: URI output file must be within the sandbox directory",
    );
    return;
  }
  const failed = message.startsWith("Failed to launch");
  expect(result.message).toBe(failed ? message.replace(/'[0-9a-f-]{36}'/, "'CONTAINER'") : undefined);
  expect(result.files).toEqual(files.filter((name) => name !== "listing.txt"));
  expect(requests).toEqual(http.map(({ method, url, status }) => ({ method, url, status })));
  if (label in different) return;
  expect(lines(result.stderr, result.sandbox)).toEqual(lines(localize(stderr), "$SANDBOX"));
});

test("extracted files have their modes and content", async () => {
  const { sandbox } = await fetchAll([
    { value: "http://127.0.0.1:8098/f/d.zip" },
    { value: "http://127.0.0.1:8098/f/run", executable: true },
  ]);
  expect(await readFile(join(sandbox, "dir/sub/x"), "utf8")).toBe("x\n");
  expect((await stat(join(sandbox, "run"))).mode & 0o777).toBe(0o755);
});

test("two executors at the same time download a cached URI once", async () => {
  const uris = [{ value: "http://127.0.0.1:8098/f/run", cache: true, executable: true }];
  const first = fetchAll(uris);
  const second = fetchAll(uris);
  expect((await first).files).toEqual(["run", "stderr", "stdout"]);
  expect((await second).files).toEqual(["run", "stderr", "stdout"]);
  expect(requests.map(({ method }) => method)).toEqual(["HEAD", "GET"]);
});

test("a new agent downloads again, and leaves foreign files in the cache directory alone", async () => {
  await writeFile(join(root, "cache/foreign"), "");
  const uris = [{ value: "http://127.0.0.1:8098/f/run", cache: true }];
  const cache = new FetchCache(join(root, "cache"), 1_000_000);
  await cache.start();
  fetcher = new Fetcher({ cache, clock: systemClock, stallTimeoutMs: 120_000 });
  await fetchAll(uris);
  expect(requests.map(({ method }) => method)).toEqual(["HEAD", "GET"]);
  expect(await readdir(join(root, "cache"))).toContain("foreign");
});

test("what does not fit into the cache is fetched directly", async () => {
  const cache = new FetchCache(join(root, "small-cache"), 3);
  const small = new Fetcher({ cache, clock: systemClock, stallTimeoutMs: 120_000 });
  const whole = fetcher;
  fetcher = small;
  try {
    const { files, message } = await fetchAll([{ value: "http://127.0.0.1:8098/f/a.txt", cache: true }]);
    expect(message).toBeUndefined();
    expect(files).toEqual(["a.txt", "stderr", "stdout"]);
    expect(requests.map(({ method }) => method)).toEqual(["HEAD", "GET"]);
    expect(cache.usedBytes).toBe(0);
  } finally {
    fetcher = whole;
  }
});

test("a symbolic link from an archive does not lead out of the sandbox", async () => {
  const target = await mkdtemp(join(root, "outside-"));
  const content = await mkdtemp(join(root, "content-"));
  await promisify(execFile)("ln", ["-s", target, join(content, "link")]);
  await promisify(execFile)("tar", ["-cf", join(root, "www/f/link.tar"), "-C", content, "link"]);
  const { message } = await fetchAll([
    { value: "http://127.0.0.1:8098/f/link.tar" },
    { value: "http://127.0.0.1:8098/f/a.txt", output_file: "link/a.txt" },
  ]);
  expect(message).toContain("Failed to fetch all URIs");
  expect(await readdir(target)).toEqual([]);
});
