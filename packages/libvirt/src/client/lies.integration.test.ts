// A daemon that lies, is silent, or dies: calls fail with words, nothing hangs, nothing grows.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import {
  connectLibvirt,
  type Libvirt,
  LibvirtConnectionError,
  LibvirtError,
  type LibvirtOptions,
  LibvirtProtocolError,
} from "../index.ts";
import { type Answer, LyingDaemon, reply, withLength } from "../testing/lying-daemon.ts";
import { encodePacket, type PacketHeader } from "../wire/packet.ts";

const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function lying(answer: Answer, options: LibvirtOptions = {}) {
  const directory = mkdtempSync(join(tmpdir(), "cke-lies-"));
  ends.push(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "sock");
  const daemon = await LyingDaemon.start(path, answer);
  ends.push(() => daemon.stop());
  const libvirt = await connectLibvirt(path, { reconnect: { baseMs: 5, maxMs: 50 }, ...options });
  ends.push(() => libvirt.close());
  return { daemon, libvirt };
}

const hostname = (libvirt: Libvirt) => libvirt.host.hostname();

test.each<[string, Answer, RegExp]>([
  [
    "an answer to another call",
    ({ header }, socket) => socket.write(reply(header, undefined, { serial: 4_711 })),
    /answer to call 4711, which was not made/,
  ],
  [
    "an answer of another procedure",
    ({ header }, socket) => socket.write(reply(header, undefined, { procedure: 3 })),
    /an answer of procedure 3/,
  ],
  [
    "an answer of another program",
    ({ header }, socket) => socket.write(reply(header, undefined, { program: 7 })),
    /of program 7/,
  ],
  [
    "a message of an unknown program",
    ({ header }, socket) => socket.write(reply(header, undefined, { program: 0x12345, type: 2 })),
    /a message of the program 0x12345/,
  ],
  [
    "a stream that nobody opened",
    ({ header }, socket) => socket.write(reply(header, undefined, { type: 3 })),
    /type 3 that nobody waits for/,
  ],
  [
    "a call to the client",
    ({ header }, socket) => socket.write(reply(header, undefined, { type: 0 })),
    /type 0 that nobody waits for/,
  ],
  ["an unknown status", ({ header }, socket) => socket.write(reply(header, undefined, { status: 9 })), /status 9/],
  ["an answer that is too short", ({ header }, socket) => socket.write(reply(header)), /hostname ends in the middle/],
  [
    "an answer that is too long",
    ({ header }, socket) =>
      socket.write(reply(header, (output) => ["a", "b"].forEach((text) => void output.string(text, "s")))),
    /after its end/,
  ],
  [
    "a string that claims 4 GiB",
    ({ header }, socket) => socket.write(reply(header, (output) => output.uint(2 ** 32 - 1, "n"))),
    /claims to have 4294967295 bytes/,
  ],
  [
    "a packet that claims 4 GiB",
    ({ header }, socket) => socket.write(withLength(reply(header), 2 ** 32 - 1)),
    /a packet claims to have 4294967295 bytes/,
  ],
  [
    "a packet that is shorter than its header",
    ({ header }, socket) => socket.write(withLength(reply(header), 5)),
    /a packet claims to have 5 bytes/,
  ],
  [
    "an error that is none",
    ({ header }, socket) => socket.write(reply(header, undefined, { status: 1 })),
    /error code ends in the middle/,
  ],
  [
    "a word of the keepalive program that is none",
    ({ header }, socket) => socket.write(reply(header, undefined, { program: 0x6b656570, procedure: 9 })),
    /procedure 9 of the keepalive program/,
  ],
])("%s", async (_what, answer, words) => {
  const { daemon, libvirt } = await lying(answer);
  const error = await hostname(libvirt).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(LibvirtProtocolError);
  expect(error.message).toMatch(words);
  // Another connection is made, on which honest answers are believed.
  daemon.answer = ({ header }, socket) => socket.write(reply(header, (output) => output.string("honest", "s")));
  await libvirt.whenConnected();
  expect(await hostname(libvirt)).toBe("honest");
  expect(daemon.connections).toBe(2);
});

test("a torn packet and then the end", async () => {
  const { libvirt } = await lying(({ header }, socket) => {
    socket.end(reply(header, (output) => output.string("x".repeat(1_000), "s")).subarray(0, 500));
  });
  const error = await hostname(libvirt).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(LibvirtConnectionError);
  expect(error).toMatchObject({ sent: true, retryable: true });
  expect(error.message).toMatch(/virConnectGetHostname: .*broke.*may have been carried out or not/);
});

test("a refusal has code, domain and words, which are bounded", async () => {
  const { libvirt } = await lying(({ header }, socket) =>
    socket.write(
      reply(
        header,
        (output) => {
          output.int(42, "code");
          output.int(10, "domain");
          output.optional("no such domain ".repeat(10_000), (text) => output.string(text, "message"));
          output.int(2, "level");
          for (let field = 0; field < 4; field += 1) output.optional<string>(undefined, () => {});
          output.int(0, "int1");
          output.int(0, "int2");
          output.optional<string>(undefined, () => {});
        },
        { status: 1 },
      ),
    ),
  );
  const error = await hostname(libvirt).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(LibvirtError);
  expect(error).toMatchObject({ reason: "no-domain", number: 42, domain: 10, code: "libvirt_no_domain" });
  expect(error.message.length).toBeLessThan(6_000);
  expect(libvirt.state).toBe("connected");
});

test("a daemon that gives no sign of life is given up, and looked for again", async () => {
  const states: string[] = [];
  const { daemon, libvirt } = await lying(() => {}, {
    keepalive: { intervalMs: 20, count: 3 },
    onState: (state) => states.push(state),
  });
  const waiting = hostname(libvirt);
  daemon.alive = false;
  await expect(waiting).rejects.toThrow(/no sign of life/);
  daemon.alive = true;
  await libvirt.whenConnected();
  expect(states.slice(0, 2)).toEqual(["reconnecting", "connected"]);
});

