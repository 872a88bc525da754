// The certificate of an API server over a real channel: what a TLS server shows, and a file that is replaced as a whole or not at all.
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type Server } from "node:tls";
import { LocalUnits } from "@cke/executor-core/testing/local-units";
import { makeTlsFiles, readTlsFiles } from "@cke/test-servers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ChannelPair, unit } from "../../channel/testing/channel-pair.ts";
import { ChannelServing } from "./channel-serving.ts";

let pair: ChannelPair;
let directory: string;
const never = new AbortController().signal;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cke-serving-"));
  pair = await ChannelPair.start({ units: new LocalUnits() });
});
afterEach(async () => {
  await pair.stop();
  await rm(directory, { recursive: true, force: true });
});

const master = { unit: "m", executorId: unit.executorId };

const serving = (server?: Server) =>
  new ChannelServing({
    channels: { open: async (_cluster, _master, signal) => await pair.open(signal) },
    masters: {
      connect: async () => {
        const address = server?.address();
        const port = typeof address === "object" && address !== null ? address.port : 0;
        const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
        await once(socket, "secureConnect");
        return socket;
      },
    },
  });

test("a file is replaced, for its owner only, and nothing is left beside it", async () => {
  const path = join(directory, "apiserver.crt");
  await writeFile(path, "old", { mode: 0o644 });
  const pem = "0123456789\n".repeat(10_000);
  await serving().replace("c", master, { path, pem }, never);
  expect(await readFile(path, "utf8")).toBe(pem);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(directory)).toEqual(["apiserver.crt"]);
});

test("a master that was launched again since the certificate was issued does not get it: it has another key", async () => {
  const path = join(directory, "apiserver.crt");
  await writeFile(path, "of its key");
  const before = { ...master, executorId: "an executor before" };
  const refused = serving().replace("c", before, { path, pem: "of the key before" }, never);
  await expect(refused).rejects.toMatchObject({ code: "executor_replaced" });
  expect(await readFile(path, "utf8")).toBe("of its key");
});

test("a file that cannot be written is an error in words, and what was there stays", async () => {
  const path = join(directory, "none", "apiserver.crt");
  const refused = serving().replace("c", master, { path, pem: "new" }, never);
  await expect(refused).rejects.toThrow(/cannot be written: .*No such file|cannot be written: .*nonexistent/i);
});

test("a certificate that did not come whole replaces nothing", async () => {
  const path = join(directory, "apiserver.crt");
  await writeFile(path, "old");
  const channel = await pair.open();
  const cut = new ChannelServing({
    masters: { connect: async () => expect.unreachable() },
    channels: {
      open: async () => ({
        executorId: channel.executorId,
        exec: async (...asked: Parameters<typeof channel.exec>) => {
          const stream = await channel.exec(...asked);
          return Object.assign(stream, { write: async () => {} }); // its bytes are lost, its end arrives
        },
      }),
    },
  });
  await expect(cut.replace("c", master, { path, pem: "new" }, never)).rejects.toThrow("cannot be written");
  expect(await readFile(path, "utf8")).toBe("old");
  expect(await readdir(directory)).toEqual(["apiserver.crt"]);
});

test("what a server shows is its certificate", async () => {
  const files = await makeTlsFiles(directory);
  const { cert, key } = await readTlsFiles(files);
  const server = createServer({ cert, key });
  await once(server.listen(0, "127.0.0.1"), "listening");
  try {
    const shown = await serving(server).shown("c", "m", never);
    expect(shown.subject).not.toBe("");
    expect(shown.toString().trim()).toBe(cert.toString().trim());
  } finally {
    server.close();
  }
});
