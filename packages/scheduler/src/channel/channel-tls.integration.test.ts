// A channel to a scheduler whose API speaks TLS: the executor trusts the authorities that the order names, and no others.
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeTlsFiles, type TlsFiles } from "@cke/test-servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { useChannels } from "./testing/dialled-channels.ts";

const never = new AbortController().signal;
const { start } = useChannels();
let directory: string;
let files: TlsFiles;
let tls: { readonly cert: Buffer; readonly key: Buffer };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "cke-channel-tls-"));
  files = makeTlsFiles(directory);
  tls = { cert: readFileSync(files.serverCertificate), key: readFileSync(files.serverKey) };
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test("what goes in comes out", async () => {
  const pair = await start({ tls, ca: readFileSync(files.authority, "utf8") });
  expect(pair.url).toMatch(/^https:/);
  const channel = await pair.open();
  const stream = await channel.exec({ command: ["sh", "-c", "wc -c; echo done >&2"] }, never);
  void stream.write(Buffer.alloc(3_000_000, "x")).then(() => stream.endInput());
  const words: string[] = [];
  for await (const event of stream.events())
    words.push("data" in event ? `${event.kind} ${Buffer.from(event.data).toString().trim()}` : event.kind);
  expect(words).toEqual(expect.arrayContaining(["started", "stdout 3000000", "stderr done", "exit"]));
});

test.each<[string, () => string]>([
  ["no authority", () => ""],
  ["another authority", () => readFileSync(files.clientCertificate, "utf8")],
  ["a text that is no certificate", () => "nonsense"],
])("%s: it is refused, and the reason is told", async (_name, ca) => {
  const pair = await start({ tls, ca: ca() });
  await expect(pair.open()).rejects.toMatchObject({
    code: "channel_unreachable",
    message: expect.stringMatching(/cannot be reached: .*(certificate|PEM|key)/i),
  });
});

test("plain HTTP to a server that speaks TLS is refused", async () => {
  const pair = await start({ tls, url: () => pair.url.replace("https", "http") });
  await expect(pair.open()).rejects.toMatchObject({ code: "channel_unreachable" });
});
