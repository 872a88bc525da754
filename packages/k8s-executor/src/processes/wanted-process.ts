// What a process is to be, as its launch or a later message of the scheduler says. Pure.
import { type ProcessTask as ProcessMessage, ProcessSpec } from "@cke/protocol";

export interface WantedProcess {
  readonly spec: ProcessSpec;
  /** The scheduler's name for all of this; "" from a scheduler of an earlier version. */
  readonly version: string;
  /** It is not to run; its task goes on. */
  readonly stopped: boolean;
}

/** Undefined for a message without a specification. */
export function wantedProcess({ spec, version, stopped }: ProcessMessage): WantedProcess | undefined {
  return spec === undefined ? undefined : { spec, version, stopped };
}

const runBytes = (spec: ProcessSpec) => ProcessSpec.encode({ ...spec, resources: undefined });

/** True when the present run ends, if there is one, for what is wanted after it. Other resources alone are set while it runs. */
export function endsRun(before: WantedProcess | undefined, after: WantedProcess): boolean {
  if (before === undefined || before.stopped) return false;
  return after.stopped || Buffer.compare(runBytes(before.spec), runBytes(after.spec)) !== 0;
}
