// Looks at what a running node alone can tell: whether its host's lxcfs still serves it, and what its BIRD says.
import type { Clock } from "@cke/foundation";
import type { KubeNodeTask } from "@cke/protocol";
import { type BirdControl, hasBird } from "../bird/bird-control.ts";
import { watchBird } from "../bird/bird-watch.ts";
import type { NodeFacts } from "../reports/node-report.ts";
import type { WrapperClient } from "../wrapper/wrapper-client.ts";
import { watchLxcfs } from "./lxcfs-watch.ts";

export interface FactsWatchOptions {
  readonly wrapper: WrapperClient;
  readonly task: Pick<KubeNodeTask, "lxcfsPath" | "secrets">;
  readonly bird: BirdControl;
  readonly clock: Clock;
  readonly onChange: (change: Partial<NodeFacts>) => void;
}

/** Looks until `signal` is aborted; never rejects. */
export async function watchFacts(
  { wrapper, task, bird, clock, onChange }: FactsWatchOptions,
  signal: AbortSignal,
): Promise<void> {
  const { lxcfsPath: path } = task;
  await Promise.all([
    watchLxcfs({ wrapper, path, clock, onChange: (hostProblem) => onChange({ hostProblem }) }, signal),
    ...(hasBird(task) ? [watchBird({ wrapper, bird, clock, onChange: (bgp) => onChange({ bgp }) }, signal)] : []),
  ]);
}
