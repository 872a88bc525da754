// Files and probes of a node, and the end of its wrapper, between the executor's client and a real wrapper.
import { appendFileSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { FileRequest, type ProbeInit, RunProbeRequest } from "@cke/protocol";
import { isAlive } from "@cke/wrapper/testing/wrapper-fixture";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { never, patience, StreamFixture, sh } from "../testing/stream-fixture.ts";
import type { WrapperStreams } from "./wrapper-streams.ts";

let node: StreamFixture;
beforeAll(async () => {
  node = await StreamFixture.start();
});
afterEach(() => node.closeServers());
afterAll(() => node.dispose());

describe.each<[string, () => WrapperStreams]>([
  ["as bytes", () => node.streams],
  ["of a wrapper of the first version", () => node.earlier],
])("files %s", (_name, streams) => {
  const read = async (request: Parameters<typeof FileRequest.create>[0], signal = never) => {
    const chunks = [];
    for await (const chunk of streams().file(FileRequest.create(request), signal)) chunks.push(chunk);
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

  it("tells of each part where it is, and of the file how large it was and when it changed", async () => {
    const path = join(node.wrapper.directory, "parts");
    writeFileSync(path, "x".repeat(300_000));
    const about = { fileSize: 300_000, modifiedAtMs: Math.floor(statSync(path).mtimeMs) };
    const parts = await read({ path, offset: 100 });
    expect(parts[0]).toMatchObject({ offset: 100, ...about });
    let at = 100;
    for (const { offset, data, ...rest } of parts) {
      expect({ offset, ...rest }).toEqual({ offset: at, ...about });
      at += data.length;
    }
    expect(at).toBe(300_000);
    expect((await read({ path, offset: 400_000 }))[0]).toMatchObject({ offset: 300_000, ...about });
    writeFileSync(path, "");
    expect(await read({ path })).toMatchObject([{ offset: 0, fileSize: 0 }]);
  });

  it("goes no further ahead than its reader by more than a few pieces, and leaves no file open", async () => {
    const path = join(node.wrapper.directory, "large");
    writeFileSync(path, Buffer.alloc(50_000_000, "a"));
    const pid = node.wrapper.child.pid ?? 0;
    const before = bytesReadBy(pid);
    const file = streams().file(FileRequest.create({ path }), never)[Symbol.asyncIterator]();
    await file.next();
    await file.next();
    expect(filesOpenIn(pid)).toContain(path);
    // Until it stands still: what is read is what the reader takes and what fits between.
    const looks = [-1];
    const standsStill = () => looks.push(bytesReadBy(pid)) > 1 && looks.at(-1) === looks.at(-2);
    await expect.poll(standsStill, { ...patience, interval: 300 }).toBe(true);
    expect((looks.at(-1) ?? 0) - before).toBeLessThan(4_000_000);
    await file.return?.();
    await expect.poll(() => filesOpenIn(pid), patience).not.toContain(path);
  });

  it("lists the files of a directory", async () => {
    const directory = join(node.wrapper.directory, "listed");
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "stdout"), "12345");
    const { files } = await node.streams.files({ directory }, never);
    expect(files).toMatchObject([{ name: "stdout", size: 5 }]);
    const missing = node.streams.files({ directory: "/nonexistent" }, never);
    await expect(missing).rejects.toMatchObject({ kind: "not-found" });
  });

  it("follows a file until its caller aborts", async () => {
    const path = join(node.wrapper.directory, "followed");
    writeFileSync(path, "one\n");
    const ending = new AbortController();
    let seen = "";
    const reading = (async () => {
      for await (const { data } of streams().file(FileRequest.create({ path, follow: true }), ending.signal)) {
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

it("ends every stream with a reason when the wrapper dies", async () => {
  const other = await StreamFixture.start();
  const path = join(other.wrapper.directory, "file");
  writeFileSync(path, "x");
  const { output, pid } = await other.start({ command: ["sleep", "1000"] });
  const tunnel = await other.streams.tunnel(await other.listen(() => {}), never);
  const file = other.streams.file(FileRequest.create({ path, follow: true }), never)[Symbol.asyncIterator]();
  // What the file is, then what is in it.
  await file.next();
  await file.next();
  const ends = Promise.allSettled([output.next(), file.next(), buffer(tunnel)]);
  other.wrapper.child.kill("SIGKILL");
  const reasons = (await ends).map((end) => (end.status === "rejected" ? end.reason.kind : "no reason"));
  expect(reasons).toEqual(["unavailable", "unavailable", "unavailable"]);
  other.closeServers();
  other.client.close();
  process.kill(pid, "SIGKILL");
  await expect.poll(() => other.wrapper.child.signalCode, patience).toBe("SIGKILL");
  // The next one takes away what the dead one left.
  await (await other.wrapper.startAgain()).dispose();
});

/** All that a process has read of anything, in bytes. */
const bytesReadBy = (pid: number) => Number(/^rchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1]);

/** A descriptor may be gone meanwhile. */
const filesOpenIn = (pid: number) =>
  readdirSync(`/proc/${pid}/fd`).map((name) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${name}`);
    } catch {
      return "";
    }
  });

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
