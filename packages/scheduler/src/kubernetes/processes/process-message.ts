// A rendered process as the message that tells an executor what it is to be: at its launch, and later. Pure.
import { createHash } from "node:crypto";
import { ProcessTask } from "@cke/protocol";
import type { HeldAmount } from "../../workload/records/resource-tasks.ts";
import { limitsOf, type RenderedProcess } from "../rendering/process-renderer.ts";

/**
 * Environment variable with the number of restarts that were asked for. It makes another specification of the same
 * process, so that a wrapper of any version replaces the run, and does it once, however often it is asked.
 */
export const revisionVariable = "CKE_REVISION";

/** The message, with its version. `granted`: limits that it may have now, where they are not those that it was rendered with. */
export function processMessage(
  { spec, revision, stopped }: Pick<RenderedProcess, "spec" | "revision" | "stopped">,
  granted?: HeldAmount,
) {
  const environment =
    revision === 0
      ? spec.environment
      : [
          ...spec.environment.filter(({ name }) => name !== revisionVariable),
          { name: revisionVariable, value: String(revision) },
        ];
  const resources = granted === undefined ? spec.resources : limitsOf(granted, spec.resources?.cfsQuota ?? false);
  const message = { spec: { ...spec, environment, resources }, stopped };
  const version = createHash("sha256").update(ProcessTask.encode(message)).digest("hex").slice(0, 16);
  return ProcessTask.create({ ...message, version });
}
