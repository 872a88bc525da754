// What Mesos is told about a node's task. Pure.
import type { TaskUpdate } from "@cke/executor-core";
import { TaskReport } from "@cke/protocol";
import type { ReportStep } from "./launch-step.ts";

export interface NodeFacts {
  readonly containerId: string;
  readonly ip: string;
  /** UNIX time in ms; 0 before the container runs. */
  readonly startedAtMs: number;
}

export const noFacts: NodeFacts = { containerId: "", ip: "", startedAtMs: 0 };

const stepWords: Readonly<Record<ReportStep, string>> = {
  engine: "looking for the Docker engine",
  image: "looking for the image",
  network: "looking for the network",
  container: "creating the container",
  wrapper: "waiting for the wrapper in the container",
  secrets: "waiting for the secrets from the scheduler",
  files: "writing the node's files",
  ready: "ready",
  stopping: "stopping",
};

/** "image: pulling 120/300 MB"; the step in words when there is no detail. */
export function stepMessage(step: ReportStep, detail: string): string {
  return detail === "" ? stepWords[step] : `${step}: ${detail}`;
}

export function nodeData(facts: NodeFacts, step: ReportStep, detail: string): Uint8Array {
  return TaskReport.encode({ report: { kind: "kubeNode", value: { ...facts, step, detail } } });
}

export function nodeUpdate(
  state: TaskUpdate["state"],
  facts: NodeFacts,
  step: ReportStep,
  detail: string,
  extra: Partial<TaskUpdate> = {},
): TaskUpdate {
  return {
    state,
    message: stepMessage(step, detail),
    data: nodeData(facts, step, detail),
    ...(facts.ip === "" ? {} : { ipAddress: facts.ip }),
    ...extra,
  };
}
