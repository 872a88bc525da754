// Ensures that the cluster of `make up` exists and is to run: creates it, waits for the end of a delete, or starts it.

import { waitWhileProgress } from "../progress/progress-wait.ts";
import type { Api, ClusterState } from "./api.ts";
import { standing } from "./standing-cluster.ts";

export interface EnsureOptions {
  readonly name: string;
  /** The body with which it is created. */
  readonly body: unknown;
  readonly say: (line: string) => void;
  /** Why waiting has become useless; "" while it is useful. */
  readonly lost: () => string;
  /** The wait for the end of a delete ends when nothing was removed for this time. */
  readonly deleteSilenceMs: number;
}

/** Rejects when a delete of it does not end, or when the scheduler refuses. */
export async function ensureCluster(api: Api, options: EnsureOptions): Promise<void> {
  const { name, body, say } = options;
  let state = await api.state(name);
  if (state !== undefined && standing(state).kind === "deleting") {
    say(`cluster ${name} is being deleted: it is created anew when it is gone`);
    await untilGone(api, options);
    state = undefined;
  }
  if (state === undefined) {
    await api.create(body);
    say(`cluster ${name} posted`);
    return;
  }
  const found = standing(state);
  if (found.kind !== "stopped") {
    say(`cluster ${name} is there already`);
    return;
  }
  if (found.cluster) {
    say(`cluster ${name} is ${state.status}: it is started`);
    await api.start(name);
  }
  for (const node of found.nodes) {
    say(`${node} of cluster ${name} was stopped by itself: it is started`);
    await api.startNode(name, node);
  }
}

function untilGone(api: Api, { name, say, lost, deleteSilenceMs }: EnsureOptions): Promise<true> {
  return waitWhileProgress<true>({
    what: `cluster ${name} to be gone`,
    look: async () => {
      const now = await api.state(name);
      if (now === undefined) return { done: true };
      return { progress: remains(now), words: now.status_reason };
    },
    lost,
    silentMs: deleteSilenceMs,
    tell: say,
  });
}

const remains = ({ nodes }: ClusterState) =>
  nodes.map(({ name, processes }) => `${name} ${processes.filter(({ pid }) => pid > 0).length}`).join(", ");
