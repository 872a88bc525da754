// Processes that outlive the command that started them, by their notes.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Daemon } from "./daemon.ts";

let directory: string;
let daemon: Daemon;
const log = () => join(directory, "log");

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cke-daemon-"));
  daemon = new Daemon(join(directory, "pid"));
});
afterEach(async () => {
  await daemon.stop(1_000);
  rmSync(directory, { recursive: true, force: true });
});

/** Starts a server with threads that are at work, and returns its port. `more`: further code. */
async function serve(more = ""): Promise<number> {
  const busy = "setInterval(() => require('node:crypto').pbkdf2('a', 'b', 1e5, 64, 'sha512', () => {}), 5);";
  const code = `${busy}${more};const s = require("node:net").createServer().listen(0, "127.0.0.1", () => console.log("port", s.address().port))`;
  daemon.start(process.execPath, ["-e", code], log());
  const port = () => /port (\d+)/.exec(readFileSync(log(), "utf8"))?.[1];
  await expect.poll(port).toBeDefined();
  return Number(port());
}

const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  });

test("what was killed has ended with all of its threads: nobody listens on its port", async () => {
  const port = await serve();
  const pid = daemon.pid();
  expect(await answers(port)).toBe(true);
  expect(await daemon.kill()).toBe(pid);
  expect(await answers(port)).toBe(false);
  expect(daemon.pid()).toBeUndefined();
  await expect(daemon.kill()).rejects.toThrow("does not run");
});

test("what does not end by itself is killed, and has ended then", async () => {
  const port = await serve("process.on('SIGTERM', () => {})");
  const told: string[] = [];
  await daemon.stop(300, (line) => told.push(line));
  expect(await answers(port)).toBe(false);
  expect(told).toEqual([expect.stringContaining("has not ended within 0.3 s: it is killed")]);
});
