// Breaches in words. Pure.
import type { Cycle } from "./room-cycles.ts";

/** How many imports of one step between rooms are shown. */
const shownImports = 4;

/** A cycle as a path that ends where it begins; for rooms with the imports of each step below. */
export function cycleLines({ nodes, imports = [] }: Cycle): string {
  const steps = imports.flatMap((list) => [
    ...list.slice(0, shownImports).map((line) => `    ${line}`),
    ...(list.length > shownImports ? [`    … and ${list.length - shownImports} more`] : []),
  ]);
  return [[...nodes, nodes[0] ?? ""].join(" → "), ...steps].join("\n");
}
