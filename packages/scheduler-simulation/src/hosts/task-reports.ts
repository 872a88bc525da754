// The reports that a KubeNode's executor puts into its status updates.
import type { TaskStatus } from "@cke/mesos";
import { type ProcessStateInit, type ProcessTask, TaskReport } from "@cke/protocol";

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
