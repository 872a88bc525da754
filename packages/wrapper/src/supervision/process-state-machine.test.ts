// The life of a process as tables: what every event does in every phase.
import type { RestartMode } from "@cke/protocol";
import { describe, expect, it } from "vitest";
import {
  advance,
  type MachineRules,
  newStatus,
  type ProcessEvent,
  type ProcessStatus,
} from "./process-state-machine.ts";

const rules = (more: { mode?: RestartMode; oneShot?: boolean; gated?: boolean } = {}): MachineRules => ({
  oneShot: more.oneShot ?? false,
  gated: more.gated ?? false,
  restart: { mode: more.mode ?? "always", backoffMinMs: 1_000, backoffMaxMs: 8_000, resetAfterMs: 60_000 },
});

const waiting: ProcessStatus = newStatus;
const starting: ProcessStatus = { ...newStatus, phase: "starting", runs: 1 };
const running: ProcessStatus = { ...newStatus, phase: "running", runs: 1, pid: 42, startedAtMs: 1_000 };
const backoff: ProcessStatus = { ...newStatus, phase: "backoff", runs: 1, earlyExits: 1, nextStartMs: 5_000 };
const stopping: ProcessStatus = { ...running, phase: "stopping" };
const stopped: ProcessStatus = { ...newStatus, phase: "stopped" };
const finished: ProcessStatus = { ...newStatus, phase: "finished" };
const failed: ProcessStatus = { ...newStatus, phase: "failed", reason: "no such file" };

const exited = (code: number, signal = "", atMs = 2_000): ProcessEvent => ({
  kind: "exited",
  atMs,
  code,
  signal,
  outOfMemory: false,
  lastOutput: "words",
  description: `exit ${code}`,
  random: 1,
});
const stop: ProcessEvent = { kind: "stop", signal: "SIGTERM", graceMs: 3_000 };

const noMemory: ProcessEvent = { kind: "spawn-failed", reason: "ENOMEM", retry: { atMs: 2_000, random: 1 } };

type Row = readonly [ProcessStatus, ProcessEvent, MachineRules, Partial<ProcessStatus>, readonly string[]];

