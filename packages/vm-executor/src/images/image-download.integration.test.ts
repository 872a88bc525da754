// Images by HTTP from servers that break, stall, lie and refuse.
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "@cke/test-servers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sourceKey } from "./image-cache.ts";
import { ImageServer } from "./testing/image-server.ts";
import { StoreFixture, sha256, testLimits } from "./testing/store-fixture.ts";

const content = Buffer.concat([Buffer.alloc(512), randomBytes(700_000)]);
const sum = sha256(content);
let server: ImageServer;
let fixture: StoreFixture;
beforeEach(async () => {
  server = await ImageServer.start(content);
  fixture = new StoreFixture();
});
afterEach(async () => {
  await server.stop();
  fixture.remove();
});
const partials = () => readdirSync(join(fixture.cache.directory, "partial"));
const locks = () => readdirSync(join(fixture.cache.directory, "locks"));
const again = { ...testLimits, attempts: 2 };

test("an image is fetched once, is read-only and shared by its VMs", async () => {
  const path = await fixture.give(server.url, sum);
  expect(readFileSync(path).equals(content)).toBe(true);
  expect(statSync(path).mode & 0o777).toBe(0o444);
  expect(statSync(path).ino).toBe(statSync(fixture.cache.contentPath(sum)).ino);
  await fixture.give(server.url, sum.toUpperCase());
  expect(server.requests).toHaveLength(1);
  expect([partials(), locks()]).toEqual([[], []]);
  expect(fixture.progress.at(-1)).toBe("checking 701 kB of 701 kB (100 %)");
});

test("a download goes on where the connection broke", async () => {
  server.conduct.breakAfter = 200_000;
  server.conduct.breaks = 3;
  const path = await fixture.give(server.url, sum);
  expect(readFileSync(path).equals(content)).toBe(true);
  expect(server.requests.length).toBeGreaterThan(1);
  // Each byte that arrived is asked for once: what was sent again is only what was lost on the way.
  expect(server.requests.slice(1).some(({ range }) => /^bytes=[1-9]/.test(range))).toBe(true);
});

test("another process goes on with what an earlier one has fetched", async () => {
  const other = randomBytes(600_000);
  server.conduct.content = other;
  const stop = new AbortController();
  const store = fixture.store();
  const work = {
    ...fixture.work,
    signal: stop.signal,
    progress: (_: string, words: string) => {
      if (/[1-9]\d\d kB of/.test(words)) stop.abort(new Error("the executor ends"));
    },
  };
  const name = (found: string) => join(fixture.vm, found);
  const image = { source: server.url, sha256: sha256(other), format: "raw" };
  server.conduct.breakAfter = 250_000;
  await expect(store.give(image, "disk", name, work)).rejects.toThrow("the executor ends");
  const [kept] = partials().filter((file) => !file.endsWith(".json"));
  const have = statSync(join(fixture.cache.directory, "partial", kept ?? "")).size;
  expect(have).toBeGreaterThan(0);
  server.conduct.breakAfter = undefined;
  server.requests.length = 0;
  const { path } = await fixture.store().give(image, "disk", name, fixture.work);
  expect(readFileSync(path).equals(other)).toBe(true);
  expect(server.requests.map(({ range }) => range)).toEqual([`bytes=${have}-`]);
});

test("a content that has changed meanwhile is fetched as a whole", async () => {
  await fixture.cache.prepare();
  const partial = fixture.cache.partialPath(sourceKey(server.url));
  writeFileSync(partial, randomBytes(1_000));
  writeFileSync(`${partial}.json`, JSON.stringify({ etag: '"0"', lastModified: "", bytes: 2_000 }));
  expect(readFileSync(await fixture.give(server.url)).equals(content)).toBe(true);
  expect(server.requests.map(({ range }) => range)).toEqual(["bytes=1000-"]);
});

test("parts of two contents are noticed by the sum, and it is fetched once more in one piece", async () => {
  server.conduct.etag = "";
  await fixture.cache.prepare();
  const partial = fixture.cache.partialPath(sum);
  writeFileSync(partial, randomBytes(1_000));
  writeFileSync(`${partial}.json`, JSON.stringify({ etag: "", lastModified: "" }));
  expect(readFileSync(await fixture.give(server.url, sum)).equals(content)).toBe(true);
  expect(server.requests.map(({ range }) => range)).toEqual(["bytes=1000-", ""]);
});

test("bytes without a description are not continued", async () => {
  await fixture.cache.prepare();
  writeFileSync(fixture.cache.partialPath(sum), content.subarray(0, 1_000));
  await fixture.give(server.url, sum);
  expect(server.requests.map(({ range }) => range)).toEqual([""]);
});

