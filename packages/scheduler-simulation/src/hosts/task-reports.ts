// The reports that a KubeNode's executor puts into its status updates.
import type { TaskStatus } from "@cke/mesos";
import { type ProcessSpec, type ProcessStateInit, TaskReport } from "@cke/protocol";

export const encodeReport = (report: Parameters<typeof TaskReport.encode>[0]) =>
  Buffer.from(TaskReport.encode(report)).toString("base64");

export function processData(spec: ProcessSpec, healthy: boolean): Partial<TaskStatus> {
  const probe = ({ name, phase }: { readonly name: string; readonly phase: string }) => ({
    name,
    phase,
    passing: healthy,
    everPassed: healthy,
  });
  const value: ProcessStateInit = {
    name: spec.name,
    phase: spec.oneShot && healthy ? "finished" : "running",
    healthy,
    pid: 7,
    startWhen: spec.startWhen.map((each) => ({ ...probe(each), passing: true, everPassed: true })),
    health: spec.health.map(probe),
  };
  return { data: encodeReport({ report: { kind: "process", value } }) };
}
