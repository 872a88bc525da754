// Asks the BIRD of a node what it has, and tells of changes: sessions that come and go, and routes.
import { type Clock, messageOf } from "@cke/foundation";
import type { BgpReport } from "@cke/protocol";
import { bgpReport, changeOf, countFlaps, notAsked } from "./bgp-report.ts";
import { askBird, type BirdAnswer, type BirdControl, type BirdWrapper } from "./bird-control.ts";

export interface BirdWatchOptions {
  readonly wrapper: BirdWrapper;
  readonly bird: Pick<BirdControl, "reload">;
  readonly clock: Clock;
  readonly onChange: (report: BgpReport) => void;
  /** Time between two looks, in ms; default 5 s. */
  readonly periodMs?: number;
  /** Shortest time between two reports that differ in numbers of routes and in words only, in ms; default a minute. */
  readonly detailsMs?: number;
}

/** Looks until `signal` is aborted; never rejects. */
export async function watchBird(
  { wrapper, bird, clock, onChange, periodMs = 5_000, detailsMs = 60_000 }: BirdWatchOptions,
  signal: AbortSignal,
): Promise<void> {
  let told = notAsked;
  let toldAt = Number.NEGATIVE_INFINITY;
  let last: BirdAnswer | undefined;
  let flaps = 0;
  const tell = (report: BgpReport) => {
    const change = changeOf(told, report);
    const now = clock.monotonic();
    if (signal.aborted || change === "none" || (change === "details" && now - toldAt < detailsMs)) return;
    told = report;
    toldAt = now;
    onChange(report);
  };
  while (!signal.aborted) {
    try {
      const answer = await askBird(wrapper);
      if (answer === undefined) tell({ ...told, problem: "its BIRD does not run" });
      else {
        // It began between the writing of its configuration and the word to read it again, so it may have read the former one.
        if (answer.runsSince !== last?.runsSince) await bird.reload(wrapper);
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
