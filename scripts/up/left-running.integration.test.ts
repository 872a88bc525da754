import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { frameworksBelow, leftRunning } from "./left-running.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cke-left-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("frameworks are found by their sandboxes, of every agent there ever was, once", () => {
  expect(frameworksBelow(directory)).toEqual([]);
  for (const [agent, framework] of [
    ["S0", "f-1"],
    ["S1", "f-1"],
    ["S1", "f-2"],
  ] as const)
    mkdirSync(
      join(directory, agent === "S0" ? "agent-0" : "agent-1", "slaves", agent, "frameworks", framework, "executors"),
      { recursive: true },
    );
  expect(frameworksBelow(directory).sort()).toEqual(["f-1", "f-2"]);
});

test("containers of the framework and processes in its sandboxes are counted", async () => {
  const sandbox = join(directory, "slaves", "S0", "frameworks", "f-1", "executors");
  mkdirSync(sandbox, { recursive: true });
  const asked: string[] = [];
  const runDocker = async (args: readonly string[]) => {
    asked.push(args.join(" "));
    return "one\ntwo\n";
  };
  const executor = spawn("sleep", ["1000"], { cwd: sandbox });
  await once(executor, "spawn");
  // As the embedded agent starts an executor: in a shell, which is not counted.
  const shell = spawn("sh", ["-c", "echo cke-agent-shell >/proc/self/comm; echo named; read end"], { cwd: sandbox });
  await once(shell.stdout, "data");
  try {
    expect(await leftRunning(directory, ["f-1"], runDocker)).toEqual({ containers: 2, executors: 1 });
    expect(asked).toEqual(["ps -q --filter label=cke.framework=f-1"]);
    const silent = () => Promise.reject(new Error("no engine"));
    expect(await leftRunning(directory, ["f-1"], silent)).toEqual({ containers: undefined, executors: 1 });
  } finally {
    executor.kill();
    await once(executor, "exit");
    shell.kill();
    await once(shell, "exit");
  }
  expect(await leftRunning(directory, ["f-1"], async () => "")).toEqual({ containers: 0, executors: 0 });
});
