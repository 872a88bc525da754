// A serial line whose guest reads nothing: typing waits, fails in the end, and holds no memory.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ExecInput } from "@cke/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { consoleCommand } from "./console-command.ts";
import { SerialConsole } from "./serial-console.ts";

let directory: string;
let server: Server;
const lines: Socket[] = [];
const path = () => join(directory, "serial.sock");
const signal = new AbortController().signal;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "cke-serial-"));
  // It takes the line and reads nothing of it.
  server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on("error", () => {});
    lines.push(socket);
  });
  await new Promise<void>((resolve) => server.listen(path(), resolve));
});
afterEach(async () => {
  for (const line of lines.splice(0)) line.destroy();
  await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true, force: true });
});

test("a command is told to wait; it goes on when the guest reads, and ends with the line", async () => {
  const console = new SerialConsole();
  const command = consoleCommand(console.open(path(), signal));
  const input = ExecInput.create({ input: { kind: "stdin", value: Buffer.alloc(64 * 1024, "x") } });
  let typed = 0;
  let waiting: Promise<void> | undefined;
  // As much as the kernel takes, and a little more.
  while (waiting === undefined && typed < 4_096) {
    const sent = command.send(input);
    const state = await Promise.race([
      sent.then(() => "taken" as const),
      new Promise<"waits">((resolve) => setTimeout(resolve, 500, "waits")),
    ]);
    if (state === "waits") waiting = sent;
    else typed += 1;
  }
  expect(waiting).toBeDefined();
  expect(typed * 64).toBeLessThan(2_048);
  await expect.poll(() => lines.length).toBe(1);
  lines[0]?.resume();
  await waiting;
  lines[0]?.pause();
  // It does not wait for ever for a line that is gone.
  const sends = Array.from({ length: 8 }, () => command.send(input));
  lines[0]?.destroy();
  await Promise.all(sends);
  console.close();
});

test("who types without waiting is refused after 1 MiB; others see the line still", async () => {
  const console = new SerialConsole();
  const viewers = await Promise.all(Array.from({ length: 8 }, () => console.open(path(), signal)));
  await expect.poll(() => lines.length).toBe(1);
  const failures: unknown[] = [];
  for (const viewer of viewers) viewer.on("error", (error) => failures.push(error));
  for (let round = 0; round < 8; round += 1)
    for (const viewer of viewers) if (!viewer.destroyed) viewer.write(Buffer.alloc(256 * 1024, "x"));
  await expect.poll(() => failures.length).toBeGreaterThan(0);
  expect(failures[0]).toMatchObject({ code: "resource_exhausted" });
  const held = viewers.filter(({ destroyed }) => !destroyed);
  expect(held.length).toBeGreaterThan(0);
  lines[0]?.write("login: ");
  await expect.poll(() => held[0]?.readableLength).toBe(7);
  console.close();
});
