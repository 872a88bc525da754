// A cluster's log over real sockets, at the leader and through a follower.
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type ApiFixture, createApiFixture } from "../testing/api-fixture.ts";
import { Follower } from "../testing/follower-fixture.ts";

let fixture: ApiFixture;
let follower: Follower;
let urls: Readonly<Record<"leader" | "follower", string>>;
const start = async (clusterLog: Parameters<typeof createApiFixture>[0] = {}) => {
  fixture = await createApiFixture(clusterLog);
  await fixture.service.create({ cluster_name: "my" });
  const { port } = await fixture.server.listen("127.0.0.1:0");
  follower = await Follower.start({ id: "follower" });
  urls = { leader: `http://127.0.0.1:${port}`, follower: follower.url };
  follower.follow(urls.leader);
};
const stop = async () => {
  await follower.stop();
  await fixture.close();
};
beforeEach(() => start());
afterEach(() => stop());

const path = "/k8s/v1/clusters/my/logs";
const line = (seq: number, log: string) => ({
  type: "log",
  seq,
  time: "2030-01-01T00:00:00.000Z",
  level: "info",
  log,
});

/** Connects and collects; `received(n)` waits until n frames have come. */
function connect(who: "leader" | "follower", url: string, options: { readonly autoPong?: boolean } = {}) {
  const socket = new WebSocket(urls[who].replace("http", "ws") + url, options);
  const frames: unknown[] = [];
  socket.on("message", (data) => void frames.push(JSON.parse(String(data))));
  socket.on("error", () => {});
  const received = (count: number) => expect.poll(() => frames.length).toBeGreaterThanOrEqual(count);
  return { socket, frames, received };
}

/** Waits until nobody reads any more. */
const left = () => expect.poll(() => fixture.service.entries.listeners).toBe(0);

/** The text of an answer as it comes. */
async function stream(who: "leader" | "follower", url: string, headers: Record<string, string> = {}) {
  const gone = new AbortController();
  const answer = await fetch(urls[who] + url, { headers, signal: gone.signal });
  let text = "";
  const over = (async () => {
    for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString();
  })();
  over.catch(() => {});
  return { answer, text: () => text, over, leave: () => gone.abort() };
}

describe.each(["leader", "follower"] as const)("the log of a cluster through the %s", (who) => {
  it.each([path, "/k8s/clusters/my/logs", "/k8s/v1/clusrers/my/logs/"])(
    "%s as a WebSocket: what is kept, then what happens",
    async (url) => {
      const { socket, frames, received } = connect(who, url);
      await received(1);
      fixture.service.say("[INFO] ä");
      await received(2);
      expect(frames).toEqual([line(1, "[INFO] created"), line(2, "[INFO] ä")]);
      socket.close();
      await left();
    },
  );

  it("a WebSocket that resumes, filters, and does not follow", async () => {
    fixture.service.say("a", { node: "n0", level: "error" });
    fixture.service.say("b", { node: "n1", level: "error" });
    const { socket, frames } = connect(who, `${path}?since=1&node=n1&level=warning&follow=false`);
    const [code] = await once(socket, "close");
    expect(code).toBe(1000);
    expect(frames).toEqual([{ ...line(3, "b"), node: "n1", level: "error" }]);
  });

  it.each([
    ["/k8s/v1/clusters/none/logs", 404, 'there is no cluster "none"'],
    [`${path}?since=yesterday`, 400, "since: must be a sequence number"],
    [`${path}?level=debug`, 400, 'level: must be "info", "warning" or "error"'],
    [`${path}?node=unknown`, 404, 'cluster "my" has no node "unknown"; it has: none'],
    [`${path}?process=unknown`, 404, 'cluster "my" has no process "unknown"; it has: none'],
  ])("%s is refused before the handshake: %d", async (url, status, words) => {
    const { socket } = connect(who, url);
    const [, response] = await once(socket, "unexpected-response");
    expect(response.statusCode).toBe(status);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toContain(words.replaceAll('"', '\\"'));
    expect((await fetch(urls[who] + url)).status).toBe(status);
  });

  it("as an array, and as lines", async () => {
    fixture.service.say("a");
    const all = [line(1, "[INFO] created"), line(2, "a")];
    const array = await fetch(`${urls[who]}${path}`);
    expect(array.headers.get("content-type")).toContain("application/json");
    expect(await array.json()).toEqual(all);
    const lines = await fetch(`${urls[who]}${path}?format=ndjson&since=1`);
    expect(lines.headers.get("content-type")).toContain("application/x-ndjson");
    expect(await lines.text()).toBe(`${JSON.stringify(all[1])}\n`);
  });

  it("as server-sent events, which resume where they were", async () => {
    const first = await stream(who, path, { accept: "text/event-stream" });
    expect(first.answer.headers.get("content-type")).toContain("text/event-stream");
    fixture.service.say("a");
    await expect.poll(first.text).toContain(`id: 2\ndata: ${JSON.stringify(line(2, "a"))}\n\n`);
    first.leave();
    await left();
    fixture.service.say("b");
    const again = await stream(who, `${path}?format=sse`, { "last-event-id": "2" });
    await expect.poll(again.text).toBe(`retry: 2000\n\nid: 3\ndata: ${JSON.stringify(line(3, "b"))}\n\n`);
    again.leave();
    await left();
  });

  it.each(["sse", "ndjson"])("%s shows that it lives, and ends with the cluster", async (format) => {
    await stop();
    await start({ clusterLog: { heartbeatMs: 50 } });
    const { text, over } = await stream(who, `${path}?format=${format}&follow=true`);
    await expect.poll(text).toMatch(/heartbeat[\s\S]*heartbeat/);
    fixture.service.entries.close({ reason: "the cluster is deleted", over: true });
    await over;
    expect(text()).toContain('"type":"end"');
    expect(text()).toContain("the cluster is deleted");
  });

  it.each([
    [true, 1000],
    [false, 1012],
  ])("the end of the log ends a WebSocket; over for good: %s, code %d", async (over, expected) => {
    const { socket, frames, received } = connect(who, path);
    await received(1);
    fixture.service.entries.close({ reason: "why", over });
    const [code] = await once(socket, "close");
    expect(code).toBe(expected);
    expect(frames.at(-1)).toMatchObject({ type: "end", reason: "why" });
  });
});

