// Volumes and filters at a real daemon: streams in both directions, in pieces, with slow readers, and broken.
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect } from "vitest";
import { connectLibvirt, isLibvirtError, type Pool, type Volume } from "../../index.ts";
import { sharedDaemon, daemonTest as test } from "../../testing/daemon.ts";
import { UnixProxy } from "../../testing/unix-proxy.ts";

const daemon = sharedDaemon();
const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const sha = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const mib = 1024 * 1024;
let made = 0;

/** A pool in a directory of the daemon, and an empty volume in it. */
async function volumeOf(bytes: number): Promise<{ pool: Pool; volume: Volume; path: string }> {
  const { server, libvirt } = daemon();
  made += 1;
  const directory = join(server.directory, `pool-${made}`);
  const xml = `<pool type='dir'><name>pool-${made}</name><target><path>${directory}</path></target></pool>`;
  const pool = await libvirt.volumes.createPool(xml, { build: true });
  ends.push(() => libvirt.volumes.stopPool(pool).catch(() => {}));
  const volume = await libvirt.volumes.create(
    pool,
    `<volume><name>data.raw</name><capacity>${bytes}</capacity><target><format type='raw'/></target></volume>`,
  );
  return { pool, volume, path: join(directory, "data.raw") };
}

test("a volume is made, found, filled, read and deleted", async () => {
  const { volumes } = daemon().libvirt;
  const data = randomBytes(5 * mib + 17);
  const { pool, volume, path } = await volumeOf(data.length);
  expect((await volumes.poolByName(pool.name))?.uuid).toBe(pool.uuid);
  expect(await volumes.poolByName("none")).toBeUndefined();
  expect(await volumes.list(pool)).toEqual([volume]);
  expect(await volumes.byPath(path)).toEqual(volume);
  expect(await volumes.byPath(`${path}.none`)).toBeUndefined();
  expect((await volumes.info(volume)).capacity).toBe(data.length);
  await pipeline(
    Readable.from([data.subarray(0, 3), data.subarray(3, mib), data.subarray(mib)]),
    await volumes.upload(volume),
  );
  expect(sha(readFileSync(path))).toBe(sha(data));
  expect(sha(await buffer(await volumes.download(volume)))).toBe(sha(data));
  const part = await buffer(await volumes.download(volume, { offset: 100, length: 50 }));
  expect(part.equals(data.subarray(100, 150))).toBe(true);
  await pipeline(Readable.from([Buffer.alloc(10, 7)]), await volumes.upload(volume, { offset: 20, length: 10 }));
  expect(readFileSync(path).subarray(20, 30).equals(Buffer.alloc(10, 7))).toBe(true);
  await volumes.refreshPool(pool);
  await volumes.delete(volume);
  expect(existsSync(path)).toBe(false);
  await expect(volumes.download(volume)).rejects.toSatisfy((error) => isLibvirtError(error, "no-storage-volume"));
});

test("streams and calls survive packets in pieces of three bytes", async () => {
  const { server } = daemon();
  const proxy = await UnixProxy.start(join(server.directory, "proxy.sock"), server.socketPath);
  ends.push(() => proxy.stop());
  proxy.pieces = 3;
  const libvirt = await connectLibvirt(proxy.path);
  ends.push(() => libvirt.close());
  const data = randomBytes(64 * 1024);
  const { volume, path } = await volumeOf(data.length);
  await pipeline(Readable.from([data]), await libvirt.volumes.upload(volume));
  expect(sha(readFileSync(path))).toBe(sha(data));
  expect(sha(await buffer(await libvirt.volumes.download(volume)))).toBe(sha(data));
  expect(await libvirt.host.capabilities()).toBe(await daemon().libvirt.host.capabilities());
});

test("an answer that is cut anywhere fails its call, and the next connection is well", async () => {
  const { server } = daemon();
  const proxy = await UnixProxy.start(join(server.directory, "cutter.sock"), server.socketPath);
  ends.push(() => proxy.stop());
  const libvirt = await connectLibvirt(proxy.path, { reconnect: { baseMs: 5, maxMs: 20 } });
  ends.push(() => libvirt.close());
  // A sign of life may come beside an answer.
  let answer = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round += 1) {
    const before = proxy.down;
    await libvirt.host.uri();
    answer = Math.min(answer, proxy.down - before);
  }
  expect(answer).toBeGreaterThan(28);
  for (let cut = 0; cut < answer; cut += 5) {
    proxy.cutAfter = proxy.down + cut;
    await expect(libvirt.host.uri(), `cut after ${cut}`).rejects.toMatchObject({
      code: "libvirt_unreachable",
      sent: true,
    });
    proxy.cutAfter = Number.POSITIVE_INFINITY;
    await libvirt.whenConnected();
    expect(await libvirt.host.uri()).toBe("qemu:///system");
  }
});

test("a reader that does not read holds the daemon up, and neither memory nor calls", async () => {
  const { libvirt } = daemon();
  const size = 48 * mib;
  const { volume } = await volumeOf(size);
  const slow = await libvirt.volumes.download(volume);
  slow.once("readable", () => {}); // begins to read, and takes nothing
  const held = () => slow.readableLength;
  await expect.poll(held).toBeGreaterThan(0);
  const began = process.memoryUsage().arrayBuffers;
  for (let round = 0; round < 20; round += 1) {
    expect((await libvirt.host.uri()).length).toBeGreaterThan(0);
    await delay(5);
  }
  expect(held()).toBeLessThan(2 * mib);
  expect(process.memoryUsage().arrayBuffers - began).toBeLessThan(16 * mib);
  let read = 0;
  for await (const chunk of slow) read += chunk.length;
  expect(read).toBe(size);
});

test("a stream that is destroyed or aborted ends at the daemon; one whose daemon dies ends with an error", async () => {
  const { server, libvirt } = daemon();
  const { volume } = await volumeOf(48 * mib);
  const first = await libvirt.volumes.download(volume);
  first.destroy();
  await new Promise((resolve) => first.once("close", resolve));
  const stop = new AbortController();
  const second = await libvirt.volumes.download(volume, { signal: stop.signal });
  const failed = new Promise<Error>((resolve) => second.once("error", resolve));
  stop.abort(new Error("no more"));
  expect((await failed).message).toMatch(/the stream was ended/);
  await expect(libvirt.volumes.download(volume, { signal: stop.signal })).rejects.toThrow("no more");
  const third = await libvirt.volumes.download(volume);
  const upload = await libvirt.volumes.upload(volume);
  const dead = [third, upload].map((stream) => new Promise<Error>((resolve) => stream.once("error", resolve)));
  await server.kill();
  third.resume();
  upload.write(Buffer.alloc(mib));
  for (const error of await Promise.all(dead)) expect(error.message).toMatch(/broke/);
  await server.start();
  await libvirt.whenConnected();
});

test("a filter is defined, found, read and undefined", async () => {
  const { filters } = daemon().libvirt;
  const xml =
    "<filter name='cke-test' chain='root'><rule action='drop' direction='out' priority='500'><mac match='no' srcmacaddr='$MAC'/></rule></filter>";
  const filter = await filters.define(xml);
  expect(filter.name).toBe("cke-test");
  expect(await filters.byName("cke-test")).toEqual(filter);
  expect(await filters.xml(filter)).toContain("srcmacaddr");
  expect((await filters.list()).map(({ name }) => name)).toContain("cke-test");
  await filters.undefine(filter);
  expect(await filters.byName("cke-test")).toBeUndefined();
});