test("a download that was complete when its process died is only checked", async () => {
  await fixture.cache.prepare();
  const partial = fixture.cache.partialPath(sum);
  writeFileSync(partial, content);
  writeFileSync(`${partial}.json`, JSON.stringify({ etag: '"1"', lastModified: "", bytes: content.length }));
  await fixture.give(server.url, sum);
  expect(server.bytesSent).toBe(0);
});

test("a server without ranges, and one without lengths", async () => {
  server.conduct.ranges = false;
  server.conduct.breakAfter = 100_000;
  server.conduct.breaks = 1;
  expect(readFileSync(await fixture.give(server.url, sum)).equals(content)).toBe(true);
  server.conduct.length = false;
  server.conduct.content = randomBytes(5_000);
  expect(statSync(await fixture.give(server.url)).size).toBe(5_000);
});

test("without a sum the server is asked whether it is still the same", async () => {
  const first = await fixture.give(server.url);
  expect(await fixture.give(server.url)).toBe(first);
  expect(server.requests.map(({ ifNoneMatch }) => ifNoneMatch)).toEqual(["", '"1"']);
  server.conduct.content = Buffer.alloc(600, 1);
  server.conduct.etag = '"2"';
  expect(await fixture.give(server.url)).not.toBe(first);
});

test("a server that stands still is given up, and what came is kept", async () => {
  server.conduct.stallAfter = 150_000;
  const failed = fixture.give(server.url, sum, fixture.store({ limits: { ...again, stallMs: 2_000 } }));
  failed.catch(() => {});
  await expect.poll(() => partials().length).toBe(2);
  server.conduct.stallAfter = 0;
  await expect(failed).rejects.toMatchObject({ code: "image_unreachable", retryable: true });
  expect(partials().length).toBe(2);
});

test("a server that never answers", async () => {
  const url = `http://127.0.0.1:${await freePort()}/image`;
  const failed = fixture.give(url, sum, fixture.store({ limits: again }));
  await expect(failed).rejects.toThrow(/ECONNREFUSED.*2 times in a row.*The next attempt goes on from there/);
});

test.each([
  [{ status: 404 }, "image_not_found", "the server has no such image (404)"],
  [{ status: 403 }, "image_not_found", "does not give it to this host (403)"],
  [{ status: 301, headers: { location: "ftp://x/y" } }, "image_unreachable", "to ftp:, which is not followed"],
  [{ status: 302, headers: { location: "/image" } }, "image_unreachable", "redirects more than 10 times"],
])("%j is no image", async (refuse, code, words) => {
  server.conduct.refuse = refuse;
  const failed = fixture.give(server.url, sum);
  await expect(failed).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
  expect(locks()).toEqual([]);
});

test("a refusal that passes, and a redirect", async () => {
  server.conduct.refuse = { status: 503, headers: { "retry-after": "0" } };
  server.conduct.refusals = 2;
  await fixture.give(server.url, sum);
  expect(server.requests).toHaveLength(3);
  const other = await ImageServer.start(randomBytes(4_000));
  try {
    server.conduct.refuse = { status: 307, headers: { location: other.url } };
    server.conduct.refusals = undefined;
    expect(statSync(await fixture.give(`${server.url}2`)).size).toBe(4_000);
  } finally {
    await other.stop();
  }
});

test("a wrong sum names both and leaves nothing", async () => {
  const wrong = "0".repeat(64);
  await expect(fixture.give(server.url, wrong)).rejects.toMatchObject({
    code: "image_checksum",
    message: expect.stringMatching(new RegExp(`${sum}.*${wrong}`)),
  });
  expect([partials(), readdirSync(join(fixture.cache.directory, "content")), readdirSync(fixture.vm)]).toEqual([
    [],
    [],
    [],
  ]);
});

test("an image that is larger than allowed is not fetched", async () => {
  const store = fixture.store({ limits: { ...testLimits, maxBytes: 500_000 } });
  await expect(fixture.give(server.url, sum, store)).rejects.toMatchObject({ code: "image_too_large" });
  server.conduct.length = false;
  await expect(fixture.give(server.url, sum, store)).rejects.toMatchObject({ code: "image_too_large" });
});

test("an image for which there is no room is not begun, and what is missing is said", async () => {
  server.conduct.refuse = { status: 200, headers: { "content-length": String(2 ** 49) } };
  const store = fixture.store({ limits: { ...testLimits, maxBytes: 2 ** 50 } });
  await expect(fixture.give(server.url, sum, store)).rejects.toMatchObject({
    code: "disk_full",
    message: expect.stringMatching(/it needs 563 TB .* are missing/),
  });
  expect(partials()).toEqual([]);
});

test("a web page and an overlay are no images", async () => {
  server.conduct.content = Buffer.from("<html>not found</html>");
  await expect(fixture.give(server.url)).rejects.toMatchObject({ code: "image_format" });
  expect(readdirSync(fixture.vm)).toEqual([]);
});
