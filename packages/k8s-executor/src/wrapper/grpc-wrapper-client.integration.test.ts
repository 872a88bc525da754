import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { GrpcWrapperClient } from "./grpc-wrapper-client.ts";

test("a watch that is over before it begins ends quietly: nobody is there to hear of its cancelled call", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cke-watch-"));
  const client = await GrpcWrapperClient.open(join(directory, "none.sock"));
  const problems: unknown[] = [];
  const note = (error: unknown) => problems.push(error);
  process.on("uncaughtException", note);
  try {
    const life = new AbortController();
    const watching = client.watch(0, "", life.signal)[Symbol.asyncIterator]();
    life.abort();
    expect(await watching.next()).toEqual({ value: undefined, done: true });
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(problems).toEqual([]);
  } finally {
    process.off("uncaughtException", note);
    client.close();
    await rm(directory, { recursive: true });
  }
});
