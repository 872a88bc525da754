// What views, plans and the matching need of a rendered node all the time: small, and the same value for nodes alike, so that
// thousands of nodes share a few of them. The rendering itself is unpacked only for a launch.
import { nodeTypes, type ProcessSpec } from "@cke/protocol";
import { z } from "zod";

/** CPUs and MiB. */
const resources = z.object({ cpu: z.number(), mem: z.number() });

const outlineProcess = z.object({
  name: z.string(),
  type: z.string(),
  res: resources,
  /** As the configuration or the user wrote it, with its variables. */
  cmd: z.string(),
  /** Others of the node cannot do without it. */
  required: z.boolean(),
  /** Bring-up phase that its start belongs to; "" for none. */
  phase: z.string(),
  oneShot: z.boolean(),
  /** Its end is its success: a one-shot, or one that is never started again. */
  mayFinish: z.boolean(),
  /** Probes of its health, then those that it waits for before its start. */
  probes: z.array(z.object({ name: z.string(), phase: z.string() })),
});

export const nodeOutlineSchema = z.object({
  nodeType: z.enum(nodeTypes),
  /** Names of the bring-up phases, in order. */
  phases: z.array(z.string()),
  serviceCidr: z.string(),
  /** Ports that the node publishes on its agent. */
  hostPorts: z.array(z.number()),
  /** What the executor takes, outside of the container. */
  executor: resources,
  /** What the container takes beside its processes. */
  nodeTask: resources,
  processes: z.array(outlineProcess),
});

export type OutlineProcess = Readonly<z.infer<typeof outlineProcess>>;
export type NodeOutline = Readonly<Omit<z.infer<typeof nodeOutlineSchema>, "processes">> & {
  readonly processes: readonly OutlineProcess[];
};

/** What a process's specification says about its bring-up. */
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