describe("a slow client", () => {
  const long = "x".repeat(50_000);
  /** More than sockets hold, and more than the log keeps. */
  const flood = async () => {
    for (let sent = 0; sent < 1_500; sent += 1) {
      fixture.service.say(long);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  it("costs no memory, and is told what it has missed", async () => {
    const { socket, frames, received } = connect("leader", path);
    await received(1);
    socket.pause();
    await flood();
    socket.resume();
    const seqs = () => frames.map((frame) => (typeof frame === "object" && frame && "seq" in frame ? frame.seq : 0));
    await expect.poll(() => seqs().at(-1)).toBe(1_501);
    const gaps = frames.filter(
      (frame) => typeof frame === "object" && frame && "type" in frame && frame.type === "gap",
    );
    expect(gaps).toHaveLength(1);
    expect(gaps[0]).toMatchObject({ seq: 1_001, reason: expect.stringContaining("too slowly") });
    // After the gap nothing is missing.
    const from = frames.indexOf(gaps[0]);
    expect(seqs().slice(from)).toEqual(Array.from({ length: 501 }, (_, index) => 1_001 + index));
    socket.close();
    await left();
  });

  it("that stands still is cut off: a WebSocket that does not answer, a stream that takes nothing", async () => {
    await stop();
    await start({ clusterLog: { heartbeatMs: 2_000, stalledMs: 4_000 } });
    const dead = connect("leader", path, { autoPong: false });
    const good = connect("leader", path);
    const cut = once(dead.socket, "close");
    await Promise.all([dead.received(1), good.received(1)]);
    const request = httpRequest(`${urls.leader}${path}?format=ndjson&follow=true`);
    request.on("error", () => {});
    request.end();
    const [answer]: IncomingMessage[] = await once(request, "response");
    answer?.on("error", () => {});
    answer?.pause();
    await flood();
    await cut;
    await expect.poll(() => fixture.service.entries.listeners).toBe(1);
    expect(good.socket.readyState).toBe(WebSocket.OPEN);
    request.destroy();
    good.socket.close();
    await left();
  });
});

it("ends with the scheduler: clients are told to go", async () => {
  const { socket, received } = connect("leader", path);
  await received(1);
  const closed = once(socket, "close");
  await fixture.server.stop(1000);
  expect((await closed)[0]).toBe(1001);
});

describe("listening", () => {
  it("names the flag when the port is taken", async () => {
    const other = await createApiFixture();
    const address = urls.leader.replace("http://", "");
    await expect(other.server.listen(address)).rejects.toThrow(
      `-listen ${address}: the port is taken by another process (ss -ltnp shows by which); stop that one, or choose another address`,
    );
    await other.close();
  });
});
