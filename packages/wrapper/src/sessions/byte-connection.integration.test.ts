// The socket for bytes of a real wrapper, and clients of it that lie or go away. That bytes go through whole is tested from the
// executor's side (k8s-executor/src/streams).
import { once } from "node:events";
import { existsSync, readdirSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { ByteRequest, endPiece, frame, pieceHeader, StreamError, TunnelTarget } from "@cke/protocol";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { WrapperFixture } from "../testing/wrapper-fixture.ts";

const patience = { timeout: 120_000 };
let wrapper: WrapperFixture;
let server: Server;
/** What the wrapper has connected to the server. */
let accepted: Socket[] = [];
const clients: Socket[] = [];

beforeAll(async () => {
  wrapper = await WrapperFixture.start();
  server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    accepted.push(socket);
  });
  await once(server.listen(join(wrapper.directory, "target.sock")), "listening");
});
afterEach(() => {
  for (const socket of [...clients.splice(0), ...accepted]) socket.destroy();
  accepted = [];
});
afterAll(async () => {
  server.close();
  await wrapper.dispose();
});

function client(): Socket {
  const socket = connect({ path: join(wrapper.directory, "w.tun"), allowHalfOpen: true });
  socket.on("error", () => {});
  clients.push(socket);
  return socket;
}

/** A client whose tunnel is open, and the far end of it. */
async function opened(): Promise<{ readonly socket: Socket; readonly far: Socket }> {
  const socket = client();
  const target = { kind: "unixSocket" as const, value: join(wrapper.directory, "target.sock") };
  socket.write(frame(TunnelTarget.encode({ target })));
  const [answer] = await once(socket, "data");
  expect(answer).toEqual(frame(StreamError.encode({})));
  await expect.poll(() => accepted.length, patience).toBe(1);
  const [far] = accepted;
  if (far === undefined) throw new Error("no connection was accepted");
  return { socket, far };
}

/** What the wrapper has open: sockets by their inodes, which no other socket of the same time has. */
function descriptors(): ReadonlySet<string> {
  const directory = `/proc/${wrapper.child.pid}/fd`;
  return new Set(readdirSync(directory).flatMap((name) => linkOf(join(directory, name)) ?? []));
}

/** Undefined for a descriptor that was closed meanwhile. */
function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

const reasonOf = (answer: Buffer) => StreamError.decode(answer.subarray(4));

it("is for its owner alone", () => {
  expect(statSync(join(wrapper.directory, "w.tun")).mode & 0o777).toBe(0o600);
});

it.each<[string, Buffer, RegExp]>([
  ["a first message that is too long", pieceHeader(1 << 30), /at most/],
  ["a first message that is none", frame(Buffer.from([0xff, 0xff])), /open: must be the first message/],
  ["a first message without a target", frame(TunnelTarget.encode({})), /open.target: is missing/],
])("%s is refused with a reason, and the connection is closed", async (_name, bytes, words) => {
  const socket = client();
  const answer = buffer(socket);
  socket.write(bytes);
  expect(reasonOf(await answer).message).toMatch(words);
});

it.each<[string, Buffer]>([
  ["a piece that is too long", pieceHeader(1 << 20)],
  ["bytes after the end", Buffer.concat([endPiece(), pieceHeader(1), Buffer.from("x")])],
])("%s ends its own tunnel, and the target's connection with it", async (_name, bytes) => {
  const { socket, far } = await opened();
  const closed = once(far, "close");
  far.resume();
  const rest = buffer(socket);
  socket.write(bytes);
  expect((await rest).subarray(0, 4)).toEqual(Buffer.alloc(4, 0xff));
  far.end();
  await closed;
});

it.each<[string, (socket: Socket) => void]>([
  ["closes its connection", (socket) => socket.destroy()],
  ["closes only its direction, without the end of it", (socket) => socket.end()],
])("a client that %s has gone: the target's connection is closed", async (_name, leave) => {
  const { socket, far } = await opened();
  const closed = once(far, "close");
  far.resume().on("end", () => far.end());
  leave(socket);
  await closed;
});

it("a client that goes away while the target takes nothing is noticed", async () => {
  // Only what this tunnel has opened is looked at: connections of the tests before may still be closing.
  const before = descriptors();
  const { socket } = await opened();
  const piece = Buffer.concat([pieceHeader(60_000), Buffer.alloc(60_000)]);
  while (socket.write(piece));
  await expect.poll(() => socket.writableNeedDrain, patience).toBe(true);
  const added = [...descriptors()].filter((descriptor) => !before.has(descriptor));
  expect(added.length).toBeGreaterThanOrEqual(2);
  socket.destroy();
  await expect.poll(() => added.filter((descriptor) => descriptors().has(descriptor)), patience).toEqual([]);
});

it("a follower of a file that goes away is noticed, and its file is closed", async () => {
  const path = join(wrapper.directory, "followed");
  writeFileSync(path, "one");
  const socket = client();
  const request = { kind: "file" as const, value: { path, follow: true } };
  socket.write(frame(ByteRequest.encode({ request })));
  const said: Buffer[] = [];
  socket.on("data", (bytes) => said.push(bytes));
  await expect.poll(() => Buffer.concat(said).toString(), patience).toMatch(/one$/);
  expect(descriptors()).toContain(path);
  socket.destroy();
  await expect.poll(descriptors, patience).not.toContain(path);
});

it.each<[string, string, RegExp]>([
  ["is not absolute", "etc/passwd", /^path: must be an absolute path$/],
  ["is not there", "/nonexistent", /no such file/],
  ["is no file", "/etc", /is not a regular file/],
])("a file whose path %s is refused with a reason, and the connection is closed", async (_name, path, words) => {
  const socket = client();
  const answer = buffer(socket);
  socket.write(frame(ByteRequest.encode({ request: { kind: "file", value: { path } } })));
  expect(reasonOf(await answer).message).toMatch(words);
});

it("is gone with the wrapper", async () => {
  const other = await WrapperFixture.start();
  expect(existsSync(join(other.directory, "w.tun"))).toBe(true);
  other.child.kill("SIGTERM");
  await once(other.child, "exit");
  expect(existsSync(join(other.directory, "w.tun"))).toBe(false);
  await other.dispose();
});
