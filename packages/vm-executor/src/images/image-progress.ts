// Words about an image that is being brought to the host, and how often they change. Pure.
import { describeBytes } from "../storage/free-space.ts";

export interface ImageProgress {
  readonly phase: "downloading" | "copying" | "checking" | "waiting";
  readonly done: number;
  /** undefined when it is not known. */
  readonly total: number | undefined;
}

/** "downloading 120 MB of 300 MB (40 %)". */
export function describeProgress({ phase, done, total }: ImageProgress): string {
  const verb = phase === "waiting" ? "another executor of this host fetches it:" : phase;
  if (total === undefined || total === 0) return `${verb} ${describeBytes(done)}`;
  return `${verb} ${describeBytes(done)} of ${describeBytes(total)} (${Math.min(100, Math.floor((done / total) * 100))} %)`;
}
