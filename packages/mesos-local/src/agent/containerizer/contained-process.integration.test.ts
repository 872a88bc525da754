// Signals to a process that was only just started.
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  killContained,
  releaseOnceDurable,
  shellName,
  startContained,
  terminateContained,
} from "./contained-process.ts";
import { isAlive } from "./process-table.ts";

test("a command is terminated at whatever moment of its start it is told to end", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cke-contained-"));
  const path = (name: string, index: number) => join(directory, `${name}-${index}`);
  const startAndTerminate = async (index: number) => {
    const held = await startContained({
      argv: ["/bin/sleep", "600"],
      environment: { PATH: "/usr/bin:/bin" },
      directory,
      stdout: path("stdout", index),
      stderr: path("stderr", index),
      statusFile: path("status", index),
    });
    held.release();
    await new Promise((resolve) => setTimeout(resolve, index / 8));
    await terminateContained(held.identity);
    const late = setTimeout(() => void killContained(held.identity), 120_000);
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

test("the shell behind which it runs has a name of its own", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cke-contained-"));
  const path = (name: string) => join(directory, name);
  try {
    const held = await startContained({
      argv: ["/bin/sleep", "60"],
      environment: { PATH: "/usr/bin:/bin" },
      directory,
      stdout: path("stdout"),
      stderr: path("stderr"),
      statusFile: path("status"),
    });
    const name = () => readFileSync(`/proc/${held.identity.pid}/comm`, "utf8").trim();
    await expect.poll(name, { timeout: 120_000 }).toBe(shellName);
    await killContained(held.identity);
    await held.exited;
    expect(readFileSync(path("stderr"), "utf8")).toBe("");
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test("a command whose identity could not be stored is ended before it has run", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cke-contained-"));
  const path = (name: string) => join(directory, name);
  try {
    const held = await startContained({
      argv: ["/usr/bin/touch", "ran"],
      environment: { PATH: "/usr/bin:/bin" },
      directory,
      stdout: path("stdout"),
      stderr: path("stderr"),
      statusFile: path("status"),
    });
    const full = new Error("no space left on device");
    await expect(releaseOnceDurable(held, () => Promise.reject(full))).rejects.toBe(full);
    expect(await held.exited).toBe(9);
    expect(await isAlive(held.identity)).toBe(false);
    expect(existsSync(path("ran"))).toBe(false);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
