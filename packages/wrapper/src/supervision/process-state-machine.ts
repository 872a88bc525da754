// The life of one supervised process as a pure function: (status, event) -> (status, effects). No time, no randomness and
// no I/O in here: events carry them. `supervised-process.ts` performs the effects.
// An `exited` event means that the run is over for good: the shell sends it after it has dealt with what the run left behind.

import { assertNever } from "@cke/foundation/assert-never";
import type { ProcessPhase, RestartPolicy } from "@cke/protocol";
import { restartDelayMs } from "./restart-backoff.ts";

export interface ProcessStatus {
  readonly phase: ProcessPhase;
  /** 0 when no run is alive. */
  readonly pid: number;
  readonly startedAtMs: number;
  /** Runs so far, the present one included. */
  readonly runs: number;
  /** Runs that ended early one after the other; the exponent of the backoff. */
  readonly earlyExits: number;
  /** Of the last run; -1 when it was signalled. */
  readonly exitCode: number;
  readonly exitSignal: string;
  readonly outOfMemory: boolean;
  readonly lastOutput: string;
  readonly reason: string;
  readonly nextStartMs: number;
}

export interface MachineRules {
  readonly oneShot: boolean;
  readonly restart: RestartPolicy;
  /** Whether start_when probes have to pass before the first run. */
  readonly gated: boolean;
}

export type ProcessEvent =
  | { readonly kind: "begin" }
  /** The start_when probes that have not passed yet, in words. When the list is empty, the process may start. */
  | { readonly kind: "gates"; readonly waitingFor: readonly string[] }
  | { readonly kind: "spawned"; readonly pid: number; readonly atMs: number }
  | {
      readonly kind: "spawn-failed";
      readonly reason: string;
      /** Set when the cause may pass by itself (no memory, no free process number): then the restart policy applies. */
      readonly retry: { readonly atMs: number; readonly random: number } | undefined;
    }
  | {
      readonly kind: "exited";
      readonly atMs: number;
      readonly code: number;
      readonly signal: string;
      readonly outOfMemory: boolean;
      readonly lastOutput: string;
      /** What happened, in words. */
      readonly description: string;
      /** In [0,1), for the jitter of the backoff. */
      readonly random: number;
    }
  | { readonly kind: "start-due" }
  | { readonly kind: "stop"; readonly signal: string; readonly graceMs: number }
  | { readonly kind: "grace-over" };

export type ProcessEffect =
  | { readonly kind: "watch-gates" }
  | { readonly kind: "unwatch-gates" }
  | { readonly kind: "spawn" }
  | { readonly kind: "watch-health" }
  | { readonly kind: "unwatch-health" }
  | { readonly kind: "start-at"; readonly atMs: number }
  | { readonly kind: "cancel-start" }
  | { readonly kind: "signal"; readonly signal: string }
  | { readonly kind: "arm-grace"; readonly ms: number }
  | { readonly kind: "kill" }
  /** No run will follow: the cgroup can go. */
  | { readonly kind: "release" };

export interface Transition {
  readonly status: ProcessStatus;
  readonly effects: readonly ProcessEffect[];
}

export const newStatus: ProcessStatus = {
  phase: "waiting",
  pid: 0,
  startedAtMs: 0,
  runs: 0,
  earlyExits: 0,
  exitCode: 0,
  exitSignal: "",
  outOfMemory: false,
  lastOutput: "",
  reason: "",
  nextStartMs: 0,
};

/** Phases that end only with a new Start. */
export function isTerminal(phase: ProcessPhase): boolean {
  return phase === "stopped" || phase === "finished" || phase === "failed";
}

/** What happens next. An event that means nothing in the present phase (a late timer, for example) changes nothing. */
export function advance(status: ProcessStatus, event: ProcessEvent, rules: MachineRules): Transition {
  switch (event.kind) {
    case "begin":
      if (status.phase !== "waiting") return same(status);
      return rules.gated
        ? { status: { ...status, reason: "waiting for its start conditions" }, effects: [{ kind: "watch-gates" }] }
        : starting(status, []);
    case "gates":
      if (status.phase !== "waiting") return same(status);
      if (event.waitingFor.length === 0) return starting(status, [{ kind: "unwatch-gates" }]);
      return { status: { ...status, reason: `waiting for ${event.waitingFor.join("; ")}` }, effects: [] };
    case "spawned":
      return spawned(status, event);
    case "spawn-failed":
      return spawnFailed(status, event, rules);
    case "exited":
      return exited(status, event, rules);
    case "start-due":
      return status.phase === "backoff" ? starting(status, []) : same(status);
    case "stop":
      return stop(status, event);
    case "grace-over":
      return status.phase === "stopping" ? { status, effects: [{ kind: "kill" }] } : same(status);
    default:
      return assertNever(event);
  }
}

function same(status: ProcessStatus): Transition {
  return { status, effects: [] };
}

