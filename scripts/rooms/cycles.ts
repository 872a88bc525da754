// Finds the cycles of a directed graph, each as its shortest path. Pure.

/** Node → the nodes that it points to. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/**
 * A set of cycles that contains every node which lies on a cycle: for each such node the shortest cycle through it,
 * each cycle once. A cycle begins with its smallest name and does not repeat it at the end. Empty when the graph has no
 * cycle.
 */
export function cyclesOf(graph: Graph): string[][] {
  const found = new Map<string, string[]>();
  const covered = new Set<string>();
  for (const node of [...graph.keys()].sort()) {
    if (covered.has(node)) continue;
    const cycle = shortestCycle(graph, node);
    if (cycle === undefined) continue;
    for (const member of cycle) covered.add(member);
    const turned = fromSmallest(cycle);
    found.set(turned.join(" "), turned);
  }
  return [...found.values()];
}

/** The shortest path from a node back to itself, by breadth-first search. */
function shortestCycle(graph: Graph, start: string): string[] | undefined {
  const cameFrom = new Map<string, string>();
  let level = [start];
  while (level.length > 0) {
    const next: string[] = [];
    for (const node of level) {
      for (const target of graph.get(node) ?? []) {
        if (target === start) return wayTo(cameFrom, start, node);
        if (cameFrom.has(target)) continue;
        cameFrom.set(target, node);
        next.push(target);
      }
    }
    level = next;
  }
  return undefined;
}

function wayTo(cameFrom: ReadonlyMap<string, string>, start: string, end: string): string[] {
  const way = [end];
  let node = end;
  while (node !== start) {
    const before = cameFrom.get(node);
    if (before === undefined) break;
    way.unshift(before);
    node = before;
  }
  return way;
}

function fromSmallest(cycle: readonly string[]): string[] {
  const smallest = cycle.reduce((least, node, index) => (node < (cycle[least] ?? "") ? index : least), 0);
  return [...cycle.slice(smallest), ...cycle.slice(0, smallest)];
}
