// The outline: what views, plans and the matching of offers need of a rendered node all the time. It is small, and
// equal nodes share one value. The rendering itself is unpacked only for a launch.
import { nodeTypes, type ProcessSpec } from "@cke/protocol";
import { z } from "zod";
import { readingEarlierNames } from "../../workload/records/earlier-names.ts";

/** CPUs and MiB. */
const resources = z.object({ cpu: z.number(), mem: z.number() });

const outlineProcess = z.object({
  name: z.string(),
  type: z.string(),
  res: resources,
  /** As the configuration or the user wrote it, with its variables. */
  cmd: z.string(),
  /** Other processes of the node need it. */
  required: z.boolean(),
  /** Bring-up phase that its start belongs to; "" for none. */
  phase: z.string(),
  oneShot: z.boolean(),
  /** True for a process whose end is its success: a one-shot, or one that is never started again. */
  mayFinish: z.boolean(),
  /** Its health probes, then those for which it waits before its start. */
  probes: z.array(z.object({ name: z.string(), phase: z.string() })),
});

const nodeOutline = z.object({
  nodeType: z.enum(nodeTypes),
  /** Names of the bring-up phases, in order. */
  phases: z.array(z.string()),
  serviceCidr: z.string(),
  /** Ports that the node publishes on its agent. */
  hostPorts: z.array(z.number()),
  /** Resources of the executor, outside of the container. */
  executor: resources,
  /** Resources of the container beside its processes. */
  unitTask: resources,
  processes: z.array(outlineProcess),
});

/** Earlier versions stored `unitTask` as `nodeTask`. */
export const nodeOutlineSchema = readingEarlierNames(nodeOutline, { nodeTask: "unitTask" });

export type OutlineProcess = Readonly<z.infer<typeof outlineProcess>>;
export type NodeOutline = Readonly<Omit<z.infer<typeof nodeOutline>, "processes">> & {
  readonly processes: readonly OutlineProcess[];
};

/** The part of a process's specification that concerns its bring-up. */
export function outlineOfSpec(
  spec: ProcessSpec,
): Pick<OutlineProcess, "name" | "type" | "phase" | "oneShot" | "mayFinish" | "probes"> {
  const { name, type, phase, oneShot, restart } = spec;
  return {
    name,
    type,
    phase,
    oneShot,
    mayFinish: oneShot || restart?.mode === "never",
    probes: [...spec.health, ...spec.startWhen].map((probe) => ({ name: probe.name, phase: probe.phase })),
  };
}
