// The bring-up as it happens: a line whenever a phase of a node ends, and the reason whenever something waits.
import { setTimeout as delay } from "node:timers/promises";
import type { Api, ClusterState } from "./api.ts";

/** Lines for what changed from one state to the next. Pure. */
export function changes(before: ClusterState | undefined, now: ClusterState): string[] {
  const lines: string[] = [];
  for (const node of now.plan.nodes) {
    const old = before?.plan.nodes.find(({ node: name }) => name === node.node);
    for (const phase of node.phases) {
      const was = old?.phases.find(({ name }) => name === phase.name);
      if (phase.status === "done" && was?.status !== "done")
        lines.push(`${node.node}: ${phase.name} done (${phase.number} of ${node.total_stat})`);
      if (
        (phase.status === "waiting" || phase.status === "failed") &&
        phase.reason !== "" &&
        was?.reason !== phase.reason
      )
        lines.push(`${node.node}: ${phase.name} ${phase.status}: ${phase.reason}`);
    }
  }
  return lines;
}

/** A node is up when all of its phases are done. */
export const isUp = (state: ClusterState) =>
  state.plan.nodes.length > 0 &&
  state.plan.nodes.every(({ phases }) => phases.every(({ status }) => status === "done"));

/** Shows the bring-up until the cluster is up; rejects when the time is over, with what it waits for. */
export async function watchBringUp(
  api: Api,
  name: string,
  show: (line: string) => void,
  timeoutMs: number,
): Promise<void> {
  let before: ClusterState | undefined;
  for (const end = Date.now() + timeoutMs; ; await delay(300)) {
    const now = await api.state(name);
    if (now === undefined) throw new Error(`cluster ${name} is gone`);
    for (const line of changes(before, now)) show(line);
    before = now;
    if (isUp(now)) return;
    if (Date.now() > end) {
      const waiting = now.plan.nodes.flatMap(({ node, phases }) =>
        phases
          .filter(({ status }) => status !== "done")
          .slice(0, 1)
          .map((phase) => `${node}: ${phase.name} ${phase.status} ${phase.reason}`),
      );
      throw new Error(`cluster ${name} is not up after ${timeoutMs / 1000} s:\n${waiting.join("\n")}`);
    }
  }
}
