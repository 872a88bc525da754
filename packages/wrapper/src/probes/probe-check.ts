// One run of a probe's check. A check never throws: whatever goes wrong is a failed result with the reason in words.
// The kinds load only when they are used.
import { assertNever } from "@cke/foundation/assert-never";
import { boundedText } from "@cke/foundation/bounded-text";
import { messageOf } from "@cke/foundation/cke-error";
import type { Probe } from "@cke/protocol";
import { CheckFailure, type CheckRun } from "./check-run.ts";
import { fileCheck } from "./file-check.ts";
import type { ProbeResult } from "./probe-record.ts";
import type { ProbeSemaphore } from "./probe-semaphore.ts";

/** Of the words of a failed probe: they go into every report. */
const maxMessageBytes = 512;

export interface ProbeCheck {
  /** Ends within about `timeoutMs`, and soon after `signal` is aborted. */
  run(timeoutMs: number, signal: AbortSignal): Promise<ProbeResult>;
}

/** Commands wait for their turn in `semaphore`; the timeout begins with the run. */
export function probeCheck(probe: Probe, semaphore: ProbeSemaphore): ProbeCheck {
  let run: CheckRun | undefined;
  return {
    run: async (timeoutMs, signal) => {
      let give = () => {};
      try {
        if (isCommand(probe.check)) give = await semaphore.take(signal);
      } catch (error) {
        return { passing: false, message: messageOf(error), output: "", late: false };
      }
      const ending = new AbortController();
      const end = () => ending.abort();
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        end();
      }, timeoutMs);
      signal.addEventListener("abort", end, { once: true });
      try {
        run ??= await loadRun(probe.check);
        await run(ending.signal);
        return { passing: true, message: "", output: "", late };
      } catch (error) {
        const words = late ? `no answer within ${timeoutMs / 1_000} s` : messageOf(error);
        const message = boundedText(words, { maxBytes: maxMessageBytes });
        const output = error instanceof CheckFailure ? boundedText(error.output, { keep: "start" }) : "";
        return { passing: false, message, output, late };
      } finally {
        give();
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
      }
    },
  };
}

/** A look for a file is no program that waits for its turn. */
const isCommand = (check: Probe["check"]) => check?.kind === "exec" && fileCheck(check.value) === undefined;

async function loadRun(check: Probe["check"]): Promise<CheckRun> {
  if (check === undefined) throw new Error("the probe has no check");
  switch (check.kind) {
    case "http":
      return (await import("./http-check.ts")).httpCheck(check.value);
    case "tcp":
      return (await import("./tcp-check.ts")).tcpCheck(check.value);
    case "exec":
      return fileCheck(check.value) ?? (await import("./exec-check.ts")).execCheck(check.value);
    default:
      return assertNever(check);
  }
}
