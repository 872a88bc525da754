// Shortens a TaskReport that is too large for Mesos or for the scheduler's records: its texts are cut. Phases, numbers
// and flags, on which decisions are based, stay.
import { boundedText } from "@cke/foundation/bounded-text";
import { TaskReport } from "./generated/executor.ts";
import type { ProbeState } from "./generated/process.ts";

/** Most bytes of one report. */
export const maxReportBytes = 12_288;
/** Most probes of a process that a shortened report contains. */
const mostProbes = 64;
/** Most bytes of each text; they are tried in turn until the report is small enough. */
const wordBounds = [4_096, 1_024, 256, 64] as const;

const name = (text: string) => boundedText(text, { maxBytes: 64 });

function shortened({ report }: TaskReport, maxBytes: number): TaskReport["report"] {
  const words = (text: string) => boundedText(text, { maxBytes });
  if (report?.kind === "unit") {
    const { value } = report;
    const texts = {
      containerId: name(value.containerId),
      launchStep: name(value.launchStep),
      ip: name(value.ip),
      data: name(value.data),
      cause: name(value.cause),
      detail: words(value.detail),
      peersVersion: name(value.peersVersion),
      peersProblem: words(value.peersProblem),
      hostProblem: words(value.hostProblem),
      output: boundedText(value.output, { maxBytes, keep: "end" }),
    };
    return { kind: "unit", value: { ...value, ...texts } };
  }
  if (report?.kind !== "process") return report;
  const probe = ({ message, ...rest }: ProbeState): ProbeState => ({
    ...rest,
    name: name(rest.name),
    phase: name(rest.phase),
    message: boundedText(message, { maxBytes: Math.max(64, maxBytes / 8) }),
  });
  const { value } = report;
  return {
    kind: "process",
    value: {
      ...value,
      name: name(value.name),
      type: name(value.type),
      exitSignal: name(value.exitSignal),
      specHash: name(value.specHash),
      reason: words(value.reason),
      lastOutput: boundedText(value.lastOutput, { maxBytes, keep: "end" }),
      output: boundedText(value.output, { maxBytes, keep: "start" }),
      startWhen: value.startWhen.slice(0, mostProbes).map(probe),
      health: value.health.slice(0, mostProbes).map(probe),
    },
  };
}

/**
 * The encoded report, shortened if it has more than `maxBytes` bytes; undefined when it cannot be shortened enough.
 * Throws MalformedMessageError for bytes that are no report.
 */
export function boundedReport(bytes: Uint8Array, maxBytes = maxReportBytes): Uint8Array | undefined {
  if (bytes.length <= maxBytes) return bytes;
  const report = TaskReport.decode(bytes);
  for (const bound of wordBounds) {
    const short = TaskReport.encode({ ...report, report: shortened(report, bound) });
    if (short.length <= maxBytes) return short;
  }
  return undefined;
}
