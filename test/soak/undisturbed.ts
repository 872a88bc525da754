// What must not happen to what the test has not killed: no container replaced, no process started again, no failure noted.
// Pure, over what is seen.
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

/** What the test has killed so far: "node0" (container or executor, and so all tasks of the node), "master/etcd" (a process). */
export type Killed = ReadonlySet<string>;

const words = (found: z.infer<typeof failure>) => `${found?.reason ?? ""} ${found?.message ?? ""}`.trim();

/** Failures and restarts of what nobody killed, in words. */
export function disturbed(sight: Sight, killed: Killed): string[] {
  return sight.nodes
    .filter(({ name }) => !killed.has(name))
    .flatMap((node) => [
      ...(node.failure === null ? [] : [`${node.name} has failed: ${words(node.failure)}`]),
      ...(node.failures === 0 ? [] : [`${node.name} counts ${node.failures} failures`]),
      ...node.processes
        .filter(({ name }) => !killed.has(`${node.name}/${name}`))
        .flatMap(({ name, restarts, failure: found }) => [
          ...(found === null ? [] : [`${node.name}/${name} has failed: ${words(found)}`]),
          ...(restarts === 0 ? [] : [`${node.name}/${name} was started ${restarts} times again`]),
        ]),
    ]);
}

/** Nodes with more containers than the test has killed ones. `seen`: ids by node; `kills`: of containers, by node. */
export function replaced(seen: ReadonlyMap<string, ReadonlySet<string>>, kills: ReadonlyMap<string, number>): string[] {
  return [...seen].flatMap(([node, ids]) => {
    const allowed = 1 + (kills.get(node) ?? 0);
    return ids.size <= allowed ? [] : [`${node} had ${ids.size} containers, of which ${allowed - 1} were killed`];
  });
}
