// The executor's end of a channel against a peer that lies: torn and endless messages, unknown requests, ten thousand streams.
// Each is refused or ended with a reason, and the others go on.
import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from "node:http2";
import { createServer, connect as netConnect, type Server, type Socket } from "node:net";
import { systemClock } from "@cke/foundation";
import { decodeStreamError, frame, messageLimit, StreamRequest, streamEndHeader, streamPath } from "@cke/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LocalUnits } from "../testing/local-units.ts";
import { ChannelServer } from "./channel-server.ts";

let listener: Server;
let units: LocalUnits;
let channel: ChannelServer;
let peer: ClientHttp2Session;

beforeEach(async () => {
  units = new LocalUnits();
  listener = createServer();
  await once(listener.listen(0, "127.0.0.1"), "listening");
  const address = listener.address();
  const accepted = new Promise<Socket>((resolve) => listener.once("connection", resolve));
  const socket = netConnect(typeof address === "object" ? (address?.port ?? 0) : 0, "127.0.0.1");
  await once(socket, "connect");
  channel = new ChannelServer({ socket, units, clock: systemClock });
  const other = await accepted;
  peer = connect("http://executor", { createConnection: () => other });
  peer.on("error", () => {});
});
afterEach(async () => {
  peer.destroy();
  channel.close();
  await channel.closed;
  listener.close();
  await expect.poll(() => units.running.size).toBe(0);
});

interface End {
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly rstCode: number;
}

function open(path = streamPath): { readonly stream: ClientHttp2Stream; readonly end: Promise<End> } {
  const stream = peer.request({ ":method": "POST", ":path": path }, { endStream: false });
  let status: number | undefined;
  let code: string | undefined;
  const told = (headers: IncomingHttpHeaders) => {
    const end = headers[streamEndHeader];
    if (typeof end === "string") code = end === "" ? "ok" : decodeStreamError(end)?.code;
  };
  stream.on("response", (headers) => {
    status = headers[":status"];
    told(headers);
  });
  stream.on("trailers", told);
  stream.on("error", () => {});
  stream.resume();
  const end = new Promise<End>((resolve) => {
    stream.once("end", () => stream.close());
    stream.once("close", () => resolve({ status, code, rstCode: stream.rstCode ?? 0 }));
  });
  return { stream, end };
}

const probe = frame(StreamRequest.encode({ request: { kind: "probe", value: { probe: { name: "p" } } } }));
const exec = (...command: string[]) => frame(StreamRequest.encode({ request: { kind: "exec", value: { command } } }));
const length = (bytes: number) => {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(bytes);
  return head;
};

async function stillServes(): Promise<void> {
  const { stream, end } = open();
  stream.end(probe);
  expect(await end).toMatchObject({ status: 200, code: "ok" });
}

test.each<[string, Buffer, object]>([
  ["nothing at all", Buffer.alloc(0), { status: 400, code: "unimplemented" }],
  ["half a length", Buffer.from([0, 0]), { status: 400 }],
  ["half a message", probe.subarray(0, probe.length - 1), { status: 400 }],
  ["a length without end", length(messageLimit + 1), { status: 400 }],
  ["the largest length", length(0xffff_ffff), { status: 400 }],
  ["a message that is none", Buffer.concat([length(3), Buffer.from([0x0a, 0xff, 0xff])]), { status: 400 }],
  [
    "a request of a later version",
    Buffer.concat([length(3), Buffer.from([0x7a, 1, 0])]),
    { status: 400, code: "unimplemented" },
  ],
])("%s as the first message is refused, and the others go on", async (_name, bytes, expected) => {
  const { stream, end } = open();
  stream.end(bytes);
  expect(await end).toMatchObject(expected);
  await stillServes();
});

test("another path is refused", async () => {
  const { stream, end } = open("/elsewhere");
  stream.end(probe);
  expect(await end).toMatchObject({ status: 400, code: "unimplemented" });
});

test("a torn message in the middle of a command is the end of its input", async () => {
  const { stream, end } = open();
  stream.write(exec("cat"));
  await once(stream, "response");
  stream.end(Buffer.from([0, 0, 0, 9, 1]));
  expect(await end).toMatchObject({ status: 200, code: "ok" });
  await stillServes();
});

test("a stream whose first message never comes costs nothing but itself", async () => {
  const { stream } = open();
  stream.write(Buffer.from([0]));
  await stillServes();
  stream.close();
});

test("ten thousand streams at once: those that are too many are refused, and the channel lives on", async () => {
  const asked = Array.from({ length: 10_000 }, () => open());
  for (const { stream } of asked) stream.end(probe);
  const ends = await Promise.all(asked.map(({ end }) => end));
  const served = ends.filter(({ code }) => code === "ok").length;
  expect(served).toBeGreaterThan(0);
  for (const { status, rstCode } of ends) expect(status === 200 || rstCode !== 0).toBe(true);
  if (peer.destroyed) return; // the peer's own library, or the executor's, ended the whole for it
  await stillServes();
}, 600_000);
