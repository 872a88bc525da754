// Checks that nothing happened to the parts that the test has not killed: no container was replaced, no process was
// started again, no failure was noted. Pure.
import { z } from "zod";

const failure = z.object({ reason: z.string(), message: z.string() }).nullable();
export const sightSchema = z.object({
  nodes: z.array(
    z.object({
      name: z.string(),
      failures: z.number(),
      failure,
      processes: z.array(z.object({ name: z.string(), restarts: z.number(), failure })),
    }),
  ),
});
export type Sight = z.infer<typeof sightSchema>;

/** What was killed: "node0" (container or executor, and so all tasks of the node), "master/etcd" (a process). */
export type Killed = ReadonlySet<string>;

const words = (found: z.infer<typeof failure>) => `${found?.reason ?? ""} ${found?.message ?? ""}`.trim();

/**
 * Failures and restarts since `before` (undefined: since the beginning) of parts that the test did not kill, as text. A
 * node whose executor or container was killed may count it, but the wrapper must not have started its processes again.
 */
export function disturbed(before: Sight | undefined, after: Sight, killed: Killed): string[] {
  return after.nodes.flatMap((node) => {
    const old = before?.nodes.find(({ name }) => name === node.name);
    const counted = node.failures - (old?.failures ?? 0);
    const ofNode = [
      ...(node.failure === null ? [] : [`${node.name} has failed: ${words(node.failure)}`]),
      ...(counted <= 0 ? [] : [`${node.name} counts ${counted} more failures`]),
    ];
    const ofProcesses = node.processes
      .filter(({ name }) => !killed.has(`${node.name}/${name}`))
      .flatMap(({ name, restarts, failure: found }) => {
        const more = restarts - (old?.processes.find((process) => process.name === name)?.restarts ?? 0);
        return [
          ...(found === null || killed.has(node.name) ? [] : [`${node.name}/${name} has failed: ${words(found)}`]),
          ...(more <= 0 ? [] : [`${node.name}/${name} was started ${more} times again`]),
        ];
      });
    return [...(killed.has(node.name) ? [] : ofNode), ...ofProcesses];
  });
}

/**
 * Nodes with more containers than the test has killed. `seen`: container ids by node; `kills`: number of killed
 * containers by node.
 */
export function replaced(seen: ReadonlyMap<string, ReadonlySet<string>>, kills: ReadonlyMap<string, number>): string[] {
  return [...seen].flatMap(([node, ids]) => {
    const allowed = 1 + (kills.get(node) ?? 0);
    return ids.size <= allowed ? [] : [`${node} had ${ids.size} containers, of which ${allowed - 1} were killed`];
  });
}
