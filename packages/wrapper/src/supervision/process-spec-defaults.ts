// The defaults that process.proto promises, and the hash that tells whether two specifications are the same.
import { createHash } from "node:crypto";
import { ProcessSpec, type RestartPolicy } from "@cke/protocol";
import type { OutputLimits } from "../output/output-file.ts";
import { parseSignal } from "../process/process-group.ts";
import { completeRestartPolicy } from "./restart-backoff.ts";

export interface EffectiveSettings {
  readonly restart: RestartPolicy;
  readonly stopSignal: NodeJS.Signals;
  readonly stopGraceMs: number;
  readonly output: OutputLimits;
}

export function effectiveSettings(spec: ProcessSpec): EffectiveSettings {
  return {
    restart: completeRestartPolicy(spec.restart),
    stopSignal: parseSignal(spec.stopSignal) ?? "SIGTERM",
    stopGraceMs: spec.stopGraceMs || 10_000,
    output: { rotateBytes: spec.outputRotateBytes || 10 * 1024 * 1024, keep: spec.outputKeep || 3 },
  };
}

/** sha256 in hex of the encoded specification without its resources: those change live. */
export function specHash(spec: ProcessSpec): string {
  return createHash("sha256")
    .update(ProcessSpec.encode({ ...spec, resources: undefined }))
    .digest("hex");
}
