import { silentLogger, systemClock } from "@cke/foundation";
import { ProcessSpec, type Resources } from "@cke/protocol";
import { expect, test } from "vitest";
import { noCgroups } from "../cgroups/no-cgroups.ts";
import { WrapperError } from "../errors/wrapper-error.ts";
import { OutputRegistry } from "../output/output-registry.ts";
import { ProcessRun } from "./process-run.ts";

const asked = { cpuMillis: 4_000, memoryBytes: 32, cfsQuota: true };

/** A kubelet whose pods use `used` bytes. */
async function started(used: number) {
  const state = { used, limits: [] as string[], changes: 0, due: undefined as (() => void) | undefined };
  const clock = {
    ...systemClock,
    after: (ms: number, callback: () => void) => {
      expect(ms).toBe(60_000);
      state.due = callback;
      return () => {
        state.due = undefined;
      };
    },
  };
  const limitWorkload = async (_: string, { cpuMillis, memoryBytes }: Resources, what = "all") => {
    if (what === "all" && memoryBytes < state.used)
      throw new WrapperError("failed_precondition", `${state.used} bytes are in use`);
    state.limits.push(what === "cpu" ? `${cpuMillis}` : `${cpuMillis} ${memoryBytes}`);
  };
  const run = new ProcessRun(
    ProcessSpec.create({ name: "kubelet", command: ["/bin/sleep", "1"], workloadCgroup: "kubepods", overhead: {} }),
    { rotateBytes: 1, keep: 1 },
    {
      ...{ clock, logger: silentLogger, outputs: new OutputRegistry("/none", clock, silentLogger) },
      ...{ onLimits: () => void state.changes++ },
      cgroups: { ...noCgroups("none"), limitWorkload },
    },
  );
  await run.prepare(asked);
  const minute = async () => {
    const { due } = state;
    state.due = undefined;
    due?.();
    await Promise.resolve();
    await new Promise(setImmediate);
  };
  return { run, state, minute };
}

test("limits that pods are in the way of are set when they use less, and CPUs at once", async () => {
  const { run, state, minute } = await started(64);
  expect([run.limitProblem, state.limits]).toEqual(["64 bytes are in use", ["4000"]]);
  await minute();
  expect([run.limitProblem, state.changes]).toEqual(["64 bytes are in use", 0]);
  state.used = 48;
  await minute();
  expect([run.limitProblem, state.changes]).toEqual(["48 bytes are in use", 1]);
  state.used = 16;
  await minute();
  expect([run.limitProblem, state.changes, state.limits]).toEqual(["", 2, ["4000", "4000 32"]]);
  expect(state.due).toBeUndefined();
});

test("nobody waits for limits that are there, that others replace, or that a process had which is over", async () => {
  expect((await started(16)).state.due).toBeUndefined();
  const { run, state } = await started(64);
  expect(state.due).toBeDefined();
  await expect(run.setResources({ ...asked, memoryBytes: 48 })).rejects.toThrow("in use");
  expect([state.due === undefined, run.limitProblem]).toEqual([false, "64 bytes are in use"]);
  await run.setResources({ ...asked, memoryBytes: 96 });
  expect([state.due, run.limitProblem]).toEqual([undefined, ""]);
  const ended = await started(64);
  await ended.run.release();
  expect(ended.state.due).toBeUndefined();
});
