// The agent is killed at an arbitrary moment of a launch. The next one must either have a task running, or have it ended
// with an update, or not know it (then the master ends it) — and no process may be left of a task that does not run.
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { isTerminalTaskState } from "@cke/mesos";
import { expect, test } from "vitest";
import { AgentFixture, runCommand, runTask } from "./testing/agent-fixture.ts";

const moments = [0, 5, 12, 20, 35, 60, 110, 200, 320, 450];

/** Executor ids of live processes that run in a sandbox of `workDir`. */
async function executorsWithProcesses(workDir: string): Promise<Set<string>> {
  const found = new Set<string>();
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    const sandbox = environment.split("\0").find((entry) => entry.startsWith(`MESOS_SANDBOX=${workDir}/`));
    const executor = /\/executors\/([^/]+)\//.exec(sandbox ?? "")?.[1];
    if (executor !== undefined) found.add(executor);
  }
  return found;
}

test.each(moments)("killed %d ms after the launch", async (moment) => {
  await using fixture = await AgentFixture.make({ separateProcess: true });
  const { master, workDir } = fixture;
  master.send(runTask({ id: "e1", executor: "e1" }));
  master.send(runTask({ id: "e2", executor: "e2" }));
  master.send(runCommand("k1", { value: "sleep 1000" }));
  await delay(moment);
  await fixture.crashAgent();
  master.messages.length = 0;
  await fixture.startAgent({ separateProcess: true });
  const executors = master.registrations.at(-1)?.frameworks[0]?.executors ?? [];
  const known = new Set(executors.flatMap(({ tasks }) => tasks.map(({ task }) => task.task_id.value)));
  const before = new Map(
    executors.flatMap(({ tasks }) => tasks.map(({ task, latest }) => [task.task_id.value, latest?.state] as const)),
  );
  const state = (id: string) => master.updates(id).at(-1)?.status.state ?? before.get(id);
  const settled = (id: string) => {
    const now = state(id);
    return !known.has(id) || now === "TASK_RUNNING" || (now !== undefined && isTerminalTaskState(now));
  };
  const ids = ["e1", "e2", "k1"];
  await master.until(() => ids.every(settled), `an answer for ${JSON.stringify(ids.map(state))}`);
  const running = ids.filter((id) => known.has(id) && state(id) === "TASK_RUNNING");
  let alive = await executorsWithProcesses(workDir);
  for (let round = 0; round < 600 && alive.size !== running.length; round += 1) {
    await delay(20);
    alive = await executorsWithProcesses(workDir);
  }
  expect([...alive].sort()).toEqual(running);
});
