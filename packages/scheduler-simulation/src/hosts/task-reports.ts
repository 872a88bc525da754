// The reports that simulated executors put into their status updates.
import type { TaskStatus } from "@cke/mesos";
import { type ProcessStateInit, type ProcessTask, TaskReport, VmReport, type VmTask } from "@cke/protocol";

export const encodeReport = (report: Parameters<typeof TaskReport.encode>[0]) =>
  Buffer.from(TaskReport.encode(report)).toString("base64");

type Followed = Pick<ProcessTask, "version" | "stopped"> & { readonly spec: NonNullable<ProcessTask["spec"]> };

export function processData({ spec, version, stopped }: Followed, healthy: boolean): Partial<TaskStatus> {
  const probe = ({ name, phase }: { readonly name: string; readonly phase: string }) => ({
    name,
    phase,
    passing: healthy,
    everPassed: healthy,
  });
  const value: ProcessStateInit = {
    name: spec.name,
    phase: stopped ? "stopped" : spec.oneShot && healthy ? "finished" : "running",
    resources: stopped ? undefined : spec.resources,
    reason: stopped ? "it is not to run" : "",
    healthy,
    pid: 7,
    startWhen: spec.startWhen.map((each) => ({ ...probe(each), passing: true, everPassed: true })),
    health: spec.health.map(probe),
  };
  return { data: encodeReport({ report: { kind: "process", value }, processVersion: version }) };
}

/** A guest as its executor has it. */
export interface SimulatedGuest {
  readonly taskId: string;
  readonly task: VmTask;
  /** `<workload>/<unit>` */
  readonly key: string;
  step: string;
  runs: boolean;
  /** 0: it has never run under this executor. */
  startedAtMs: number;
  paused: boolean;
  stateVersion: string;
}

/** The report of a VM's executor. `guest`: undefined before its launch. */
export function guestData(
  guest: SimulatedGuest | undefined,
  unit: Readonly<Record<"launchStep" | "detail" | "cause" | "containerId" | "data", string>>,
): Partial<TaskStatus> {
  const { runs = false, startedAtMs = 0, paused = false, stateVersion = "" } = guest ?? {};
  const state = runs ? (paused ? "paused" : "running") : "";
  const kindReport = VmReport.encode({ state, stateVersion, acceleration: "kvm" });
  return { data: encodeReport({ report: { kind: "unit", value: { ...unit, startedAtMs, kindReport } } }) };
}
