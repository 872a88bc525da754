// Peers that lie, streams that are cancelled by the thousand, and what is left behind. STREAMS=10000 opens and closes that many.
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { ExecStart, FileRequest, type TunnelOutput, wrapperService } from "@cke/protocol";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { patience, StreamFixture } from "../testing/stream-fixture.ts";

let node: StreamFixture;
let ending = new AbortController();
beforeAll(async () => {
  // As the executable has it: garbage does not pile up, so that a leak is seen.
  node = await StreamFixture.start({ NODE_OPTIONS: "--max-semi-space-size=1" });
});
afterEach(async () => {
  ending.abort();
  ending = new AbortController();
  node.closeServers();
  await expect.poll(() => node.wrapper.sessionCgroups(), patience).toEqual([]);
});
afterAll(() => node.dispose());

const count = Number(process.env.STREAMS ?? 300);
const mebibyte = 1024 * 1024;

describe("a peer that lies", () => {
  const lie = async (method: { path: string }, bytes: Buffer): Promise<string> => {
    const call = node.wrapper.client.makeBidiStreamRequest(
      method.path,
      (message: Buffer) => message,
      wrapperService.tunnel.responseDeserialize,
      node.wrapper.emptyMetadata(),
    );
    call.on("data", (_: TunnelOutput) => {});
    const error = once(call, "error");
    call.write(bytes);
    const [reason] = await error;
    return String(reason.details);
  };

  it.each([
    ["a message that is too large", wrapperService.exec, Buffer.alloc(5 * mebibyte), /larger than max/],
    ["a message of a stream that is too large", wrapperService.tunnel, Buffer.alloc(80 * 1024), /at most 65 KiB/],
    ["bytes that are no message", wrapperService.tunnel, Buffer.from([0xff, 0xff, 0xff, 0xff]), /deserializing/],
    ["no first message", wrapperService.exec, Buffer.alloc(0), /start: must be the first message/],
  ])("%s ends its own call with a reason", async (_, method, bytes, words) => {
    expect(await lie(method, bytes)).toMatch(words);
    expect((await node.client.info()).version).not.toBe("");
  });

  it("a call of exec, tunnel or putFile that says nothing is ended after 10 s", async () => {
    const silent = async (name: "exec" | "tunnel" | "putFile") => {
      const call = node.wrapper.client.makeBidiStreamRequest(
        wrapperService[name].path,
        (message: Buffer) => message,
        wrapperService.tunnel.responseDeserialize,
        node.wrapper.emptyMetadata(),
      );
      call.resume();
      const [reason] = await once(call, "error");
      return reason.details;
    };
    const reasons = await Promise.all([silent("exec"), silent("tunnel"), silent("putFile")]);
    expect(new Set(reasons)).toEqual(new Set(["no first message within 10 s"]));
  });

  it("torn frames end the connection they came on, and no other", async () => {
    const target = await node.listen((socket) => socket.pipe(socket));
    const tunnel = await node.streams.tunnel(target, ending.signal);
    for (const torn of [
      "not HTTP/2 at all\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ]) {
      const socket = connect(node.wrapper.socket);
      socket.on("error", () => {});
      socket.write(Buffer.from(torn, "latin1"));
      socket.resume();
      await once(socket, "close");
    }
    tunnel.end("still here");
    expect((await buffer(tunnel)).toString()).toBe("still here");
  });
});

it("a stream outlives thousands of others that are cancelled", async () => {
  const target = await node.listen((socket) => socket.pipe(socket));
  const { signal } = ending;
  const tunnel = await node.streams.tunnel(target, signal);
  for (let index = 0; index < 2_500; index += 1) {
    const life = new AbortController();
    await node.streams.tunnel(target, life.signal);
    life.abort();
  }
  tunnel.end("still here");
  expect((await buffer(tunnel)).toString()).toBe("still here");
});

it(`leaves no descriptor, process or memory behind ${count} streams that were opened and closed`, async () => {
  const target = await node.listen((socket) => socket.pipe(socket));
  const file = join(node.wrapper.directory, "churned");
  writeFileSync(file, "x".repeat(100_000));
  const pid = node.wrapper.child.pid ?? 0;
  const one = async (index: number) => {
    const life = new AbortController();
    try {
      switch (index % 5) {
        case 0: {
          const tunnel = await node.streams.tunnel(target, life.signal);
          tunnel.end("x");
          expect((await buffer(tunnel)).toString()).toBe("x");
          return;
        }
        case 1: {
          await node.streams.tunnel(target, life.signal);
          return;
        }
        case 2:
          for await (const _ of node.streams.file(FileRequest.create({ path: file }), life.signal)) break;
          return;
        case 3:
          for await (const _ of node.streams.file(FileRequest.create({ path: file }), life.signal));
          return;
        default: {
          const stream = node.streams.exec(ExecStart.create({ command: ["true"] }), life.signal);
          // Every second one is left while it runs.
          for await (const _ of stream.output) if (index % 2 === 0) break;
        }
      }
    } finally {
      life.abort();
    }
  };
  const churn = async (from: number, to: number) => {
    let next = from;
    const worker = async () => {
      while (next < to) await one(next++);
    };
    await Promise.all(Array.from({ length: 8 }, worker));
  };
  const descriptors = (of: number) => readdirSync(`/proc/${of}/fd`).length;
  const residentMiB = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
  // The first ones load modules and fill pools.
  await churn(0, 100);
  await expect.poll(() => node.wrapper.sessionCgroups(), patience).toEqual([]);
  const before = { wrapper: descriptors(pid), own: descriptors(process.pid), residentMiB: residentMiB() };
  await churn(100, 100 + count);
  await expect.poll(() => node.wrapper.sessionCgroups(), patience).toEqual([]);
  await expect.poll(() => descriptors(pid), patience).toBeLessThanOrEqual(before.wrapper + 4);
  await expect.poll(() => descriptors(process.pid), patience).toBeLessThanOrEqual(before.own + 4);
  await expect.poll(() => childrenOf(pid), patience).toEqual([]);
  console.log(
    `wrapper: ${before.residentMiB.toFixed(0)} MiB before, ${residentMiB().toFixed(0)} MiB after ${count} streams`,
  );
  expect(residentMiB()).toBeLessThan(before.residentMiB + 40);
}, 3_600_000);

function childrenOf(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .split(" ")
    .filter((child) => child !== "");
}