const rows: readonly Row[] = [
  [waiting, { kind: "begin" }, rules(), { phase: "starting", runs: 1 }, ["spawn"]],
  [waiting, { kind: "begin" }, rules({ gated: true }), { phase: "waiting", runs: 0 }, ["watch-gates"]],
  [running, { kind: "begin" }, rules(), running, []],
  [
    waiting,
    { kind: "gates", waitingFor: ["etcd", "dns"] },
    rules(),
    { phase: "waiting", reason: "waiting for etcd; dns" },
    [],
  ],
  [waiting, { kind: "gates", waitingFor: [] }, rules(), { phase: "starting", reason: "" }, ["unwatch-gates", "spawn"]],
  [running, { kind: "gates", waitingFor: [] }, rules(), running, []],
  [
    starting,
    { kind: "spawned", pid: 42, atMs: 1_000 },
    rules(),
    { phase: "running", pid: 42, startedAtMs: 1_000 },
    ["watch-health"],
  ],
  [
    starting,
    { kind: "spawn-failed", reason: "EACCES", retry: undefined },
    rules(),
    { phase: "failed", reason: "EACCES" },
    ["release"],
  ],
  [
    running,
    { kind: "spawn-failed", reason: "no exec", retry: undefined },
    rules(),
    { phase: "failed", pid: 0 },
    ["unwatch-health", "release"],
  ],
  [
    stopping,
    { kind: "spawn-failed", reason: "x", retry: undefined },
    rules(),
    { phase: "stopped", pid: 0 },
    ["release"],
  ],
  [
    { ...starting, phase: "stopping" },
    { kind: "spawned", pid: 7, atMs: 1 },
    rules(),
    { phase: "stopping", pid: 7 },
    ["kill"],
  ],
  [starting, noMemory, rules(), { phase: "backoff", earlyExits: 1, nextStartMs: 3_000 }, ["start-at"]],
  [starting, noMemory, rules({ mode: "never" }), { phase: "failed", reason: "ENOMEM" }, ["release"]],
  [backoff, { kind: "start-due" }, rules(), { phase: "starting", runs: 2, nextStartMs: 0 }, ["spawn"]],
  [stopped, { kind: "start-due" }, rules(), stopped, []],
  // exits of a process that is to run
  [
    running,
    exited(1),
    rules(),
    { phase: "backoff", earlyExits: 1, nextStartMs: 3_000, pid: 0, exitCode: 1 },
    ["unwatch-health", "start-at"],
  ],
  [running, exited(0), rules(), { phase: "backoff", exitCode: 0, lastOutput: "" }, ["unwatch-health", "start-at"]],
  [
    running,
    exited(-1, "KILL"),
    rules(),
    { phase: "backoff", exitSignal: "KILL", lastOutput: "words" },
    ["unwatch-health", "start-at"],
  ],
  [running, exited(0), rules({ mode: "on-failure" }), { phase: "finished", reason: "" }, ["unwatch-health", "release"]],
  [running, exited(1), rules({ mode: "on-failure" }), { phase: "backoff" }, ["unwatch-health", "start-at"]],
  [running, exited(0), rules({ mode: "never" }), { phase: "finished" }, ["unwatch-health", "release"]],
  [running, exited(3), rules({ mode: "never" }), { phase: "failed", reason: "exit 3" }, ["unwatch-health", "release"]],
  // exits of a one-shot
  [running, exited(0), rules({ oneShot: true }), { phase: "finished" }, ["unwatch-health", "release"]],
  [running, exited(1), rules({ oneShot: true }), { phase: "backoff" }, ["unwatch-health", "start-at"]],
  [running, exited(1), rules({ oneShot: true, mode: "never" }), { phase: "failed" }, ["unwatch-health", "release"]],
  // backoff
  [
    { ...running, earlyExits: 2 },
    exited(1),
    rules(),
    { earlyExits: 3, nextStartMs: 6_000 },
    ["unwatch-health", "start-at"],
  ],
  [
    { ...running, earlyExits: 9 },
    exited(1),
    rules(),
    { earlyExits: 10, nextStartMs: 10_000 },
    ["unwatch-health", "start-at"],
  ],
  [
    { ...running, earlyExits: 9 },
    exited(1, "", 61_000),
    rules(),
    { earlyExits: 1, nextStartMs: 62_000 },
    ["unwatch-health", "start-at"],
  ],
  // stops
  [waiting, stop, rules({ gated: true }), { phase: "stopped" }, ["unwatch-gates", "release"]],
  [backoff, stop, rules(), { phase: "stopped", nextStartMs: 0 }, ["cancel-start", "release"]],
  [starting, stop, rules(), { phase: "stopping" }, []],
  [running, stop, rules(), { phase: "stopping", pid: 42 }, ["unwatch-health", "signal", "arm-grace"]],
  [running, { ...stop, graceMs: 0 }, rules(), { phase: "stopping" }, ["unwatch-health", "kill"]],
  [stopping, { ...stop, graceMs: 1 }, rules(), { phase: "stopping" }, ["signal", "arm-grace"]],
  [stopped, stop, rules(), stopped, []],
  [finished, stop, rules(), finished, []],
  [failed, stop, rules(), failed, []],
  [stopping, { kind: "grace-over" }, rules(), { phase: "stopping" }, ["kill"]],
  [stopped, { kind: "grace-over" }, rules(), stopped, []],
  [
    stopping,
    exited(-1, "TERM"),
    rules(),
    { phase: "stopped", pid: 0, exitSignal: "TERM", lastOutput: "" },
    ["unwatch-health", "release"],
  ],
  [stopping, exited(0), rules({ oneShot: true }), { phase: "stopped" }, ["unwatch-health", "release"]],
  [backoff, exited(1), rules(), backoff, []],
];

describe("advance", () => {
  it.each(rows.map((row, index) => [`${index}: ${row[0].phase} + ${row[1].kind}`, row] as const))("%s", (_, row) => {
    const [before, event, machine, after, effects] = row;
    const transition = advance(before, event, machine);
    expect(transition.status).toMatchObject(after);
    expect(transition.effects.map(({ kind }) => kind)).toEqual(effects);
  });

  it("keeps the status object when nothing changes, so that nothing is published", () => {
    expect(advance(stopped, { kind: "grace-over" }, rules()).status).toBe(stopped);
  });
});
