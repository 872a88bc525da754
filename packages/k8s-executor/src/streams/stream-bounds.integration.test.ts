// What streams may hold and how many there may be, between the executor's client and a real wrapper.
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { ExecStart, FileRequest, RunProbeRequest, type TunnelTarget } from "@cke/protocol";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { patience, StreamFixture, sh } from "../testing/stream-fixture.ts";

let node: StreamFixture;
let ending = new AbortController();
beforeAll(async () => {
  node = await StreamFixture.start();
});
afterEach(async () => {
  ending.abort();
  ending = new AbortController();
  node.closeServers();
  await expect.poll(() => node.wrapper.sessionCgroups(), patience).toEqual([]);
});
afterAll(() => node.dispose());

const mebibyte = 1024 * 1024;

/** Resolves with the value when it has not changed for half a second. */
async function settled(value: () => number): Promise<number> {
  for (let before = -1; ; ) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const now = value();
    if (now === before && now > 0) return now;
    before = now;
  }
}

const fill = (write: (data: Buffer) => boolean, onDrain: (callback: () => void) => void) => {
  const data = Buffer.alloc(16 * 1024);
  const go = () => {
    while (write(data));
  };
  onDrain(go);
  go();
};

describe("a stream that nobody reads", () => {
  // The kernel holds as much again as it gives to each UNIX socket on the way.
  const perSocket = Number(readFileSync("/proc/sys/net/core/wmem_default", "utf8"));
  const most = (sockets: number) => mebibyte + sockets * perSocket;

  it("holds less than 1 MiB of a command's output", async () => {
    const path = join(node.wrapper.directory, "written");
    writeFileSync(path, "0");
    const script = `i=0; while head -c 4096 /dev/zero; do i=$((i+1)); echo $i >${path}.new; mv ${path}.new ${path}; done`;
    const { output } = node.streams.exec(ExecStart.create({ command: sh(script) }), ending.signal);
    await output[Symbol.asyncIterator]().next();
    expect(await settled(() => Number(readFileSync(path, "utf8")) * 4_096)).toBeLessThan(most(1));
  });

  it("holds less than 1 MiB of a command's input", async () => {
    const session = node.streams.exec(ExecStart.create({ command: ["sleep", "1000"] }), ending.signal);
    await session.output[Symbol.asyncIterator]().next();
    let sent = 0;
    const { signal } = ending;
    void (async () => {
      while (!signal.aborted) {
        await session.send({ input: { kind: "stdin", value: new Uint8Array(32 * 1024) } });
        sent += 32 * 1024;
      }
    })();
    expect(await settled(() => sent)).toBeLessThan(most(1));
  });

  it("holds less than 1 MiB of what comes through a tunnel", async () => {
    let far: Socket | undefined;
    const target = await node.listen((socket) => {
      far = socket;
      fill(
        (data) => socket.write(data),
        (callback) => socket.on("drain", callback),
      );
    });
    const tunnel = await node.streams.tunnel(target, ending.signal);
    await once(tunnel, "readable");
    expect(await settled(() => (far?.bytesWritten ?? 0) - (far?.writableLength ?? 0))).toBeLessThan(most(2));
  });

  it("holds less than 1 MiB of what goes into a tunnel", async () => {
    const target = await node.listen((socket) => socket.pause());
    const tunnel = await node.streams.tunnel(target, ending.signal);
    let sent = 0;
    fill(
      (data) => {
        sent += data.length;
        return tunnel.write(data);
      },
      (callback) => tunnel.on("drain", callback),
    );
    expect(await settled(() => sent)).toBeLessThan(most(2));
  });
});

describe("too many streams", () => {
  const refused = { kind: "resource-exhausted" };
  const path = "/proc/self/mounts";
  const opens: [string, number, () => Promise<unknown>][] = [
    [
      "exec",
      256,
      () =>
        node.streams
          .exec(ExecStart.create({ command: ["sleep", "1000"] }), ending.signal)
          .output[Symbol.asyncIterator]()
          .next(),
    ],
    ["tunnel", 512, async () => node.streams.tunnel(await idle, ending.signal)],
    [
      "get-file",
      64,
      () =>
        node.streams
          .file(FileRequest.create({ path, follow: true }), ending.signal)
          [Symbol.asyncIterator]()
          .next(),
    ],
  ];
  let idle: Promise<TunnelTarget>;

  it.each(opens)("%s: the one after %i is refused, and the node goes on", async (kind, bound, open) => {
    idle = node.listen((socket) => socket.resume());
    for (let at = 0; at < bound; at += 16) {
      await Promise.all(Array.from({ length: Math.min(16, bound - at) }, open));
    }
    await expect(open()).rejects.toMatchObject(refused);
    await expect(open()).rejects.toThrow(`${bound} ${kind} calls are open in this node`);
    expect((await node.client.info()).features).toContain("exec-user");
    ending.abort();
    ending = new AbortController();
    // What has ended makes room.
    await expect.poll(() => open().then(() => "open", String), patience).toBe("open");
  });

  it("run-probe: the one after 16 is refused", async () => {
    const check = { kind: "exec" as const, value: { command: ["sleep", "1000"] } };
    const probe = RunProbeRequest.create({ probe: { check, timeoutMs: 100_000 } });
    const calls = Array.from({ length: 17 }, () => node.streams.probe(probe, ending.signal));
    for (const call of calls) call.catch(() => {});
    await expect(Promise.race(calls)).rejects.toMatchObject(refused);
  });

  it("10,000 at once end with a reason each, and the node goes on", async () => {
    const target = await node.listen((socket) => socket.resume());
    const ends = await Promise.allSettled(
      Array.from({ length: 10_000 }, () => node.streams.tunnel(target, ending.signal)),
    );
    const reasons = new Map<string, number>();
    for (const end of ends) {
      const reason = end.status === "fulfilled" ? "open" : String(end.reason.kind);
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    // On a very busy machine some are not answered in time.
    const { open = 0, deadline = 0, ...others } = Object.fromEntries(reasons);
    expect(Object.keys(others)).toEqual(["resource-exhausted"]);
    expect(open).toBeGreaterThan(0);
    expect(open).toBeLessThanOrEqual(512);
    if (deadline === 0) expect(open).toBe(512);
    expect((await node.client.info()).version).not.toBe("");
  });
});
