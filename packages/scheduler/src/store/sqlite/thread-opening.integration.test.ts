// A thread that ends without a word must not hold up the start of the scheduler.
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { firstMessage } from "./thread-opening.ts";

test.each([
  ["ends", "process.exit(3)", /ended at its start \(exit code 3\)/],
  ["fails", "throw new Error('no such module')", /no such module/],
])("a thread that %s before it says anything is an error", async (_what, program, words) => {
  await expect(firstMessage(new Worker(program, { eval: true }))).rejects.toThrow(words);
});

test("the first message is given on", async () => {
  const thread = new Worker("require('node:worker_threads').parentPort.postMessage({ kind: 'opened', opening: {} })", {
    eval: true,
  });
  expect(await firstMessage(thread)).toEqual({ kind: "opened", opening: {} });
});
