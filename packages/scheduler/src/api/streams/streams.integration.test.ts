// Commands and files of a node through the API, over a real channel that is dialled at this very API.
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalUnits } from "@cke/executor-core/testing/local-units";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { ChannelPair } from "../../channel/testing/channel-pair.ts";
import { PartNotFoundError } from "../../workload/plans/part-not-found-error.ts";
import { type ApiFixture, createApiFixture } from "../testing/api-fixture.ts";
import { Follower } from "../testing/follower-fixture.ts";

let root: string;
let units: LocalUnits;
let pair: ChannelPair;
let api: ApiFixture;
let follower: Follower;
let url = "";

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "cke-streams-"));
  await mkdir(join(root, "var/log/cke/etcd"), { recursive: true });
  await writeFile(join(root, "var/log/cke/etcd/stdout"), "0123456789");
  units = new LocalUnits(root);
  pair = await ChannelPair.start({ units, url: () => url });
  api = await createApiFixture({
    channels: {
      open: async (_cluster, node, signal) => {
        if (node !== "n0") throw new PartNotFoundError("node", 'cluster "my"', node, ["n0"]);
        return await pair.open(signal);
      },
      dial: (...asked) => pair.channels.dial(...asked),
    },
  });
  const { port } = await api.server.listen("127.0.0.1:0");
  url = `http://127.0.0.1:${port}`;
  follower = await Follower.start({ id: "follower" });
  follower.follow(url);
});
afterEach(async () => {
  await pair.stop();
  await follower.api.close();
  await api.close();
  await rm(root, { recursive: true });
  await expect.poll(() => units.running.size).toBe(0);
});

const via = { leader: () => url, follower: () => follower.url };
const node = "/k8s/v1/clusters/my/nodes/n0";

describe.each(["leader", "follower"] as const)("files through the %s", (who) => {
  const get = (query: string, path = `${node}/processes/etcd/files/stdout`) =>
    fetch(`${via[who]()}${path}${query}`, { signal: AbortSignal.timeout(10_000) });

  test.each([
    ["", "0123456789", "0"],
    ["?offset=3&length=4", "3456", "3"],
    ["?offset=-2", "89", "8"],
    ["?offset=-99", "0123456789", "0"],
    ["?offset=99", "", "10"],
  ])("%s", async (query, text, offset) => {
    const answer = await get(query);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe(text);
    expect(answer.headers.get("x-cke-file-offset")).toBe(offset);
    expect(answer.headers.get("x-cke-file-size")).toBe("10");
  });

  test("followed, until the client has seen enough", async () => {
    const gone = new AbortController();
    const answer = await fetch(`${via[who]()}${node}/processes/etcd/files/stdout?offset=8&follow=true`, {
      signal: gone.signal,
    });
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe("89");
    await writeFile(join(root, "var/log/cke/etcd/stdout"), "ab", { flag: "a" });
    expect((await reader?.read())?.value).toBe("ab");
    gone.abort();
    await expect.poll(() => units.running.size).toBe(0);
  });

  test.each([
    ["?offset=x", undefined, 400, "offset"],
    ["?length=0", undefined, 400, "length"],
    ["?nonsense=1", undefined, 400, "nonsense"],
    ["", `${node}/processes/etcd/files/passwd`, 400, "stdout"],
    ["", `${node}/processes/..%2F..%2Fetc/files/stdout`, 400, "process"],
    ["", `${node}/processes/etcd/files/stderr`, 404, "stderr"],
    ["", "/k8s/v1/clusters/my/nodes/none/processes/etcd/files/stdout", 404, "none"],
  ])("%s %s: %d", async (query, path, status, words) => {
    const answer = await get(query, path);
    expect(answer.status).toBe(status);
    const { error } = z.object({ error: z.string() }).parse(await answer.json());
    expect(error).toContain(words);
  });

  test("the end of the term ends what is followed", async () => {
    const answer = await get("?follow=true");
    const reading = answer.text();
    reading.catch(() => {});
    pair.channels.stop();
    await expect(reading).rejects.toThrow();
  });
});

/** Runs a command; `text` is what has come as `<1 or 2><text>`, `told` the JSON frames. */
async function run(base: string, query: string) {
  const socket = new WebSocket(`${base.replace("http", "ws")}${node}/exec?${query}`);
  let text = "";
  const told: unknown[] = [];
  socket.on("message", (data: Buffer, binary) => {
    if (binary) text += `${data[0]}${data.subarray(1).toString()}`;
    else told.push(JSON.parse(data.toString()));
  });
  const closed = once(socket, "close").then(([code]) => z.number().parse(code));
  await once(socket, "open");
  return { socket, closed, told, text: () => text };
}

