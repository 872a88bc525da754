import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { ClusterLogEntry } from "../../workload/plans/log-entry.ts";
import { type ApiFixture, createApiFixture } from "../testing/api-fixture.ts";

let fixture: ApiFixture;
let base: string;
beforeEach(async () => {
  fixture = await createApiFixture({ clusterLog: { pingMs: 40, maxBufferedBytes: 200_000 } });
  await fixture.service.create({ cluster_name: "my" });
  const { port } = await fixture.server.listen("127.0.0.1:0");
  base = `ws://127.0.0.1:${port}`;
});
afterEach(() => fixture.close());

const log = (text: string): ClusterLogEntry => ({ type: "log", time: "2030-01-01T00:00:00.000Z", log: text });

/** Connects and collects; `received(n)` waits until n frames have come. */
function connect(path: string, options: { readonly autoPong?: boolean } = {}) {
  const socket = new WebSocket(base + path, options);
  const frames: unknown[] = [];
  const waiting = new Set<() => void>();
  socket.on("message", (data) => {
    frames.push(JSON.parse(String(data)));
    for (const wake of waiting) wake();
  });
  const received = (count: number) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (frames.length >= count) resolve();
      };
      waiting.add(check);
      check();
    });
  return { socket, frames, received };
}

/** Waits until the server has taken the client off the log. */
async function unsubscribed(): Promise<void> {
  await expect.poll(() => fixture.service.listeners.size).toBe(0);
}

describe("cluster log", () => {
  it.each(["/k8s/v1/clusters/my/logs", "/k8s/clusters/my/logs", "/k8s/v1/clusrers/my/logs/"])(
    "%s: the replay, then what happens",
    async (path) => {
      const { socket, frames, received } = connect(path);
      await received(1);
      const stat: ClusterLogEntry = {
        type: "stat",
        time: "2030-01-01T00:00:00.000Z",
        cluster: "my",
        node: "master",
        old_stat: 1,
        old_stat_name: "master wrap",
        new_stat: 2,
        new_stat_name: "etcd",
        total_stat: 9,
      };
      fixture.service.emit(stat);
      fixture.service.emit(log("[INFO] ä"));
      await received(3);
      expect(frames).toEqual([log("[INFO] created"), stat, log("[INFO] ä")]);
      socket.close();
      await unsubscribed();
    },
  );

  it("an unknown cluster is refused before the handshake, with 404", async () => {
    const { socket } = connect("/k8s/v1/clusters/none/logs");
    const [, response] = await once(socket, "unexpected-response");
    expect(response.statusCode).toBe(404);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    expect(JSON.parse(Buffer.concat(chunks).toString())).toMatchObject({ error: 'there is no cluster "none"' });
  });

  it("keeps a client that answers pings, cuts off one that does not", async () => {
    const good = connect("/k8s/v1/clusters/my/logs");
    const dead = connect("/k8s/v1/clusters/my/logs", { autoPong: false });
    await Promise.all([good.received(1), dead.received(1)]);
    let pings = 0;
    const fourPings = new Promise<void>((resolve) =>
      good.socket.on("ping", () => {
        pings += 1;
        if (pings === 4) resolve();
      }),
    );
    await Promise.all([once(dead.socket, "close"), fourPings]);
    expect(good.socket.readyState).toBe(WebSocket.OPEN);
    expect(fixture.service.listeners.size).toBe(1);
    good.socket.close();
    await unsubscribed();
  });

  it("cuts off a client that does not read, and keeps the others", async () => {
    await fixture.close();
    fixture = await createApiFixture({ clusterLog: { maxBufferedBytes: 200_000 } });
    await fixture.service.create({ cluster_name: "my" });
    base = `ws://127.0.0.1:${(await fixture.server.listen("127.0.0.1:0")).port}`;
    const slow = connect("/k8s/v1/clusters/my/logs");
    await slow.received(1);
    slow.socket.pause();
    const line = log("x".repeat(50_000));
    // Beyond the kernel's socket buffers the backlog counts; it must be cut long before this many.
    for (let sent = 0; sent < 2_000 && fixture.service.listeners.size > 0; sent += 1) {
      fixture.service.emit(line);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await unsubscribed();
    expect(fixture.logLines.join("")).toContain("reads too slowly");
    slow.socket.terminate();
  });

  it("ends with the scheduler: clients are told to go", async () => {
    const { socket, received } = connect("/k8s/v1/clusters/my/logs");
    await received(1);
    const closed = once(socket, "close");
    await fixture.server.stop(1000);
    expect((await closed)[0]).toBe(1001);
  });
});

describe("listening", () => {
  it("names the flag when the port is taken", async () => {
    const other = await createApiFixture();
    const address = base.replace("ws://", "");
    await expect(other.server.listen(address)).rejects.toThrow(
      `-listen ${address}: the port is taken by another process (ss -ltnp shows by which); stop that one, or choose another address`,
    );
    await other.close();
  });
});
