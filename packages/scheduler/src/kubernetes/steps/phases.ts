// The numbered phases of a node's bring-up, from its configuration and the reports of its tasks. The first phase is the
// container with its wrapper, the last one is everything together; those between belong to processes and probes.
import type { ProcessState } from "@cke/protocol";
import type { PhaseStatus, PhaseView, UnitPlan } from "../../workload/plans/bring-up-view.ts";
import {
  isOutOfReach,
  isTerminal,
  processTaskOf,
  reportOf,
  silenceOf,
  type TaskRecord,
  type UnitRecord,
  unitTaskOf,
} from "../../workload/records/records.ts";
import { processReasonOf } from "../../workload/tasks/process-reason.ts";
import { withoutSecrets } from "../../workload/tasks/redaction.ts";
import { describeEnd } from "../../workload/tasks/retry-policy.ts";
import { isHalted } from "../../workload/tasks/statuses.ts";
import type { NodeOutline, OutlineProcess } from "../rendering/node-outline.ts";

export interface PhaseInput {
  readonly name: string;
  readonly outline: NodeOutline;
  readonly record: UnitRecord;
  /** "since <time> by <who>"; "" when it is not paused. */
  readonly paused: string;
  /** Why no offer was good enough; "" when none is needed. */
  readonly waitReason: string;
  /** Why what runs of it may end now; "" for a node that stays. */
  readonly ends: string;
}

interface Finding {
  readonly status: PhaseStatus;
  readonly reason: string;
}

const done: Finding = { status: "done", reason: "" };
const ranks: readonly PhaseStatus[] = ["failed", "waiting", "running", "pending", "done"];

/** A phase has the status of its worst part. */
function worst(findings: readonly Finding[]): Finding {
  return ranks.flatMap((rank) => findings.find(({ status }) => status === rank) ?? [])[0] ?? done;
}

function wrapFinding({ record, waitReason }: PhaseInput): Finding {
  const { launch } = record;
  if (launch === undefined) {
    if (record.lastFailure !== "" && (record.blocked || waitReason === ""))
      return { status: "failed", reason: record.lastFailure };
    const last = record.lastFailure === "" ? "" : `; the last launch ended: ${record.lastFailure}`;
    return { status: "waiting", reason: `${waitReason}${last}` };
  }
  const task = unitTaskOf(launch);
  if (task === undefined) return { status: "failed", reason: "its launch has no task" };
  if (isTerminal(task)) return { status: "failed", reason: describeEnd(task) };
  if (isOutOfReach(task)) return { status: "failed", reason: `agent ${launch.hostname} is out of reach` };
  if (task.state === "TASK_RUNNING") return done;
  const report = reportOf(task);
  if (report?.kind === "unit") {
    const { launchStep: step, detail } = report.value;
    return { status: "running", reason: detail === "" ? step : `${step}: ${detail}` };
  }
  const words =
    task.state === "TASK_INTENDED" || task.state === "TASK_STAGING"
      ? `executor is being fetched and started on ${launch.hostname}`
      : task.message;
  return { status: "running", reason: words };
}

const waitingReason = (name: string, state: ProcessState, reason: string) => {
  const blocking = state.startWhen.filter(({ everPassed }) => !everPassed);
  if (reason !== "") return `${name}: ${reason}`;
  return `${name} waits for ${blocking.map((probe) => probe.name).join(", ") || "its start"}`;
};

/** True when the process itself has started (a one-shot: has finished). */
function startFinding(name: string, { launch }: UnitRecord, oneShot: boolean): Finding {
  const task = processTaskOf(launch, name);
  if (task === undefined) return { status: "pending", reason: "" };
  if (oneShot && task.state === "TASK_FINISHED") return done;
  if (isTerminal(task)) return { status: "failed", reason: `${name}: ${describeEnd(task)}` };
  const report = reportOf(task);
  if (report?.kind !== "process") return { status: "pending", reason: "" };
  const state = report.value;
  if (isHalted(task)) return done;
  const reason = processReasonOf(task, launch === undefined ? undefined : unitTaskOf(launch));
  switch (state.phase) {
    case "waiting":
      return { status: "waiting", reason: waitingReason(name, state, reason) };
    case "starting":
      return { status: "running", reason: `${name} is being started` };
    case "backoff":
    case "failed":
    case "stopped":
      return { status: "failed", reason: `${name}: ${reason === "" ? state.phase : reason}` };
    case "running":
    case "stopping":
      return oneShot
        ? {
            status: "running",
            reason: `${name} is at work: ${reason === "" ? "its output (files/stdout) says at what" : reason}`,
          }
        : done;
    case "finished":
      return done;
  }
}