describe.each(["leader", "follower"] as const)("exec through the %s", (who) => {
  test("output, errors, exit code", async () => {
    const command = await run(
      via[who](),
      "command=sh&command=-c&command=echo%20out;%20sleep%20.1;%20echo%20err%20>%262;%20exit%207",
    );
    expect(await command.closed).toBe(1000);
    expect(command.text()).toBe("1out\n2err\n");
    expect(command.told).toEqual([
      { type: "started", pid: expect.any(Number) },
      { type: "exit", code: 7, signal: "" },
    ]);
  });

  test("input, its end, and a signal", async () => {
    const cat = await run(via[who](), "command=cat");
    cat.socket.send(Buffer.from("hello"));
    cat.socket.send(JSON.stringify({ type: "stdin_end" }));
    expect(await cat.closed).toBe(1000);
    expect(cat.text()).toBe("1hello");
    const sleep = await run(via[who](), "command=sleep&command=100");
    for (const [frame, words] of [
      ["no JSON at all", "must be JSON"],
      [JSON.stringify({ type: "signal", name: "NONSENSE" }), "name: must be the name of a signal"],
      [JSON.stringify({ type: "resize", rows: 0, columns: 80 }), "rows"],
    ] as const) {
      sleep.socket.send(frame);
      const error = expect.stringContaining(words);
      await expect.poll(() => sleep.told.at(-1)).toEqual({ type: "error", code: "bad_request", error });
    }
    sleep.socket.send(JSON.stringify({ type: "signal", name: "TERM" }));
    expect(await sleep.closed).toBe(1000);
    expect(sleep.told.at(-1)).toMatchObject({ type: "exit", signal: "SIGTERM" });
  });

  test.each([1_000, 40_000, 65_536])("input in frames of %d bytes comes whole and in order", async (frameBytes) => {
    const input = randomBytes(3_000_000);
    const cat = await run(via[who](), "command=sha256sum");
    for (let at = 0; at < input.length; at += frameBytes) cat.socket.send(input.subarray(at, at + frameBytes));
    cat.socket.send(JSON.stringify({ type: "stdin_end" }));
    expect(await cat.closed).toBe(1000);
    expect(cat.text()).toBe(`1${createHash("sha256").update(input).digest("hex")}  -\n`);
  });

  test("a frame that is too long is a code that says so, and ends the command", async () => {
    const cat = await run(via[who](), "command=cat");
    cat.socket.send(Buffer.alloc(65_537));
    expect(await cat.closed).toBe(1009);
    await expect.poll(() => units.running.size).toBe(0);
  });

  test("a client that goes away ends its command", async () => {
    const sleep = await run(via[who](), "command=sleep&command=100");
    await expect.poll(() => sleep.told.length).toBe(1);
    sleep.socket.terminate();
    await expect.poll(() => units.running.size).toBe(0);
  });

  test("the end of the term is a code to connect again", async () => {
    const sleep = await run(via[who](), "command=sleep&command=100");
    await expect.poll(() => sleep.told.length).toBe(1);
    pair.channels.stop();
    expect(await sleep.closed).toBe(1012);
    expect(sleep.told.at(-1)).toMatchObject({ type: "error", code: "not_leader" });
  });

  test("a client that does not read holds up its command, and loses nothing", async () => {
    const flood = await run(via[who](), "command=sh&command=-c&command=head%20-c%2020000000%20/dev/zero;%20echo%20end");
    flood.socket.pause();
    await expect.poll(() => units.running.size).toBe(1);
    flood.socket.resume();
    expect(await flood.closed).toBe(1000);
    expect(flood.text().replaceAll("1", "").length).toBe(20_000_004);
  });

  test.each([
    ["", 400],
    ["command=x&tty=maybe", 400],
    ["command=x&rows=0", 400],
    ["command=/no/such/program", 409],
  ])("%s is refused before the handshake: %d", async (query, status) => {
    const socket = new WebSocket(`${via[who]().replace("http", "ws")}${node}/exec?${query}`);
    const [, answer] = await once(socket, "unexpected-response");
    expect(answer.statusCode).toBe(status);
    answer.destroy();
  });

  test("an ordinary request is told to upgrade", async () => {
    const answer = await fetch(`${via[who]()}${node}/exec?command=x`);
    expect(answer.status).toBe(426);
    await answer.text();
  });
});

test("a dial that nobody expects is refused with a reason, by a follower too", async () => {
  for (const base of [url, follower.url]) {
    const request = httpRequest(`${base}/channel/x`, { headers: { connection: "Upgrade", upgrade: "cke-channel" } });
    request.end();
    const [answer] = await once(request, "response");
    expect(answer.statusCode).toBe(base === url ? 403 : 503);
    answer.destroy();
  }
});
