// What the PUT of a process changes in its cluster's specification and in its node's rendering. Pure.
import { isDeepStrictEqual } from "node:util";
import { CkeError } from "@cke/foundation";
import type { KubeNodeTask } from "@cke/protocol";
import { sumResources } from "../../workload/outline/unit-outline.ts";
import type { ClusterSpec, NodeSpec, ProcessSpecification } from "../cluster/cluster-spec.ts";
import { computedResourceVariables } from "../configuration/computed-variables.ts";
import type { NodeOutline } from "../rendering/node-outline.ts";
import { nodeHash, type RenderedNode } from "../rendering/node-renderer.ts";
import { limitsOf, processHash, type RenderedProcess } from "../rendering/process-renderer.ts";

/** What is given is changed. */
export type ProcessChange = Partial<Pick<ProcessSpecification, "cmd" | "options" | "envs" | "res" | "expect">>;

/** True for a change that ends the present run: all but those of the limits, and of whether it is to run. */
export function asksForRestart(change: ProcessChange): boolean {
  const { cmd, options, envs, res, expect } = change;
  const nothing = res === undefined && expect === undefined;
  return nothing || cmd !== undefined || options !== undefined || envs !== undefined;
}

/** A node's processes as a list, also where it has those of the configuration. */
export function processListOf(
  { processes }: Pick<NodeSpec, "processes">,
  outline: NodeOutline,
): ProcessSpecification[] {
  const listed = processes ?? [];
  const added = outline.processes.filter(({ name, type }) =>
    processes === undefined ? true : !listed.some((one) => one.name === name || one.type === type),
  );
  return [
    ...listed,
    ...added.map(
      ({ name, type, res }): ProcessSpecification => ({
        name,
        type,
        res,
        cmd: "",
        options: [],
        envs: [],
        attributes: [],
        expect: "RUN",
      }),
    ),
  ];
}

/** The specification with the change; the same object when nothing is to be different. */
export function changedSpec(
  spec: ClusterSpec,
  node: string,
  process: string,
  change: ProcessChange,
  outline: NodeOutline,
): ClusterSpec {
  if (Object.values(change).every((value) => value === undefined)) return spec;
  const units = spec.units.map((unit) =>
    unit.name !== node
      ? unit
      : {
          ...unit,
          processes: processListOf(unit, outline).map((one) => (one.name === process ? { ...one, ...change } : one)),
        },
  );
  return { ...spec, units };
}

/**
 * The rendering with the process changed; everything else in it is the same. A restart with another command, options or
 * environment renders the process anew. One without them keeps what was rendered, except for the environment that
 * follows from resources, which may have changed since.
 */
export function changedRendering(
  rendered: RenderedNode,
  name: string,
  change: ProcessChange,
  fresh: () => RenderedNode,
): RenderedNode {
  const edit = (old: RenderedProcess): RenderedProcess => {
    const before = withResources(old, change.res);
    const stopped = change.expect === undefined ? before.stopped : change.expect === "STOP";
    if (!asksForRestart(change)) return { ...before, stopped, changed: true };
    const revision = before.revision + 1;
    const { cmd, options, envs } = change;
    const anew = cmd !== undefined || options !== undefined || envs !== undefined;
    const now = anew ? withGatesOf(old, freshProcess(fresh, name)) : withPresentResources(before, fresh);
    return { ...now, revision, stopped, changed: true };
  };
  const processes = rendered.processes.map((one) => (one.name === name ? edit(one) : one));
  const kubeNode = withLimits(rendered, processes);
  return { ...rendered, kubeNode, processes, configHash: nodeHash({ kubeNode, processes }) };
}

function withResources(process: RenderedProcess, res: ProcessChange["res"]): RenderedProcess {
  if (res === undefined) return process;
  const spec = { ...process.spec, resources: limitsOf(res, process.spec.resources?.cfsQuota ?? false) };
  return { ...process, res, spec, configHash: processHash(spec) };
}

/** The container has the limits of all that is in it. */
function withLimits({ kubeNode, processes: before }: RenderedNode, after: readonly RenderedProcess[]): KubeNodeTask {
  const sum = (processes: readonly RenderedProcess[]) => {
    const { cpu, mem } = sumResources(processes.map(({ res }) => res));
    return limitsOf({ cpu, mem }, false);
  };
  const [old, now] = [sum(before), sum(after)];
  if (kubeNode.memoryBytes === 0 || isDeepStrictEqual(old, now)) return kubeNode;
  return {
    ...kubeNode,
    cpuMillis: kubeNode.cpuMillis + now.cpuMillis - old.cpuMillis,
    memoryBytes: kubeNode.memoryBytes + now.memoryBytes - old.memoryBytes,
  };
}

/** 409: the configuration of today does not render the process. */
export class CannotRenderError extends CkeError {
  constructor(name: string, why: string) {
    super("process_change_refused", `${name} cannot be rendered with the configuration of today: ${why}`, {
      status: 409,
    });
  }
}

function freshProcess(fresh: () => RenderedNode, name: string): RenderedProcess {
  let found: RenderedProcess | undefined;
  try {
    found = fresh().processes.find((one) => one.name === name);
  } catch (error) {
    if (error instanceof CkeError) throw new CannotRenderError(name, error.message);
    throw error;
  }
  if (found === undefined) throw new CannotRenderError(name, "it has no such process any more");
  return found;
}

/** What it waits for before it starts follows from the node's other processes, which stay as they were rendered. */
function withGatesOf({ spec: { startWhen } }: RenderedProcess, process: RenderedProcess): RenderedProcess {
  const spec = { ...process.spec, startWhen };
  return { ...process, spec, configHash: processHash(spec) };
}

/** Where the process cannot be rendered now, it stays as it is. */
function withPresentResources(before: RenderedProcess, fresh: () => RenderedNode): RenderedProcess {
  const { environment } = before.spec;
  if (!environment.some(({ name }) => computedResourceVariables.has(name))) return before;
  const present = new Map(presentEnvironment(fresh, before.name).map(({ name, value }) => [name, value]));
  const renewed = environment.map(({ name, value }) => ({
    name,
    value: computedResourceVariables.has(name) ? (present.get(name) ?? value) : value,
  }));
  const spec = { ...before.spec, environment: renewed };
  return { ...before, spec, configHash: processHash(spec) };
}

function presentEnvironment(fresh: () => RenderedNode, name: string): RenderedProcess["spec"]["environment"] {
  try {
    return freshProcess(fresh, name).spec.environment;
  } catch (error) {
    if (error instanceof CannotRenderError) return [];
    throw error;
  }
}
