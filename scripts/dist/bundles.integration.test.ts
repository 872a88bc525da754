// Libraries of the scheduler must not be packed into executors, because every agent loads its executors.
import { createRequire } from "node:module";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { etcd3Protocol } from "./etcd3-protocol.ts";
import { optionalModules } from "./optional-modules.ts";
import { programs } from "./programs.ts";

const top = join(import.meta.dirname, "../..");
/** The libraries of the stores and of the masters' election. */
const schedulersOnly = /node_modules\/(?:node-zookeeper-client|etcd3)\//;

async function inputs(entry: string): Promise<readonly string[]> {
  const { metafile } = await build({
    entryPoints: [join(top, entry)],
    bundle: true,
    platform: "node",
    format: "cjs",
    write: false,
    metafile: true,
    logLevel: "silent",
    absWorkingDir: top,
    external: ["cpu-features", "ssh2", "bufferutil", "utf-8-validate"],
  });
  return Object.keys(metafile.inputs);
}

test.each(programs.filter(({ name }) => name !== "cke-scheduler" && name !== "cke-mesos-local"))(
  "$name carries nothing that only a scheduler needs",
  async ({ entry }) => {
    expect((await inputs(entry)).filter((path) => schedulersOnly.test(path))).toEqual([]);
  },
);

test("the scheduler carries ZooKeeper's client", async () => {
  const scheduler = programs.find(({ name }) => name === "cke-scheduler");
  expect(
    (await inputs(scheduler?.entry ?? "")).some((path) => path.includes("node_modules/node-zookeeper-client/")),
  ).toBe(true);
});

/** The exports of a module that was bundled with the plugins of the executables. */
async function bundled(contents: string): Promise<unknown> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: join(top, "packages/scheduler") },
    bundle: true,
    platform: "node",
    format: "cjs",
    write: false,
    logLevel: "silent",
    plugins: [optionalModules, etcd3Protocol],
  });
  const module: { exports: unknown } = { exports: {} };
  const code = outputFiles[0]?.text ?? "";
  new Function("module", "exports", "require", "__dirname", code)(
    module,
    module.exports,
    createRequire(import.meta.url),
    "/nowhere",
  );
  return module.exports;
}

test("etcd's protocol is put into the bundle, and etcd3 reads no file when it is loaded", async () => {
  expect(await bundled('module.exports = require("etcd3")')).toHaveProperty("Etcd3");
});

test("a bundled WebSocket server reads long frames and texts without ws's native add-ons", async () => {
  const echo = await bundled(`
    const { WebSocket, WebSocketServer } = require("ws");
    module.exports = new Promise((resolve, reject) => {
      const server = new WebSocketServer({ port: 0, host: "127.0.0.1" }, () => {
        const client = new WebSocket("ws://127.0.0.1:" + server.address().port);
        client.on("open", () => client.send("ä".repeat(1_000)));
        client.on("message", (data) => { client.close(); server.close(); resolve(data.toString()); });
        client.on("error", reject);
      });
      server.on("connection", (socket) => socket.on("message", (data) => socket.send(data.toString())));
    });`);
  expect(await echo).toBe("ä".repeat(1_000));
});
