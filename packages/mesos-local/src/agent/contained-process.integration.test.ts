// Signals to a process that was only just started.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { killContained, startContained, terminateContained } from "./contained-process.ts";

test("a command is terminated at whatever moment of its start it is told to end", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cke-contained-"));
  const path = (name: string, index: number) => join(directory, `${name}-${index}`);
  const startAndTerminate = async (index: number) => {
    const held = await startContained({
      argv: ["/bin/sleep", "60"],
      environment: { PATH: "/usr/bin:/bin" },
      directory,
      stdout: path("stdout", index),
      stderr: path("stderr", index),
      statusFile: path("status", index),
    });
    held.release();
    await new Promise((resolve) => setTimeout(resolve, index / 8));
    await terminateContained(held.identity);
    const late = setTimeout(() => void killContained(held.identity), 5_000);
    const status = await held.exited;
    clearTimeout(late);
    return status;
  };
  try {
    const statuses = await Promise.all(Array.from({ length: 40 }, (_, index) => startAndTerminate(index)));
    expect(statuses.filter((status) => status !== 15)).toEqual([]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
