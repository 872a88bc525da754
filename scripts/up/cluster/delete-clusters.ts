// The end of all clusters of a scheduler.
import { waitWhileProgress } from "../progress/progress-wait.ts";
import type { Api } from "./api.ts";

export interface DeleteOptions {
  readonly say: (line: string) => void;
  /** Why waiting has become useless; "" while it is useful. */
  readonly lost: () => string;
  /** The wait ends when nothing was removed for this time. */
  readonly silentMs: number;
}

/** Deletes them and waits until they are gone. Rejects with what is left when a delete does not end; a refused request rejects too. */
export async function deleteClusters(api: Api, { say, lost, silentMs }: DeleteOptions): Promise<void> {
  const names = await api.clusters();
  for (const name of names) {
    say(`deleting cluster ${name}`);
    await api.remove(name);
  }
  await waitWhileProgress({
    what: `${names.join(", ")} to be deleted`,
    look: async () => {
      const left = await remaining(api);
      return left === "" ? { done: true } : { progress: left, words: left };
    },
    lost,
    silentMs,
    tell: say,
  });
}

/** What the clusters still have, as text; "" when nothing is left. */
async function remaining(api: Api): Promise<string> {
  const states = await Promise.all((await api.clusters()).map(async (name) => ({ name, now: await api.state(name) })));
  return states
    .flatMap(({ name, now }) => {
      if (now === undefined) return [];
      const running = now.nodes.flatMap(({ processes }) => processes.filter(({ pid }) => pid > 0));
      return `${name}: ${now.nodes.length} nodes, ${running.length} processes`;
    })
    .join("; ");
}
