// Files of a node's processes through the API, over a real channel that is dialled at this very API.
import { once } from "node:events";
import { mkdir, truncate, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { CkeError } from "@cke/foundation";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { StreamsFixture } from "../testing/streams-fixture.ts";

let fixture: StreamsFixture;
let directory: string;
beforeEach(async () => {
  fixture = await StreamsFixture.start();
  directory = join(fixture.root, "var/log/cke/etcd");
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "stdout"), "0123456789");
});
afterEach(async () => {
  await fixture.stop();
  await expect.poll(() => fixture.local.running.size).toBe(0);
});

const etcd = "/k8s/v1/clusters/my/nodes/n0/processes/etcd";
const stdout = `${etcd}/files/stdout`;

describe.each(["leader", "follower"] as const)("files through the %s", (who) => {
  const get = (query: string, path = stdout, init: RequestInit = {}) =>
    fetch(`${fixture.of(who)}${path}${query}`, { signal: AbortSignal.timeout(60_000), ...init });
  const told = async (answer: Response) => z.looseObject({ error: z.string() }).parse(await answer.json());

  test.each([
    ["", "0123456789", "0"],
    ["?offset=3&length=4", "3456", "3"],
    ["?offset=-2", "89", "8"],
    ["?offset=-99", "0123456789", "0"],
    ["?offset=99", "", "10"],
    ["?offset=-0", "", "10"],
  ])("%s", async (query, text, offset) => {
    const answer = await get(query);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe(text);
    expect(answer.headers.get("content-length")).toBe(String(text.length));
    expect(answer.headers.get("x-cke-file-offset")).toBe(offset);
    expect(answer.headers.get("x-cke-file-size")).toBe("10");
    expect(answer.headers.get("accept-ranges")).toBe("bytes");
    expect(Date.parse(answer.headers.get("last-modified") ?? "")).toBeGreaterThan(Date.now() - 60_000);
  });

  test.each([
    ["bytes=2-5", 206, "2345", "bytes 2-5/10"],
    ["bytes=7-", 206, "789", "bytes 7-9/10"],
    ["bytes=-3", 206, "789", "bytes 7-9/10"],
    ["bytes=0-0", 206, "0", "bytes 0-0/10"],
    ["bytes=5-2", 200, "0123456789", null],
    ["bytes=0-1,3-4", 200, "0123456789", null],
  ])("Range: %s is %d", async (range, status, text, contentRange) => {
    const answer = await get("", stdout, { headers: { range } });
    expect(answer.status).toBe(status);
    expect(await answer.text()).toBe(text);
    expect(answer.headers.get("content-range")).toBe(contentRange);
  });

  test.each(["bytes=10-", "bytes=-0"])("Range: %s is 416", async (range) => {
    const answer = await get("", stdout, { headers: { range } });
    expect(answer.status).toBe(416);
    expect(answer.headers.get("content-range")).toBe("bytes */10");
    expect(await told(answer)).toMatchObject({ code: "range_not_satisfiable" });
  });

  test("If-Range has nothing to compare with: the whole file", async () => {
    const answer = await get("", stdout, { headers: { range: "bytes=2-5", "if-range": '"x"' } });
    expect([answer.status, await answer.text()]).toEqual([200, "0123456789"]);
  });

  test("HEAD: the same head, without the bytes", async () => {
    const answer = await get("?offset=-4", stdout, { method: "HEAD" });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe("");
    for (const [name, value] of [
      ["content-length", "4"],
      ["x-cke-file-offset", "6"],
      ["x-cke-file-size", "10"],
    ] as const)
      expect(answer.headers.get(name)).toBe(value);
  });

  test("the list", async () => {
    await writeFile(join(directory, "stderr.1"), "old");
    await writeFile(join(directory, "stdout.rotating"), "half a copy");
    const answer = await get("", `${etcd}/files`);
    expect(await answer.json()).toEqual({
      files: [
        { name: "stderr.1", size: 3, modified: expect.stringMatching(/^20\d\d-.*Z$/) },
        { name: "stdout", size: 10, modified: expect.any(String) },
      ],
    });
  });

  test("the list of a process that has not run yet is empty", async () => {
    const other = await StreamsFixture.start();
    const answer = await fetch(`${other.of(who)}${etcd}/files/`);
    expect(await answer.json()).toEqual({ files: [] });
    await other.stop();
  });

  test("followed from the end: the head comes at once, and what is written later", async () => {
    const gone = new AbortController();
    const answer = await get("?offset=-0&follow=true", stdout, { signal: gone.signal });
    expect(answer.headers.get("x-cke-file-offset")).toBe("10");
    expect(answer.headers.get("content-length")).toBeNull();
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    await writeFile(join(directory, "stdout"), "ab", { flag: "a" });
    expect((await reader?.read())?.value).toBe("ab");
    gone.abort();
    await expect.poll(() => fixture.local.running.size).toBe(0);
  });

  test.each([
    ["?offset=x", stdout, 400, "offset"],
    ["?offset=1234567890123456", stdout, 400, "offset"],
    ["?length=0", stdout, 400, "length"],
    ["?length=-1", stdout, 400, "length"],
    ["?nonsense=1", stdout, 400, "nonsense"],
    ["?follow=true", `${etcd}/files/stdout.1`, 400, "follow"],
    ["", `${etcd}/files/passwd`, 400, "stdout"],
    ["", `${etcd}/files/stdout%00`, 400, "file"],
    ["", `${etcd}/files/..%2f..%2fpasswd`, 400, "file"],
    ["", "/k8s/v1/clusters/my/nodes/n0/processes/..%2F..%2Fetc/files/stdout", 400, "process"],
    ["", "/k8s/v1/clusters/my/nodes/n0/processes/%2e%2e/files", 404, "there is no"],
    ["", "/k8s/v1/clusters/my/nodes/n0/processes/kubelet/files", 404, "it has: etcd"],
    ["", `${etcd}/files/stderr`, 404, 'no file "stderr"'],
    ["", "/k8s/v1/clusters/my/nodes/none/processes/etcd/files/stdout", 404, "it has: n0"],
    ["", "/k8s/v1/clusters/none/nodes/n0/processes/etcd/files", 404, "none"],
  ])("%s %s: %d", async (query, path, status, words) => {
    const answer = await get(query, path);
    expect(answer.status).toBe(status);
    expect((await told(answer)).error).toContain(words);
  });

  test.each(["../../../../../../etc/passwd", "%2e%2e/%2e%2e/passwd"])("a path with %s leads nowhere", async (path) => {
    // A socket of our own: fetch would resolve the dots.
    const { hostname, port } = new URL(fixture.of(who));
    const socket = connect(Number(port), hostname);
    socket.write(`GET ${etcd}/files/${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: close\r\n\r\n`);
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    await once(socket, "close");
    expect(text).toMatch(/^HTTP\/1.1 404 /);
    expect(text).toContain("no_such_route");
  });

  test("the node does not run any more: where it was", async () => {
    fixture.unreachable = new CkeError("node_not_running", "it does not run", { status: 409 });
    expect((await get("")).status).toBe(409);
    const last = { executorId: "e", agentId: "S", hostname: "agent-7", endedAtMs: Date.parse("2030-01-01T00:00:00Z") };
    fixture.record = { ...fixture.record, last };
    for (const path of [stdout, `${etcd}/files`]) {
      const answer = await get("", path);
      expect(answer.status).toBe(410);
      expect(await told(answer)).toMatchObject({
        code: "files_gone",
        error: expect.stringContaining("agent-7 until 2030-01-01T00:00:00.000Z"),
        details: { host: "agent-7", container: "cke-my-n0", directory: "/var/log/cke/etcd" },
      });
    }
  });

  test("a node that was removed: where it was", async () => {
    const answer = await get("", "/k8s/v1/clusters/my/nodes/gone/processes/etcd/files");
    expect(answer.status).toBe(410);
    expect(await told(answer)).toMatchObject({ details: { host: "agent-9", last_output: "last words" } });
  });

  test("the end of the term ends what is followed", async () => {
    const answer = await get("?follow=true");
    const reading = answer.text();
    reading.catch(() => {});
    fixture.pair.channels.stop();
    await expect(reading).rejects.toThrow();
  });
});

// Client, both schedulers, and both ends of the channel are in this process, so half of the file is little.
test("a large file comes whole, and takes no memory for its size", async () => {
  const bytes = 400_000_000;
  await truncate(join(directory, "stdout"), bytes);
  const before = residentBytes();
  const answer = await fetch(`${fixture.follower.url}${stdout}`);
  let received = 0;
  let highest = 0;
  for await (const chunk of answer.body ?? []) {
    received += chunk.length;
    highest = Math.max(highest, residentBytes());
  }
  expect(received).toBe(bytes);
  expect(highest - before).toBeLessThan(250_000_000);
});

const residentBytes = () => process.memoryUsage.rss();
