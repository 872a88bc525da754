// The status updates of a VM's task. Pure.
import type { TaskUpdate } from "@cke/executor-core";
import { boundedText } from "@cke/foundation";
import { TaskReport, VmReport, type VmReportDiskInit, type VmReportNicInit } from "@cke/protocol";
import type { GuestSight } from "../state/guest-state.ts";
import { type ReportStep, stepMessage } from "./launch-step.ts";

export interface VmFacts {
  /** Id of what it runs in; "" before there is a domain. */
  readonly uuid: string;
  readonly ip: string;
  /** UNIX time in ms of the guest's present start; 0 before. */
  readonly startedAtMs: number;
  /** UNIX time in ms of the daemon's last answer while it is away; 0 while it answers. */
  readonly unresponsiveSinceMs: number;
  readonly sight: GuestSight | undefined;
  readonly stateVersion: string;
  /** Of the state that `atNextStart` and `problem` are about. */
  readonly triedVersion: string;
  readonly atNextStart: readonly string[];
  readonly problem: string;
  readonly warnings: readonly string[];
  readonly nics: readonly VmReportNicInit[];
  readonly disks: readonly VmReportDiskInit[];
  readonly acceleration: string;
  readonly guestAgent: boolean;
}

export const noFacts: VmFacts = {
  uuid: "",
  ip: "",
  startedAtMs: 0,
  unresponsiveSinceMs: 0,
  sight: undefined,
  stateVersion: "",
  triedVersion: "",
  atNextStart: [],
  problem: "",
  warnings: [],
  nics: [],
  disks: [],
  acceleration: "",
  guestAgent: false,
};

/** What becomes of disks and other data when the VM ends: UnitReport.data. */
export type DataFate = "kept" | "removed";

/** What only the last report of a VM says. */
export interface LastWords {
  readonly data?: DataFate;
  readonly cause?: string;
  readonly output?: string;
}

const states: Readonly<Record<GuestSight["state"], string>> = {
  "no-state": "",
  running: "running",
  blocked: "blocked",
  paused: "paused",
  "shutting-down": "shutdown",
  "shut-off": "shutoff",
  crashed: "crashed",
  "pm-suspended": "suspended",
  unknown: "",
  absent: "",
};

/** Bounds of what only libvirt, guests and definitions bound otherwise. */
const most = { words: 512, entries: 64 } as const;
const short = (text: string) => boundedText(text, { maxBytes: most.words });

export function kindReport(facts: VmFacts): Uint8Array {
  const { sight, stateVersion, triedVersion, acceleration, guestAgent } = facts;
  return VmReport.encode({
    state: sight === undefined ? "" : states[sight.state],
    reason: sight === undefined || sight.reason === "unknown" ? "" : sight.reason,
    stateVersion,
    triedVersion,
    atNextStart: facts.atNextStart.slice(0, most.entries).map(short),
    problem: short(facts.problem),
    warnings: facts.warnings.slice(0, 16).map(short),
    nics: facts.nics.slice(0, 32),
    disks: facts.disks.slice(0, 32),
    acceleration,
    guestAgent,
  });
}

/** A report says that the data is kept, unless `last` says that it was removed. */
export function vmData(facts: VmFacts, step: ReportStep, detail: string, last: LastWords = {}): Uint8Array {
  const { data = "kept", cause = "", output = "" } = last;
  const { uuid, ip, startedAtMs, unresponsiveSinceMs } = facts;
  return TaskReport.encode({
    report: {
      kind: "unit",
      value: {
        containerId: uuid,
        ip,
        startedAtMs,
        unresponsiveSinceMs,
        launchStep: step,
        detail: boundedText(detail),
        data,
        cause,
        output: boundedText(output, { keep: "end", maxBytes: 2_048 }),
        kindReport: kindReport(facts),
      },
    },
  });
}

export function vmUpdate(
  state: TaskUpdate["state"],
  facts: VmFacts,
  { step, detail = "", ...last }: LastWords & { readonly step: ReportStep; readonly detail?: string },
  extra: Partial<TaskUpdate> = {},
): TaskUpdate {
  return {
    state,
    message: stepMessage(step, detail),
    data: vmData(facts, step, detail, last),
    ...(facts.ip === "" ? {} : { ipAddress: facts.ip }),
    ...extra,
  };
}
