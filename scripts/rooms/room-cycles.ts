// The order of rooms: a room is a folder, and rooms import each other in one direction only. This holds on every level:
// the files directly in a folder are one room, beside its sub-folders. Pure.
import { cyclesOf } from "./cycles.ts";
import { type ImportGraph, importGraph, isTest, isTesting } from "./import-graph.ts";
import type { SourceFile } from "./source-tree.ts";

export interface Cycle {
  /** What the cycle is made of: files, or rooms. */
  readonly nodes: readonly string[];
  /** For rooms: the imports that make the cycle, `importer → imported`, one list for each step. */
  readonly imports?: readonly (readonly string[])[];
}

/** The cycles between the files of one package. */
export const fileCycles = (files: readonly SourceFile[]): Cycle[] =>
  cyclesOf(importGraph(files.filter(({ path }) => !isTest(path)))).map((nodes) => ({ nodes }));

/**
 * Cycles between the rooms of one package, on every level of folders. Rooms that serve tests only look into every other room,
 * as tests do, and no room of the product imports them (room-rules.ts): they are left out.
 */
export function roomCycles(files: readonly SourceFile[]): Cycle[] {
  const graph = importGraph(files.filter(({ path }) => !isTest(path) && !isTesting(path)));
  const folders = new Set(["", ...files.flatMap(({ path }) => foldersAbove(path))]);
  return [...folders].sort().flatMap((folder) => cyclesBelow(graph, folder));
}

/** `a/b/c.ts` → `a/`, `a/b/`. */
function foldersAbove(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => `${parts.slice(0, index + 1).join("/")}/`);
}

function cyclesBelow(graph: ImportGraph, folder: string): Cycle[] {
  const room = (path: string) => {
    const [first = "", ...rest] = path.slice(folder.length).split("/");
    return rest.length === 0 ? `${folder}*.ts` : `${folder}${first}/`;
  };
  const edges = new Map<string, Map<string, string[]>>();
  for (const [importer, targets] of graph) {
    if (!importer.startsWith(folder)) continue;
    const from = room(importer);
    const outgoing = edges.get(from) ?? new Map<string, string[]>();
    edges.set(from, outgoing);
    for (const target of targets) {
      if (!target.startsWith(folder) || room(target) === from) continue;
      outgoing.set(room(target), [...(outgoing.get(room(target)) ?? []), `${importer} → ${target}`]);
    }
  }
  const cycles = cyclesOf(new Map([...edges].map(([from, outgoing]) => [from, [...outgoing.keys()]])));
  return cycles.map((nodes) => ({
    nodes,
    imports: nodes.map((node, index) => edges.get(node)?.get(nodes[(index + 1) % nodes.length] ?? "") ?? []),
  }));
}
