// How a run of a process ended, in words for an operator. Pure.
import { bytesInWords } from "../cgroups/cgroup-values.ts";

export interface EndedRun {
  /** -1 when it was signalled. */
  readonly code: number;
  readonly signal: string;
  readonly ranMs: number;
  /** How often the memory limit made the kernel end something of the process. */
  readonly oomKills: number;
  readonly memoryBytes: number;
  readonly lastOutput: string;
}

/** Whether the run itself (and not only a descendant) was ended by its memory limit. */
export function endedByMemoryLimit(run: Pick<EndedRun, "oomKills" | "signal" | "code">): boolean {
  return run.oomKills > 0 && (run.signal === "KILL" || run.code === 137);
}

export function describeRun(run: EndedRun): string {
  const after = `after ${durationInWords(run.ranMs)}`;
  const limit = run.memoryBytes > 0 ? `its memory limit of ${bytesInWords(run.memoryBytes)}` : "a memory limit";
  if (endedByMemoryLimit(run)) return `ended by ${limit} (out of memory) ${after}`;
  const how = run.signal === "" ? `exited with code ${run.code} ${after}` : `ended by signal ${run.signal} ${after}`;
  const hint = run.oomKills > 0 ? ` (${limit} ended one of its processes)` : "";
  const lastLine =
    run.code === 0 ? "" : (run.lastOutput.split("\n").findLast((line) => line.trim() !== "") ?? "").trim();
  const words = lastLine.length > 300 ? `${lastLine.slice(0, 300)}…` : lastLine;
  return words === "" ? `${how}${hint}` : `${how}${hint}: ${words}`;
}

/** "350 ms", "3.2 s", "4 min", "3 h". */
export function durationInWords(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 3_600_000)} h`;
}
