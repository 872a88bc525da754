// The status updates of a node's task. Pure.
import type { TaskUpdate } from "@cke/executor-core";
import { boundedText } from "@cke/foundation";
import { type BgpReport, NodeReport, TaskReport } from "@cke/protocol";
import type { ReportStep } from "./launch-step.ts";

export interface NodeFacts {
  readonly containerId: string;
  readonly ip: string;
  /** UNIX time in ms; 0 before the container runs. */
  readonly startedAtMs: number;
  /** UNIX time in ms of the wrapper's last answer while it does not answer; 0 while it does. */
  readonly unresponsiveSinceMs: number;
  /** Version of the cluster's nodes that hosts file and routes have; "" for none. */
  readonly peersVersion: string;
  /** Why they do not have those that are wanted, in words; "" when they have. */
  readonly peersProblem: string;
  /** What the host does not give the node any more, in words; "" when all is well. */
  readonly hostProblem: string;
  /** What its BIRD says; absent: it has none, or was not asked. */
  readonly bgp?: BgpReport | undefined;
}

/** What becomes of volumes and data directories when the node ends: UnitReport.data. */
export type DataFate = "kept" | "removed";

export const noFacts: NodeFacts = {
  containerId: "",
  ip: "",
  startedAtMs: 0,
  unresponsiveSinceMs: 0,
  peersVersion: "",
  peersProblem: "",
  hostProblem: "",
};

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

/** The words for a node whose wrapper does not answer. `why`: from `silenceWords`. */
export function unresponsiveWords(sinceMs: number, why: string): string {
  return `unresponsive since ${new Date(sinceMs).toISOString()}: ${why}`;
}

/** Why a wrapper may not answer, by the state of its container; undefined when Docker did not answer. */
export function silenceWords(container: { readonly name: string; readonly paused: boolean } | undefined): string {
  if (container === undefined)
    return "the wrapper in its container does not answer; the Docker engine says nothing of it";
  return container.paused
    ? `its container is paused (docker unpause ${container.name})`
    : "its container runs, but the wrapper in it does not answer";
}

/** What only the last report of a node says. */
export interface NodeLastWords {
  readonly data?: DataFate;
  /** Code of the failure that ended it. */
  readonly cause?: string;
  /** The last lines of its container. */
  readonly output?: string;
}

/** A report says that the data is kept, unless `last` says that it was removed. */
export function nodeData(facts: NodeFacts, step: ReportStep, detail: string, last: NodeLastWords = {}): Uint8Array {
  const { data = "kept", cause = "", output = "" } = last;
  const { bgp, ...own } = facts;
  const kindReport = bgp === undefined ? {} : { kindReport: NodeReport.encode({ bgp }) };
  // The detail may hold words of Docker, which have no bound.
  return TaskReport.encode({
    report: {
      kind: "unit",
      value: { ...own, launchStep: step, detail: boundedText(detail), data, cause, output, ...kindReport },
    },
  });
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
