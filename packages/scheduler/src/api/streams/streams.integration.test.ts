// Commands in a node through the API, over a real channel that is dialled at this very API.
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { StreamsFixture } from "../testing/streams-fixture.ts";

let fixture: StreamsFixture;
beforeEach(async () => {
  fixture = await StreamsFixture.start();
});
afterEach(async () => {
  await fixture.stop();
  await expect.poll(() => fixture.local.running.size).toBe(0);
});

const node = "/k8s/v1/clusters/my/nodes/n0";

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
      fixture.of(who),
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
    const cat = await run(fixture.of(who), "command=cat");
    cat.socket.send(Buffer.from("hello"));
    cat.socket.send(JSON.stringify({ type: "stdin_end" }));
    expect(await cat.closed).toBe(1000);
    expect(cat.text()).toBe("1hello");
    const sleep = await run(fixture.of(who), "command=sleep&command=100");
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
    const cat = await run(fixture.of(who), "command=sha256sum");
    for (let at = 0; at < input.length; at += frameBytes) cat.socket.send(input.subarray(at, at + frameBytes));
    cat.socket.send(JSON.stringify({ type: "stdin_end" }));
    expect(await cat.closed).toBe(1000);
    expect(cat.text()).toBe(`1${createHash("sha256").update(input).digest("hex")}  -\n`);
  });

  test("a frame that is too long is a code that says so, and ends the command", async () => {
    const cat = await run(fixture.of(who), "command=cat");
    cat.socket.send(Buffer.alloc(65_537));
    expect(await cat.closed).toBe(1009);
    await expect.poll(() => fixture.local.running.size).toBe(0);
  });

  test("a client that goes away ends its command", async () => {
    const sleep = await run(fixture.of(who), "command=sleep&command=100");
    await expect.poll(() => sleep.told.length).toBe(1);
    sleep.socket.terminate();
    await expect.poll(() => fixture.local.running.size).toBe(0);
  });

  test("the end of the term is a code to connect again", async () => {
    const sleep = await run(fixture.of(who), "command=sleep&command=100");
    await expect.poll(() => sleep.told.length).toBe(1);
    fixture.pair.channels.stop();
    expect(await sleep.closed).toBe(1012);
    expect(sleep.told.at(-1)).toMatchObject({ type: "error", code: "not_leader" });
  });

  test("a client that does not read holds up its command, and loses nothing", async () => {
    const flood = await run(
      fixture.of(who),
      "command=sh&command=-c&command=head%20-c%2020000000%20/dev/zero;%20echo%20end",
    );
    flood.socket.pause();
    await expect.poll(() => fixture.local.running.size).toBe(1);
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
    const socket = new WebSocket(`${fixture.of(who).replace("http", "ws")}${node}/exec?${query}`);
    const [, answer] = await once(socket, "unexpected-response");
    expect(answer.statusCode).toBe(status);
    answer.destroy();
  });

  test("an ordinary request is told to upgrade", async () => {
    const answer = await fetch(`${fixture.of(who)}${node}/exec?command=x`);
    expect(answer.status).toBe(426);
    await answer.text();
  });
});

test("a dial that nobody expects is refused with a reason, by a follower too", async () => {
  for (const base of [fixture.leader, fixture.follower.url]) {
    const request = httpRequest(`${base}/channel/x`, { headers: { connection: "Upgrade", upgrade: "cke-channel" } });
    request.end();
    const [answer] = await once(request, "response");
    expect(answer.statusCode).toBe(base === fixture.leader ? 403 : 503);
    answer.destroy();
  }
});
