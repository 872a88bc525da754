// Files and probes of a node, and the end of its wrapper, between the executor's client and a real wrapper.
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { FileRequest, type ProbeInit, RunProbeRequest } from "@cke/protocol";
import { isAlive } from "@cke/wrapper/testing/wrapper-fixture";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { never, patience, StreamFixture, sh } from "../testing/stream-fixture.ts";

let node: StreamFixture;
beforeAll(async () => {
  node = await StreamFixture.start();
});
afterEach(() => node.closeServers());
afterAll(() => node.dispose());

describe("files", () => {
  const read = async (request: Parameters<typeof FileRequest.create>[0], signal = never) => {
    const chunks = [];
    for await (const chunk of node.streams.file(FileRequest.create(request), signal)) chunks.push(chunk);
    return chunks;
  };
  const text = async (request: Parameters<typeof FileRequest.create>[0]) =>
    Buffer.concat((await read(request)).map(({ data }) => data)).toString();

  it("reads a file, or a part from either end", async () => {
    const path = join(node.wrapper.directory, "file");
    writeFileSync(path, `${"0123456789".repeat(10_000)}the end`);
    expect((await text({ path })).length).toBe(100_007);
    expect(await text({ path, offset: 5, length: 3 })).toBe("567");
    expect(await text({ path, offset: 7, fromEnd: true })).toBe("the end");
    expect(await text({ path, offset: 200_000, fromEnd: true, length: 4 })).toBe("0123");
    expect(await text({ path: "/proc/self/mounts" })).toContain("/proc");
  });

  it("follows a file until its caller aborts", async () => {
    const path = join(node.wrapper.directory, "followed");
    writeFileSync(path, "one\n");
    const ending = new AbortController();
    let seen = "";
    const reading = (async () => {
      for await (const { data } of node.streams.file(FileRequest.create({ path, follow: true }), ending.signal)) {
        seen += Buffer.from(data).toString();
      }
    })();
    reading.catch(() => {});
    await expect.poll(() => seen, patience).toBe("one\n");
    appendFileSync(path, "two\n");
    await expect.poll(() => seen, patience).toBe("one\ntwo\n");
    ending.abort();
    await expect(reading).rejects.toMatchObject({ kind: "cancelled" });
  });

  it.each([
    ["/nonexistent", "not-found"],
    ["/etc", "failed-precondition"],
    ["etc/passwd", "invalid-argument"],
    ["", "invalid-argument"],
  ])("refuses to read %j", async (path, status) => {
    await expect(read({ path })).rejects.toMatchObject({ kind: status });
  });
});

it.each([
  [
    { kind: "exec", value: { command: ["true"] } },
    { passing: true, message: "" },
  ],
  [
    { kind: "exec", value: { command: ["false"], description: "it does not work" } },
    { passing: false, message: "it does not work" },
  ],
  [{ kind: "tcp", value: { address: "127.0.0.1:1" } }, { passing: false }],
] satisfies [ProbeInit["check"], object][])("runs the probe %j", async (check, expected) => {
  expect(await node.streams.probe(RunProbeRequest.create({ probe: { check } }), never)).toMatchObject(expected);
});

it("ends a probe that its caller does not wait for any more", async () => {
  const ending = new AbortController();
  const path = join(node.wrapper.directory, "probe-pid");
  const check = { kind: "exec" as const, value: { command: sh(`echo $$ >${path}; exec sleep 1000`) } };
  const probing = node.streams.probe(RunProbeRequest.create({ probe: { check, timeoutMs: 100_000 } }), ending.signal);
  await expect.poll(() => textOf(path), patience).toMatch(/\d\n$/);
  ending.abort();
  await expect(probing).rejects.toMatchObject({ kind: "cancelled" });
  await expect.poll(() => isAlive(Number(textOf(path))), patience).toBe(false);
});

it("ends every stream with a reason within 5 s when the wrapper dies", async () => {
  const other = await StreamFixture.start();
  const path = join(other.wrapper.directory, "file");
  writeFileSync(path, "x");
  const { output, pid } = await other.start({ command: ["sleep", "1000"] });
  const tunnel = await other.streams.tunnel(await other.listen(() => {}), never);
  const file = other.streams.file(FileRequest.create({ path, follow: true }), never)[Symbol.asyncIterator]();
  await file.next();
  const ends = Promise.allSettled([output.next(), file.next(), buffer(tunnel)]);
  const before = performance.now();
  other.wrapper.child.kill("SIGKILL");
  const reasons = (await ends).map((end) => (end.status === "rejected" ? end.reason.kind : "no reason"));
  expect(reasons).toEqual(["unavailable", "unavailable", "unavailable"]);
  expect(performance.now() - before).toBeLessThan(5_000);
  other.closeServers();
  other.client.close();
  process.kill(pid, "SIGKILL");
  await expect.poll(() => other.wrapper.child.signalCode, patience).toBe("SIGKILL");
  // The next one takes away what the dead one left.
  await (await other.wrapper.startAgain()).dispose();
});

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
