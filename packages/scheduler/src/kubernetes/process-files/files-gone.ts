// What can still be said of the files of a node that does not run: where they were, and the last words of its processes. Pure.
import { CkeError } from "@cke/foundation";
import {
  isTerminal,
  type LaunchRecord,
  processTaskOf,
  type UnitRecord,
  unitTaskOf,
} from "../../workload/records/records.ts";
import { failureOf } from "../../workload/tasks/failure.ts";
import type { ProcessName } from "./process-file-reads.ts";

/** 410. `details` goes into the answer. */
export class FilesGoneError extends CkeError {
  readonly details: Readonly<Record<string, string>>;

  constructor(message: string, details: Readonly<Record<string, string>>) {
    super("files_gone", message, { status: 410 });
    this.details = details;
  }
}

interface LastPlace {
  readonly hostname: string;
  /** Absent when it is not known. */
  readonly endedAtMs?: number;
  /** The last lines of the process, or of one that failed; "" for none. */
  readonly output: string;
}

/** Undefined for a node that has not run yet: its files are still to come. `directory`: where they were in its container. */
export function filesGone(of: ProcessName, record: UnitRecord, directory: string): FilesGoneError | undefined {
  const { launch, last, failure, home } = record;
  const place = launch === undefined ? last : endOf(launch);
  const hostname = place?.hostname ?? home;
  if (hostname === "") return undefined;
  const told = processTaskOf(launch, of.process);
  const output = (told && (failureOf(told) ?? told.failure)?.output) ?? failure?.output ?? "";
  return gone(of, "does not run", { ...place, hostname, output }, directory);
}

/** For a node that was removed from its cluster. */
export function filesOfFormer(of: ProcessName, former: LastPlace, directory: string): FilesGoneError {
  return gone(of, "was removed", former, directory);
}

function gone({ cluster, node }: ProcessName, what: string, place: LastPlace, directory: string): FilesGoneError {
  const { hostname, endedAtMs, output } = place;
  const container = `cke-${cluster}-${node}`;
  const ended = endedAtMs === undefined ? "" : ` until ${new Date(endedAtMs).toISOString()}`;
  const said = output === "" ? "" : "; the last lines that are known are in last_output";
  const words = `node "${node}" of cluster "${cluster}" ${what}: it ran on ${hostname}${ended}, and the files were in ${directory} of its container ${container} there, which is removed when a node ends${said}; …/nodes/${node}/executor/files may still have what its executor wrote`;
  return new FilesGoneError(words, { host: hostname, container, directory, last_output: output });
}

function endOf(launch: LaunchRecord): { readonly hostname: string; readonly endedAtMs: number } | undefined {
  const task = unitTaskOf(launch);
  if (task === undefined || !isTerminal(task)) return undefined;
  return { hostname: launch.hostname, endedAtMs: task.changedAtMs };
}
