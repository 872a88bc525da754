// A daemon that is slow with five calls keeps its connection; one that takes nothing of a stream does not.
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { domainOpenConsole, storageVolUpload } from "../generated/remote.ts";
import { connectLibvirt } from "../index.ts";
import { type Answer, LyingDaemon, reply } from "../testing/lying-daemon.ts";
import { openStream, type StreamPatience, type StreamWay } from "./stream.ts";

const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function lying(answer: Answer) {
  const directory = mkdtempSync(join(tmpdir(), "cke-patience-"));
  ends.push(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "sock");
  const daemon = await LyingDaemon.start(path, answer);
  ends.push(() => daemon.stop());
  return { daemon, path };
}

test("five calls that take long are no silence, though no sign of life is answered meanwhile", async () => {
  const held: (() => void)[] = [];
  const { daemon, path } = await lying(({ header }, socket) => {
    held.push(() => void socket.write(reply(header, (output) => output.string("h", "s"))));
  });
  const libvirt = await connectLibvirt(path, { keepalive: { intervalMs: 20, count: 3 } });
  ends.push(() => libvirt.close());
  // As a daemon that reads nothing of a connection with five calls.
  daemon.alive = false;
  const calls = Array.from({ length: 5 }, () => libvirt.host.hostname());
  await expect.poll(() => held.length).toBe(5);
  // Ten times longer than a silent daemon is given.
  await new Promise((resolve) => setTimeout(resolve, 800));
  daemon.alive = true;
  for (const answer of held) answer();
  expect(await Promise.all(calls)).toEqual(["h", "h", "h", "h", "h"]);
  expect(daemon.connections).toBe(1);
});

const volume = { pool: "p", name: "v", key: "k" };
const domain = { name: "d", uuid: "00112233-4455-6677-8899-aabbccddeeff", id: 1 };
const open = {
  write: (path: string, patience: StreamPatience) =>
    openStream(
      { path, uri: "test:///default", patience },
      storageVolUpload,
      { volume, offset: 0, length: 0, flags: 0 },
      "write",
    ),
  both: (path: string, patience: StreamPatience) =>
    openStream(
      { path, uri: "test:///default", patience },
      domainOpenConsole,
      { domain, devName: undefined, flags: 0 },
      "both",
    ),
} as const satisfies Partial<Record<StreamWay, unknown>>;

/** Takes the call, and nothing of the connection afterwards. */
const deaf: Answer = ({ header }, socket) => {
  socket.write(reply(header));
  socket.pause();
};
const full = Buffer.alloc(4 * 1024 * 1024);

test("a stream to a daemon that does not read is destroyed in a moment", async () => {
  const { daemon, path } = await lying(deaf);
  const { stream } = await open.both(path, { stallMs: 60_000, abortMs: 50 });
  stream.on("error", () => {});
  const closed = once(stream, "close");
  stream.write(full);
  stream.destroy();
  await closed;
  daemon.resume();
  await expect.poll(() => daemon.open).toBe(0);
});

test("an upload that the daemon takes nothing of fails; input of a console waits", async () => {
  const { daemon, path } = await lying(deaf);
  const patience = { stallMs: 100, abortMs: 50 };
  const upload = await open.write(path, patience);
  const failed = new Promise<Error>((resolve) => upload.stream.once("error", resolve));
  const console = await open.both(path, patience);
  console.stream.on("error", () => {});
  upload.stream.write(full);
  console.stream.write(full);
  expect((await failed).message).toMatch(/the daemon has not taken any data of the stream for 1 s/);
  expect(console.stream.destroyed).toBe(false);
  const closed = once(console.stream, "close");
  console.stream.destroy();
  await closed;
  daemon.resume();
  await expect.poll(() => daemon.open).toBe(0);
});

test("the end of a stream that the daemon does not confirm fails", async () => {
  const { daemon, path } = await lying(({ header }, socket) => {
    if (header.type === 0) socket.write(reply(header));
  });
  const { stream } = await open.write(path, { stallMs: 100, abortMs: 50 });
  const failed = new Promise<Error>((resolve) => stream.once("error", resolve));
  stream.end();
  expect((await failed).message).toMatch(/has not confirmed the end/);
  await expect.poll(() => daemon.open).toBe(0);
});