test("a daemon that answers signs of life and no call holds up nobody but that call", async () => {
  const { libvirt } = await lying(
    ({ header }, socket) => {
      if (header.procedure === 157) socket.write(reply(header, (output) => output.uhyper(9_000_000, "v")));
    },
    { keepalive: { intervalMs: 20, count: 2 } },
  );
  const stop = new AbortController();
  const silent = libvirt.host.hostname({ signal: stop.signal });
  expect((await libvirt.host.libvirtVersion()).text).toBe("9.0.0");
  stop.abort(new Error("waited enough"));
  await expect(silent).rejects.toThrow("waited enough");
  expect((await libvirt.host.libvirtVersion()).text).toBe("9.0.0");
});

test("calls beyond five wait their turn, and too many are refused", async () => {
  const held: (() => void)[] = [];
  const { libvirt } = await lying(({ header }, socket) => {
    held.push(() => void socket.write(reply(header, (output) => output.string("h", "s"))));
  });
  const calls = Array.from({ length: 1_005 }, () => hostname(libvirt));
  await expect.poll(() => held.length).toBe(5);
  await expect(hostname(libvirt)).rejects.toThrow(/too many calls wait/);
  let most = 0;
  let over = false;
  const all = Promise.all(calls).finally(() => {
    over = true;
  });
  while (!over) {
    most = Math.max(most, held.length);
    held.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await all;
  expect(most).toBe(5);
});

test("where there is no daemon the error says so, at once; a closed connection takes no call", async () => {
  await expect(connectLibvirt("/nonexistent/libvirt-sock")).rejects.toThrow(
    /no libvirt daemon at .*is libvirtd running/,
  );
  const { libvirt } = await lying(() => {});
  const waiting = hostname(libvirt);
  const states: string[] = [libvirt.state];
  await libvirt.close();
  states.push(libvirt.state);
  await expect(waiting).rejects.toThrow(/was closed/);
  await expect(hostname(libvirt)).rejects.toThrow(/was not sent: .*was closed/);
  await expect(libvirt.whenConnected()).rejects.toThrow(/was closed/);
  expect(states).toEqual(["connected", "closed"]);
});

test("an attempt to connect is ended by its signal", async () => {
  const directory = mkdtempSync(join(tmpdir(), "cke-lies-"));
  ends.push(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "sock");
  const daemon = await LyingDaemon.start(path, () => {});
  ends.push(() => daemon.stop());
  const signal = AbortSignal.abort(new Error("not now"));
  await expect(connectLibvirt(path, { signal })).rejects.toThrow("not now");
  await expect(connectLibvirt(path, { keepalive: { intervalMs: 0, count: 1 } })).rejects.toThrow(
    /intervalMs must be above 0/,
  );
});

/** A refusal with a number of libvirt's. */
const refusal = (header: PacketHeader, code: number): Buffer =>
  reply(
    header,
    (output) => {
      output.int(code, "code");
      output.int(0, "domain");
      output.optional("no", (text) => output.string(text, "message"));
      output.int(2, "level");
      for (let field = 0; field < 4; field += 1) output.optional<string>(undefined, () => {});
      output.int(0, "int1");
      output.int(0, "int2");
      output.optional<string>(undefined, () => {});
    },
    { status: 1 },
  );

test("kinds of events that an old daemon does not know are left out; a malformed event ends the connection", async () => {
  const asked: number[] = [];
  const { daemon, libvirt } = await lying(({ header, payload }, socket) => {
    const kind = payload.readInt32BE(0);
    asked.push(kind);
    if (kind > 20) socket.write(refusal(header, 1));
    else socket.write(reply(header, (output) => output.int(asked.length, "callback")));
  });
  const seen: string[] = [];
  await libvirt.events.listen({ event: ({ kind }) => seen.push(kind), gap: () => seen.push("gap") });
  expect(new Set(asked)).toEqual(new Set([0, 1, 3, 6, 13, 15, 16, 18, 19, 21, 22, 24]));
  const first = asked.length;
  daemon.answer = ({ header }, socket, self) => {
    const message = { ...header, procedure: 319, type: 2, serial: 0, status: 0 };
    const reboot = encodePacket(message, (output) => {
      output.int(2, "callback");
      output.string("vm", "name");
      output.uuid("00112233-4455-6677-8899-aabbccddeeff", "uuid");
      output.int(1, "id");
    });
    for (let count = 0; count < 1_000; count += 1) socket.write(reboot);
    socket.write(encodePacket({ ...message, procedure: 4_000 }, () => {})); // of a later libvirt
    socket.write(encodePacket(message, (output) => output.int(2, "callback")));
    self.answer = (packet, next) => {
      asked.push(packet.payload.readInt32BE(0));
      next.write(reply(packet.header, (output) => output.int(1, "callback")));
    };
  };
  await expect(hostname(libvirt)).rejects.toThrow(/name ends in the middle/);
  expect(seen).toEqual(Array.from({ length: 1_000 }, () => "reboot"));
  await libvirt.whenConnected();
  await expect.poll(() => seen.at(-1)).toBe("gap");
  expect(asked.length).toBe(2 * first);
});

test("a daemon that refuses the kind that every daemon has is not listened to", async () => {
  const { libvirt } = await lying(({ header }, socket) => socket.write(refusal(header, 1)));
  await expect(libvirt.events.listen({ event: () => {}, gap: () => {} })).rejects.toMatchObject({
    reason: "internal-error",
  });
  expect(libvirt.state).toBe("connected");
});
