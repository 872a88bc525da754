import { createHash } from "node:crypto";
import { renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApiFixture, createApiFixture, executorBytes } from "../testing/api-fixture.ts";

const name = "cke-k8s-exec";
const sha256 = createHash("sha256").update(executorBytes).digest("hex");
let fixture: ApiFixture;
beforeEach(async () => {
  fixture = await createApiFixture();
});
afterEach(() => fixture.close());

function ask(headers: Record<string, string> = {}, url = `/exec/${name}`, method: "GET" | "HEAD" = "GET") {
  return fixture.server.inject({ method, url, headers });
}

describe("download of an executor", () => {
  it("B22: gives the whole file under /exec/<name> with its length, ETag and date", async () => {
    const answer = await ask();
    expect(answer.statusCode).toBe(200);
    expect(answer.rawPayload.equals(executorBytes)).toBe(true);
    expect(answer.headers).toMatchObject({
      "content-length": "10000",
      "content-type": "application/octet-stream",
      "accept-ranges": "bytes",
      etag: `"${sha256}"`,
      "cache-control": "no-cache",
      "last-modified": new Date(statSync(join(fixture.directory, name)).mtimeMs).toUTCString(),
    });
  });

  it("B22: answers HEAD with the same headers and no body", async () => {
    const head = await ask({ range: "bytes=0-1" }, `/exec/${name}`, "HEAD");
    expect(head.statusCode).toBe(200);
    expect(head.headers["content-length"]).toBe("10000");
    expect(head.rawPayload).toHaveLength(0);
  });

  it("B22: has a URL by content that caches may keep for ever", async () => {
    const url = fixture.execFiles.urlOf(name);
    expect(url).toBe(`exec/${sha256}/${name}`);
    const answer = await ask({}, `/${url}`);
    expect(answer.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(answer.rawPayload.equals(executorBytes)).toBe(true);
    expect((await ask({}, `/exec/${"0".repeat(64)}/${name}`)).statusCode).toBe(404);
  });

  it.each([
    ["bytes=0-99", 0, 99],
    ["bytes=9900-", 9900, 9999],
    ["bytes=-100", 9900, 9999],
    ["bytes=9000-99999", 9000, 9999],
    ["bytes=0-0", 0, 0],
    ["bytes=-99999", 0, 9999],
  ])("%s is 206", async (range, start, end) => {
    const answer = await ask({ range });
    expect(answer.statusCode).toBe(206);
    expect(answer.headers["content-range"]).toBe(`bytes ${start}-${end}/10000`);
    expect(answer.headers["content-length"]).toBe(String(end - start + 1));
    expect(answer.rawPayload.equals(executorBytes.subarray(start, end + 1))).toBe(true);
  });

  it.each(["bytes=10000-", "bytes=-0", "bytes=20000-30000"])("%s is 416 and tells the size", async (range) => {
    const answer = await ask({ range });
    expect(answer.statusCode).toBe(416);
    expect(answer.headers["content-range"]).toBe("bytes */10000");
    expect(answer.json().error).toContain("10000 bytes");
  });

  it.each(["bytes=5-2", "bytes=0-1,4-5", "lines=0-1", "bytes=-", "bytes=a-b"])("%s is ignored", async (range) => {
    const answer = await ask({ range });
    expect(answer.statusCode).toBe(200);
    expect(answer.rawPayload).toHaveLength(10_000);
  });

  it("honours If-Range", async () => {
    const range = "bytes=0-9";
    expect((await ask({ range, "if-range": `"${sha256}"` })).statusCode).toBe(206);
    expect((await ask({ range, "if-range": '"other"' })).statusCode).toBe(200);
    const { "last-modified": date = "" } = (await ask()).headers;
    expect((await ask({ range, "if-range": String(date) })).statusCode).toBe(206);
    expect((await ask({ range, "if-range": new Date(0).toUTCString() })).statusCode).toBe(200);
  });

  it("answers 304 to those who have it", async () => {
    for (const tag of [`"${sha256}"`, `W/"${sha256}"`, `"x", "${sha256}"`, "*"]) {
      const answer = await ask({ "if-none-match": tag });
      expect(answer.statusCode, tag).toBe(304);
      expect(answer.rawPayload).toHaveLength(0);
      expect(answer.headers.etag).toBe(`"${sha256}"`);
    }
    expect((await ask({ "if-none-match": '"x"' })).statusCode).toBe(200);
    const later = new Date(Date.now() + 60_000).toUTCString();
    expect((await ask({ "if-modified-since": later })).statusCode).toBe(304);
    expect((await ask({ "if-modified-since": later, "if-none-match": '"x"' })).statusCode).toBe(200);
    expect((await ask({ "if-modified-since": "soon" })).statusCode).toBe(200);
  });

  it.each(["secret", "..%2fsecret", "%2e%2e/secret", "cke-wrapper", "."])("does not serve %s", async (other) => {
    expect((await ask({}, `/exec/${other}`)).statusCode).toBe(404);
  });

  it("says what to do about an executor that is not there", async () => {
    const answer = await ask({}, "/exec/cke-vm-exec");
    expect(answer.statusCode).toBe(404);
    expect(answer.json().error).toMatch(/"cke-vm-exec" is not in .*: build it, or set -exec_dir/);
    expect(fixture.execFiles.urlOf("cke-vm-exec")).toBeUndefined();
    expect(fixture.logLines.join("")).toContain("executor is not there for download");
  });

  it("notices a new file, and refuses the old content's URL", async () => {
    const old = fixture.execFiles.urlOf(name);
    const path = join(fixture.directory, name);
    writeFileSync(`${path}.new`, "new content");
    renameSync(`${path}.new`, path);
    expect(fixture.execFiles.urlOf(name)).toBeUndefined();
    await expect.poll(() => fixture.execFiles.urlOf(name)).toMatch(/^exec\/[0-9a-f]{64}\/cke-k8s-exec$/);
    const answer = await ask();
    expect(answer.body).toBe("new content");
    expect(answer.headers.etag).not.toBe(`"${sha256}"`);
    const gone = await ask({}, `/${old}`);
    expect(gone.statusCode).toBe(404);
    expect(gone.json().error).toContain("another content now");
    expect(fixture.execFiles.urlOf(name)).not.toBe(old);
  });

  it("goes on with the old content while the file is replaced", async () => {
    const { file, handle } = await fixture.execFiles.open(name);
    const path = join(fixture.directory, name);
    writeFileSync(`${path}.new`, "new content");
    renameSync(`${path}.new`, path);
    const content = await handle.readFile();
    await handle.close();
    expect(createHash("sha256").update(content).digest("hex")).toBe(file.sha256);
  });
});
