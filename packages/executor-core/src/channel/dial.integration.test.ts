// Dialling a scheduler: what stands in the way is said in words, and the secret is in none of them.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { dial } from "./dial.ts";

const secret = new Uint8Array(32).fill(7);
const asText = Buffer.from(secret).toString("base64url");
const never = new AbortController().signal;
let server: Server;
let url: string;

beforeEach(async () => {
  server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const call = (to = url, signal = never) => dial({ url: to, executorId: "cke.my.n/0", channelId: "c", secret, signal });

test("who is upgraded gets the socket, with what came right behind the answer", async () => {
  const asked = new Promise<Duplex>((resolve) =>
    server.once("upgrade", (request, socket) => {
      expect(request.url).toBe("/channel/cke.my.n%2F0");
      expect(request.headers).toMatchObject({ "x-cke-channel": "c", "x-cke-channel-secret": asText });
      socket.write("HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: cke-channel\r\n\r\nfirst bytes");
      resolve(socket);
    }),
  );
  const socket = await call();
  const [first] = await once(socket, "data");
  expect(String(first)).toBe("first bytes");
  socket.destroy();
  (await asked).destroy();
});

test.each<[string, (socket: Duplex) => void, RegExp]>([
  ["403", (socket) => socket.end("HTTP/1.1 403 x\r\nContent-Length: 5\r\n\r\nwords"), /refuses the channel: 403 words/],
  [
    "another protocol",
    (socket) => socket.write("HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"),
    /another protocol/,
  ],
  ["nonsense", (socket) => socket.end("nonsense\r\n\r\n"), /cannot be reached/],
  ["a hang-up", (socket) => socket.destroy(), /cannot be reached/],
])("%s: the reason is told", async (_name, answer, words) => {
  server.once("upgrade", (_request, socket) => answer(socket));
  const error: unknown = await call().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(String(error)).toMatch(words);
  expect(String(error)).not.toContain(asText);
});

test.each([
  ["nonsense", /is no URL/],
  ["ftp://127.0.0.1", /neither http nor https/],
  ["http://127.0.0.1:1", /ECONNREFUSED/],
])("%s is no address to dial: %s", async (to, words) => {
  await expect(call(to)).rejects.toThrow(words);
});

test("a dial that is given up ends", async () => {
  const abort = new AbortController();
  const dialled = call(url, abort.signal);
  await once(server, "upgrade");
  abort.abort();
  await expect(dialled).rejects.toThrow(/cannot be reached/);
});