function starting(status: ProcessStatus, before: readonly ProcessEffect[]): Transition {
  return {
    status: { ...status, phase: "starting", reason: "", nextStartMs: 0, runs: status.runs + 1 },
    effects: [...before, { kind: "spawn" }],
  };
}

function spawned(status: ProcessStatus, event: Extract<ProcessEvent, { kind: "spawned" }>): Transition {
  // A stop came while it was being spawned. It has not done any work yet, so it needs no time to finish.
  if (status.phase === "stopping") return { status: { ...status, pid: event.pid }, effects: [{ kind: "kill" }] };
  if (status.phase !== "starting") return same(status);
  return {
    status: { ...status, phase: "running", pid: event.pid, startedAtMs: event.atMs },
    effects: [{ kind: "watch-health" }],
  };
}

/** Also after `spawned`: the shell that joins the cgroups runs, but cannot become the program. */
function spawnFailed(
  status: ProcessStatus,
  { reason, retry }: Extract<ProcessEvent, { kind: "spawn-failed" }>,
  rules: MachineRules,
): Transition {
  if (status.phase === "stopping") return ended(status, "stopped", "stopped on request");
  if (status.phase === "starting" && retry !== undefined && rules.restart.mode !== "never") {
    return backoff(status, status.earlyExits + 1, retry, reason, rules);
  }
  if (status.phase === "starting") return ended(status, "failed", reason);
  if (status.phase !== "running") return same(status);
  const transition = ended(status, "failed", reason);
  return { ...transition, effects: [{ kind: "unwatch-health" }, ...transition.effects] };
}

function ended(status: ProcessStatus, phase: ProcessPhase, reason: string): Transition {
  return {
    status: { ...status, phase, pid: 0, reason, nextStartMs: 0 },
    effects: [{ kind: "release" }],
  };
}

function exited(
  status: ProcessStatus,
  event: Extract<ProcessEvent, { kind: "exited" }>,
  rules: MachineRules,
): Transition {
  if (status.phase !== "running" && status.phase !== "stopping") return same(status);
  const success = event.code === 0 && event.signal === "";
  const over: ProcessStatus = {
    ...status,
    pid: 0,
    exitCode: event.code,
    exitSignal: event.signal,
    outOfMemory: event.outOfMemory,
    lastOutput: success || status.phase === "stopping" ? "" : event.lastOutput,
  };
  const leave: ProcessEffect = { kind: "unwatch-health" };
  const end = (phase: ProcessPhase, reason: string): Transition => {
    const transition = ended(over, phase, reason);
    return { ...transition, effects: [leave, ...transition.effects] };
  };
  if (status.phase === "stopping") return end("stopped", `stopped on request: ${event.description}`);
  const { mode } = rules.restart;
  if (success && (rules.oneShot || mode !== "always")) return end("finished", "");
  if (mode === "never") return end(success ? "finished" : "failed", event.description);
  const quick = event.atMs - status.startedAtMs < rules.restart.resetAfterMs;
  const earlyExits = quick ? status.earlyExits + 1 : 1;
  const transition = backoff(over, earlyExits, event, event.description, rules);
  return { ...transition, effects: [leave, ...transition.effects] };
}

function backoff(
  status: ProcessStatus,
  earlyExits: number,
  { atMs, random }: { readonly atMs: number; readonly random: number },
  reason: string,
  rules: MachineRules,
): Transition {
  const nextStartMs = Math.round(atMs + restartDelayMs(rules.restart, earlyExits - 1, random));
  return {
    status: {
      ...status,
      phase: "backoff",
      pid: 0,
      earlyExits,
      nextStartMs,
      reason: `${reason}; will be started again`,
    },
    effects: [{ kind: "start-at", atMs: nextStartMs }],
  };
}

function stop(status: ProcessStatus, event: Extract<ProcessEvent, { kind: "stop" }>): Transition {
  switch (status.phase) {
    case "stopped":
    case "finished":
    case "failed":
      return same(status);
    case "waiting":
    case "backoff": {
      const transition = ended(status, "stopped", "stopped on request");
      const effect: ProcessEffect = { kind: status.phase === "waiting" ? "unwatch-gates" : "cancel-start" };
      return { ...transition, effects: [effect, ...transition.effects] };
    }
    case "starting":
      return { status: { ...status, phase: "stopping", reason: "stopping" }, effects: [] };
    case "running":
    case "stopping": {
      // A process that is stopping needs no health checks.
      const effects: ProcessEffect[] = status.phase === "running" ? [{ kind: "unwatch-health" }] : [];
      if (event.graceMs > 0)
        effects.push({ kind: "signal", signal: event.signal }, { kind: "arm-grace", ms: event.graceMs });
      else effects.push({ kind: "kill" });
      return { status: { ...status, phase: "stopping", reason: `stopping (${event.signal})` }, effects };
    }
    default:
      return assertNever(status.phase);
  }
}
