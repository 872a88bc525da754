// Describes import cycles as lines of text. Pure.
import type { Cycle } from "./room-cycles.ts";

/** At most this many imports are shown for each step between two rooms. */
const shownImports = 4;

/** A cycle as a path that ends where it begins. For rooms the imports of each step follow. */
export function cycleLines({ nodes, imports = [] }: Cycle): string {
  const steps = imports.flatMap((list) => [
    ...list.slice(0, shownImports).map((line) => `    ${line}`),
    ...(list.length > shownImports ? [`    … and ${list.length - shownImports} more`] : []),
  ]);
  return [[...nodes, nodes[0] ?? ""].join(" → "), ...steps].join("\n");
}
