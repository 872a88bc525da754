// Streams through both ends of a channel over real sockets: what goes in comes out, ends with a reason, and leaves nothing.
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalUnits } from "@cke/executor-core/testing/local-units";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ExecStream } from "./exec-stream.ts";
import { ChannelPair } from "./testing/channel-pair.ts";

const never = new AbortController().signal;
let units: LocalUnits;
let pair: ChannelPair;

beforeEach(async () => {
  units = new LocalUnits();
  pair = await ChannelPair.start({ units });
});
afterEach(async () => {
  await pair.stop();
  await expect.poll(() => units.running.size).toBe(0);
});

async function outcome(stream: ExecStream) {
  let stdout = "";
  let stderr = "";
  for await (const event of stream.events()) {
    if (event.kind === "stdout") stdout += Buffer.from(event.data).toString();
    if (event.kind === "stderr") stderr += Buffer.from(event.data).toString();
    if (event.kind === "exit") return { stdout, stderr, code: event.code, signal: event.signal };
  }
  throw new Error("it has not ended");
}

describe("exec", () => {
  test("output, errors and the exit code of a command", async () => {
    const channel = await pair.open();
    const stream = await channel.exec({ command: ["sh", "-c", "echo out; echo err >&2; exit 7"] }, never);
    expect(await outcome(stream)).toEqual({ stdout: "out\n", stderr: "err\n", code: 7, signal: "" });
    await expect.poll(() => channel.streams).toBe(0);
  });

  test("input of any size goes in and comes out", async () => {
    const channel = await pair.open();
    const stream = await channel.exec({ command: ["sha256sum"] }, never);
    const done = outcome(stream);
    await stream.write(Buffer.alloc(5_000_000, "x"));
    await stream.endInput();
    const { stdout } = await done;
    expect(stdout).toMatch(/^[0-9a-f]{64} /);
  });

  test("a command that is not there is refused in the unit's words", async () => {
    const channel = await pair.open();
    await expect(channel.exec({ command: ["/no/such/program"] }, never)).rejects.toMatchObject({
      code: "failed_precondition",
      status: 409,
      message: expect.stringContaining("/no/such/program"),
    });
  });

  test("resize and signal reach the command", async () => {
    const channel = await pair.open();
    const stream = await channel.exec(
      { command: ["sh", "-c", "trap 'exit 3' INT; read size; echo $size; sleep 20 & wait"] },
      never,
    );
    const events = stream.events();
    expect((await events.next()).value).toMatchObject({ kind: "started" });
    await stream.resize({ rows: 24, columns: 80 });
    const said = await events.next();
    expect(said.value).toMatchObject({ kind: "stdout", data: new Uint8Array(Buffer.from("resize 24 80\n")) });
    await stream.signal("INT");
    expect((await events.next()).value).toMatchObject({ kind: "exit", code: 3 });
  });

  test("leaving it, and aborting it, end the command", async () => {
    const channel = await pair.open();
    const left = await channel.exec({ command: ["sleep", "100"] }, never);
    await left.events().next();
    left.close();
    const abort = new AbortController();
    const aborted = await channel.exec({ command: ["sleep", "100"] }, abort.signal);
    const ended = outcome(aborted);
    abort.abort();
    await expect(ended).rejects.toMatchObject({ code: "cancelled" });
    await expect.poll(() => units.running.size).toBe(0);
  });
});

describe("tunnel", () => {
  let target: Server;
  let address: string;
  beforeEach(async () => {
    // Sends back what comes, and its end after the client's.
    target = createServer({ allowHalfOpen: true }, (socket) => void socket.pipe(socket));
    await once(target.listen(0, "127.0.0.1"), "listening");
    const bound = target.address();
    address = `127.0.0.1:${typeof bound === "object" ? bound?.port : ""}`;
  });
  afterEach(() => void target.close());

  const through = async (tcpAddress: string) =>
    await (await pair.open()).tunnel({ target: { kind: "tcpAddress", value: tcpAddress } }, never);

  test("bytes both ways, and the end of one direction is not the end of the other", async () => {
    const tunnel = await through(address);
    tunnel.end(Buffer.alloc(3_000_000, "y"));
    let length = 0;
    for await (const chunk of tunnel) length += Buffer.from(chunk).length;
    expect(length).toBe(3_000_000);
  });

  test("an address where nobody listens is a reason", async () => {
    await expect(through("127.0.0.1:1")).rejects.toMatchObject({ code: "unavailable", status: 502 });
  });

  test("a connection that breaks ends the tunnel with the reason", async () => {
    target.removeAllListeners("connection");
    target.on("connection", (socket) => socket.once("data", () => socket.resetAndDestroy()));
    const tunnel = await through(address);
    tunnel.write("x");
    const read = (async () => {
      for await (const _ of tunnel);
    })();
    await expect(read).rejects.toMatchObject({ code: "unavailable", message: expect.stringContaining("ECONNRESET") });
  });
});

describe("file", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "cke-channel-"));
    await writeFile(join(directory, "log"), "0123456789");
  });
  afterEach(() => rm(directory, { recursive: true }));

  const text = async (content: AsyncIterable<Uint8Array>) => {
    let found = "";
    for await (const chunk of content) found += Buffer.from(chunk).toString();
    return found;
  };

  test.each([
    [{}, "0123456789", 0],
    [{ offset: 3, length: 4 }, "3456", 3],
    [{ offset: 2, fromEnd: true }, "89", 8],
    [{ offset: 99 }, "", 10],
  ])("a part of it: %o", async (part, expected, offset) => {
    const file = await (await pair.open()).file({ path: join(directory, "log"), ...part }, never);
    expect(file).toMatchObject({ offset, fileSize: 10 });
    expect(await text(file.content)).toBe(expected);
  });

  test("followed, until nobody reads any more", async () => {
    const path = join(directory, "log");
    const file = await (await pair.open()).file({ path, follow: true, offset: 10 }, never);
    await writeFile(path, "more", { flag: "a" });
    for await (const chunk of file.content) {
      expect(Buffer.from(chunk).toString()).toBe("more");
      break;
    }
    await expect.poll(() => units.running.size).toBe(0);
  });

  test("one that is not there is 404", async () => {
    const asked = (await pair.open()).file({ path: join(directory, "none") }, never);
    await expect(asked).rejects.toMatchObject({ code: "not_found", status: 404 });
  });
});

test("a probe is run in the unit", async () => {
  const channel = await pair.open();
  expect(await channel.probe({ name: "p" }, never)).toMatchObject({ passing: true });
});

describe("a call that only the unit's kind understands", () => {
  test("says what it does, then its result", async () => {
    const channel = await pair.open();
    const words: string[] = [];
    const result = await channel.call(new Uint8Array([1, 2, 3]), (text) => words.push(text), never);
    expect([...result]).toEqual([1, 2, 3]);
    expect(words).toEqual(["3 bytes"]);
    await expect.poll(() => channel.streams).toBe(0);
  });

  test("a failure is told in the unit's words", async () => {
    const channel = await pair.open();
    await expect(channel.call(new Uint8Array(), () => {}, never)).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("the request is empty"),
    });
  });
});
