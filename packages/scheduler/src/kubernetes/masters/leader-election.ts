// The controllers of a cluster with one master hold no election: it has no other one to lose it to. Before a second
// master has controllers, those of the first one must elect a leader, or two would act at the same time. Nothing else of
// the first master changes. Pure.
import { nodeHash, type RenderedNode } from "../rendering/node-renderer.ts";
import { processHash, type RenderedProcess } from "../rendering/process-renderer.ts";

const off = "--leader-elect=false";
const on = "--leader-elect=true";

/** Names of the processes that elect no leader. */
export const withoutElection = ({ processes }: Pick<RenderedNode, "processes">): readonly string[] =>
  processes.filter(({ spec }) => spec.command.includes(off)).map(({ name }) => name);

/** Names of those that elect one. */
export const withElection = ({ processes }: Pick<RenderedNode, "processes">): readonly string[] =>
  processes.filter(({ spec }) => spec.command.includes(on)).map(({ name }) => name);

function elects(process: RenderedProcess): RenderedProcess {
  if (!process.spec.command.includes(off)) return process;
  const command = process.spec.command.map((argument) => (argument === off ? on : argument));
  const spec = { ...process.spec, command };
  return { ...process, spec, configHash: processHash(spec), revision: process.revision + 1, changed: true };
}

/** The rendering whose controllers elect a leader; everything else in it is the same. */
export function electing(rendered: RenderedNode): RenderedNode {
  const processes = rendered.processes.map(elects);
  return { ...rendered, processes, configHash: nodeHash({ kubeNode: rendered.kubeNode, processes }) };
}
