// The state of a process in words: what its probes say, and what is logged of it. Pure, but for what the probes' loops know.
import { boundedText } from "@cke/foundation/bounded-text";
import type { ProbeLoop } from "../probes/probe-loop.ts";
import type { ProcessStatus } from "./process-state-machine.ts";

export const probeInWords = ({ name, message }: { readonly name: string; readonly message: string }) =>
  message === "" ? name : `${name}: ${message}`;

/** What the probes that the reason of this phase names were answered, raw. */
export function answersOf(
  { phase }: Pick<ProcessStatus, "phase">,
  { gates, health }: { readonly gates: readonly ProbeLoop[]; readonly health: readonly ProbeLoop[] },
): string {
  const loops =
    phase === "running"
      ? health.filter((loop) => !loop.state().passing)
      : phase === "waiting"
        ? gates.filter((loop) => !loop.state().everPassed)
        : [];
  const told = loops.filter((loop) => loop.output() !== "");
  const texts = told.map((loop) => (told.length > 1 ? `${loop.state().name}:\n${loop.output()}` : loop.output()));
  return boundedText(texts.join("\n"), { keep: "start" });
}

export function logFields(status: ProcessStatus): Record<string, unknown> {
  return {
    ...(status.pid === 0 ? {} : { pid: status.pid }),
    ...(status.reason === "" ? {} : { reason: status.reason }),
  };
}