/** The probes that complete a phase. A phase that was reached stays reached. */
function probeFindings(
  name: string,
  task: TaskRecord | undefined,
  wanted: (phase: string) => boolean,
): readonly Finding[] {
  const report = task === undefined ? undefined : reportOf(task);
  if (report?.kind !== "process") return [];
  const probes = [...report.value.health, ...report.value.startWhen].filter(({ phase }) => wanted(phase));
  return probes.map((probe) => {
    if (probe.passing || probe.everPassed) return done;
    return {
      status: "running",
      reason: `${name}: ${probe.message === "" ? `probe ${probe.name} has not passed yet` : probe.message}`,
    };
  });
}

function processFindings(phase: string, input: PhaseInput): readonly Finding[] {
  return input.outline.processes.flatMap((process: OutlineProcess): readonly Finding[] => {
    const { name, oneShot } = process;
    const task = processTaskOf(input.record.launch, name);
    const own = process.phase === phase;
    const named = process.probes.some((probe) => probe.phase === phase);
    if (!own && !named) return [];
    if (oneShot && task?.state === "TASK_FINISHED") return [done];
    const start = startFinding(name, input.record, oneShot);
    if (start.status !== "done" || (task !== undefined && isHalted(task))) return [start];
    const probes = probeFindings(name, task, (of) => of === phase || (own && of === ""));
    const known = process.probes.filter((probe) => probe.phase === phase || (own && probe.phase === ""));
    if (probes.length < known.length) return [{ status: "running", reason: `${name}: no probe result yet` }];
    return probes;
  });
}

/** True when all processes run and are healthy now. */
function finishFinding(input: PhaseInput): Finding {
  const { launch } = input.record;
  const own = launch === undefined ? undefined : unitTaskOf(launch);
  const silence = own === undefined ? undefined : silenceOf(own);
  if (silence !== undefined) return { status: "failed", reason: silence.words };
  const findings = input.outline.processes.map(({ name, oneShot }): Finding => {
    const task = processTaskOf(input.record.launch, name);
    if (oneShot && task?.state === "TASK_FINISHED") return done;
    const start = startFinding(name, input.record, oneShot);
    if (start.status !== "done" || (task !== undefined && isHalted(task))) return start;
    if (task?.state === "TASK_RUNNING" && task.healthy) return done;
    // The wrapper's text begins with the same words, which are not repeated.
    const reason = task === undefined ? "" : processReasonOf(task, own).replace(/^not healthy: /, "");
    return { status: "running", reason: `${name} is not healthy${reason === "" ? "" : `: ${reason}`}` };
  });
  return worst(findings);
}

/** The node's phases with status and reason, and the last one reached. */
export function planNode(input: PhaseInput): UnitPlan {
  const wrap = wrapFinding(input);
  const { phases: names, nodeType } = input.outline;
  const last = names.length - 1;
  let open = true;
  let stat = 0;
  const phases = names.map((name, index): PhaseView => {
    const between = index > 0 && index < last ? processFindings(name, input) : undefined;
    const finding =
      index === 0
        ? wrap
        : wrap.status !== "done"
          ? { status: "pending" as const, reason: "" }
          : index === last
            ? finishFinding(input)
            : worst(between ?? []);
    // What ends with its node has not failed.
    const expected = finding.status === "failed" && input.ends !== "";
    // A phase without own parts is done with the one before it.
    const nothing = between?.length === 0;
    // The last phase is about everything. What delays an earlier phase is shown only there.
    const status: PhaseStatus =
      (nothing || index === last) && !open ? "pending" : expected ? "waiting" : finding.status;
    open &&= status === "done";
    if (open) stat = index + 1;
    return {
      number: index + 1,
      name,
      status,
      reason:
        status === "done" || status === "pending"
          ? ""
          : withoutSecrets(expected ? `${input.ends} (${finding.reason})` : finding.reason),
    };
  });
  return {
    unit: input.name,
    type: nodeType,
    stat,
    stat_name: names[stat - 1] ?? "",
    total_stat: names.length,
    phases,
    paused: input.paused,
  };
}
