// Shows the progress of a bring-up: a line whenever a phase of a node ends, in the order of the phases, and the reason
// whenever something waits.

import { type Look, waitWhileProgress } from "../progress/progress-wait.ts";
import type { Api, ClusterState } from "./api.ts";

type UnitPlan = ClusterState["plan"]["nodes"][number];

/** Number of phases that are done without a gap. A later phase may be done earlier; it is shown in its turn. */
const doneInOrder = ({ phases }: UnitPlan) => {
  const open = phases.findIndex(({ status }) => status !== "done");
  return open === -1 ? phases.length : open;
};

/** The lines for the changes between two states: for each node its phases in their order. Pure. */
export function changes(before: ClusterState | undefined, now: ClusterState): string[] {
  return now.plan.nodes.flatMap((node) => {
    const old = before?.plan.nodes.find(({ node: name }) => name === node.node);
    const [had, has] = [old === undefined ? 0 : doneInOrder(old), doneInOrder(node)];
    const lines = node.phases
      .slice(had, has)
      .map((phase) => `${node.node}: ${phase.name} done (${phase.number} of ${node.total_stat})`);
    const open = node.phases[has];
    const was = old?.phases[has];
    const speaks = open !== undefined && (open.status === "waiting" || open.status === "failed") && open.reason !== "";
    // A phase that was done and failed again is shown by its reason.
    if (speaks && (had !== has || was?.reason !== open.reason || was.status !== open.status))
      lines.push(`${node.node}: ${open.name} ${open.status}: ${open.reason}`);
    return lines;
  });
}

/** True when all phases of all nodes are done. */
export const isUp = (state: ClusterState) =>
  state.plan.nodes.length > 0 &&
  state.plan.nodes.every(({ phases }) => phases.every(({ status }) => status === "done"));

/** The first open phase of each node, as text. */
export const openPhases = (state: ClusterState): string =>
  state.plan.nodes
    .flatMap((node) => {
      const open = node.phases[doneInOrder(node)];
      return open === undefined ? [] : `${node.node}: ${open.name} ${open.status} ${open.reason}`.trim();
    })
    .join("; ");

/**
 * Collects everything that was ever reached. It only grows, so that something which fails and succeeds in turn does not
 * count as progress.
 */
export class ReachedMarks {
  readonly #reached = new Set<string>();

  /** Adds what is done, runs or is healthy in a state. Returns how much was ever reached. */
  note(state: ClusterState): number {
    for (const { node, phases } of state.plan.nodes)
      for (const { name, status } of phases) if (status === "done") this.#reached.add(`${node} ${name}`);
    for (const node of state.nodes) {
      this.#reached.add(`${node.name} ${node.step} ${node.detail}`); // for example how far an image is pulled
      for (const { name, task_state, pid, healthy } of node.processes)
        this.#reached.add(`${node.name} ${name} ${task_state} ${pid > 0} ${healthy}`);
    }
    return this.#reached.size;
  }
}

export interface WatchOptions {
  /** Why waiting has become useless; "" while it is useful. */
  readonly lost?: () => string;
  /** The same, decided from the cluster's state. */
  readonly standstill?: (state: ClusterState) => string;
  /** The watch ends when nothing new was reached for this time. */
  readonly silentMs?: number;
}

/**
 * Long enough for the slowest single step (an API server's first start) on a machine that gives it a hundredth of its
 * time.
 */
const bringUpSilenceMs = 20 * 60_000;

/**
 * Shows the bring-up until the cluster is up. Rejects when the cluster is gone, when it stands still, or when nothing
 * new was reached for 20 minutes; the error says what it waits for. A scheduler that does not answer, or is being
 * replaced, is asked again.
 */
export async function watchBringUp(
  api: Api,
  name: string,
  show: (line: string) => void,
  { lost, standstill, silentMs = bringUpSilenceMs }: WatchOptions = {},
): Promise<void> {
  let before: ClusterState | undefined;
  const marks = new ReachedMarks();
  let reached = 0;
  const look = async (): Promise<Look<void>> => {
    let now: ClusterState | undefined;
    try {
      now = await api.state(name);
    } catch (error) {
      return { progress: `${reached}`, words: error instanceof Error ? error.message : String(error) };
    }
    if (now === undefined) throw new Error(`cluster ${name} is gone`);
    if (before === undefined && isUp(now)) show(`cluster ${name} is up`);
    else for (const line of changes(before, now)) show(line);
    before = now;
    reached = marks.note(now);
    const inVain = isUp(now) ? "" : (standstill?.(now) ?? "");
    if (inVain !== "") throw new Error(`cluster ${name} does not come up by itself: ${inVain}`);
    return isUp(now) ? { done: undefined } : { progress: `${reached}`, words: openPhases(now) };
  };
  await waitWhileProgress({
    what: `cluster ${name} to be up`,
    look,
    silentMs,
    pollMs: 300,
    tell: show,
    tellMs: 30_000,
    ...(lost === undefined ? {} : { lost }),
  });
}
