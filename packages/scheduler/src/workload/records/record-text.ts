// The JSON text of a unit's record, as the store keeps it. Every status update writes the record of its unit, and of that only
// one task is new: the texts of tasks and of ExecutorInfos are made once and kept. Texts from outside are cut where they
// enter CKE. When a record is too large all the same (many failed processes with long texts), it is stored with
// shorter texts. Pure.
import { boundedText } from "@cke/foundation";
import { boundedReport } from "@cke/protocol";
import { memoize } from "./memoize.ts";
import type { FailureRecord, LaunchRecord, TaskRecord, UnitRecord } from "./records.ts";

/** Most bytes of each text, tried in turn; at last there are no texts. */
const wordBounds = [1_024, 256, 64, 0] as const;

/** Most bytes of a character of a text in UTF-8. */
const maxCharacterBytes = 3;

/** A record, with its JSON text. */
export interface StorableRecord {
  readonly record: UnitRecord;
  readonly json: string;
}

const taskText = memoize((task: TaskRecord) => JSON.stringify(task));
const objectText = memoize((value: object) => JSON.stringify(value));

/** Parts, because texts that are put together one after the other are copied each time. */
function launchParts({ executor, tasks, ...launch }: LaunchRecord): readonly string[] {
  const known = typeof executor === "object" && executor !== null ? objectText(executor) : JSON.stringify(executor);
  const begin = JSON.stringify(launch).slice(0, -1);
  const texts = tasks.flatMap((task, index) => (index === 0 ? [taskText(task)] : [",", taskText(task)]));
  return [begin, ...(known === undefined ? [] : [',"executor":', known]), ',"tasks":[', ...texts, "]}"];
}

/** What JSON.stringify makes of the record, in another order of the fields. */
export function recordText({ launch, ...record }: UnitRecord): string {
  const rest = JSON.stringify(record);
  return launch === undefined ? rest : [rest.slice(0, -1), ',"launch":', ...launchParts(launch), "}"].join("");
}

/** Bytes of the value as JSON. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? "");
}

const fits = (json: string, limit: number) =>
  json.length * maxCharacterBytes <= limit || Buffer.byteLength(json) <= limit;

function shorterReport(report: string, maxBytes: number): string {
  if (maxBytes === 0) return "";
  if (report.length <= maxBytes) return report;
  try {
    return Buffer.from(boundedReport(Buffer.from(report, "base64"), maxBytes) ?? []).toString("base64");
  } catch {
    return "";
  }
}

function shorter(record: UnitRecord, maxBytes: number): UnitRecord {
  const words = (text: string) => (maxBytes === 0 ? "" : boundedText(text, { maxBytes }));
  const failure = (told: FailureRecord | undefined) =>
    told === undefined ? {} : { failure: { ...told, message: words(told.message), output: words(told.output) } };
  const task = (one: TaskRecord): TaskRecord => ({
    ...one,
    reason: words(one.reason),
    message: words(one.message),
    // Numbers and flags of a report take some hundred bytes.
    report: shorterReport(one.report, maxBytes === 0 ? 0 : Math.max(1_024, maxBytes * 4)),
    ...failure(one.failure),
  });
  const launch = (one: LaunchRecord): LaunchRecord => ({
    ...one,
    evicted: words(one.evicted),
    tasks: one.tasks.map(task),
  });
  return {
    ...record,
    ...(record.launch === undefined ? {} : { launch: launch(record.launch) }),
    ...failure(record.failure),
    lastFailure: words(record.lastFailure),
    superseded: record.superseded.map(launch),
    reservations: record.reservations.map((one) => ({ ...one, problem: words(one.problem) })),
  };
}

/**
 * The record in a form of at most `limit` bytes of text: the same, or with shorter texts; undefined when it is too large
 * even without texts.
 */
export function storableRecord(record: UnitRecord, limit: number): StorableRecord | undefined {
  const json = recordText(record);
  if (fits(json, limit)) return { record, json };
  for (const maxBytes of wordBounds) {
    const short = shorter(record, maxBytes);
    const shortJson = recordText(short);
    if (fits(shortJson, limit)) return { record: short, json: shortJson };
  }
  return undefined;
}

/** The text about a record that cannot be stored: what is too large, and what to do. */
export function describeOversize(record: UnitRecord, limit: number): string {
  const { launch, superseded, orphaned, reservations } = record;
  const parts = [
    {
      bytes: jsonBytes(launch ?? null),
      what: `its launch with ${launch?.tasks.length ?? 0} tasks`,
      advice: "delete the workload, and create it with fewer processes in this unit",
    },
    {
      bytes: jsonBytes(superseded),
      what: `${superseded.length} earlier launches on agents that are out of reach`,
      advice: "bring these agents back, or mark them gone in Mesos (MARK_AGENT_GONE)",
    },
    {
      bytes: jsonBytes(orphaned),
      what: `${orphaned.length} hosts that may have something left of it`,
      advice: "bring these hosts back, or give them up with plan/skip",
    },
    {
      bytes: jsonBytes(reservations),
      what: `${reservations.length} reservations`,
      advice: "bring the agents back that keep them, or mark them gone in Mesos (MARK_AGENT_GONE)",
    },
  ];
  const largest = parts.reduce((most, part) => (part.bytes > most.bytes ? part : most));
  return `the record of this unit is too large: ${jsonBytes(record)} bytes, and a store takes ${limit}. Most of it are ${largest.what} (${largest.bytes} bytes). What is new of this unit is neither stored nor acknowledged, and nothing is launched for it; what runs goes on. ${largest.advice[0]?.toUpperCase()}${largest.advice.slice(1)}`;
}
