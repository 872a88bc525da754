// Asks the BIRD of a node what it has, and tells of changes: sessions that come and go, and routes.
import { type Clock, messageOf } from "@cke/foundation";
import type { BgpReport } from "@cke/protocol";
import { bgpReport, countFlaps, notAsked } from "./bgp-report.ts";
import { askBird, type BirdAnswer, type BirdWrapper, reloadBird } from "./bird-control.ts";

export interface BirdWatchOptions {
  readonly wrapper: BirdWrapper;
  readonly clock: Clock;
  readonly onChange: (report: BgpReport) => void;
  /** Time between two looks, in ms; default 5 s. */
  readonly periodMs?: number;
}

/** Looks until `signal` is aborted; never rejects. */
export async function watchBird(
  { wrapper, clock, onChange, periodMs = 5_000 }: BirdWatchOptions,
  signal: AbortSignal,
): Promise<void> {
  let told = notAsked;
  let last: BirdAnswer | undefined;
  let flaps = 0;
  const tell = (report: BgpReport) => {
    if (signal.aborted || JSON.stringify(report) === JSON.stringify(told)) return;
    told = report;
    onChange(report);
  };
  while (!signal.aborted) {
    try {
      const answer = await askBird(wrapper);
      if (answer === undefined) tell({ ...told, problem: "its BIRD does not run" });
      else {
        // It began between the writing of its configuration and the word to read it again, so it may have read the former one.
        if (answer.runsSince !== last?.runsSince) await reloadBird(wrapper);
        flaps += countFlaps(last?.sessions ?? [], answer.sessions);
        last = answer;
        tell(bgpReport(answer.sessions, flaps));
      }
    } catch (error) {
      tell({ ...told, problem: messageOf(error) });
    }
    await clock.sleep(periodMs, signal).catch(() => {});
  }
}
