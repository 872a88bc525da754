// All rules of rooms together. `pnpm check` fails for a breach of any of them in any package. Pure.
import { entryBreaches } from "./entries.ts";
import { cycleLines } from "./report.ts";
import { fileCycles, roomCycles } from "./room-cycles.ts";
import { roomRuleBreaches } from "./room-rules.ts";
import { type SizeExceptions, sizeBreaches } from "./sizes.ts";
import type { PackageEntries, SourceFile } from "./source-tree.ts";

export const roomRules = ["file cycles", "room cycles", "room rules", "entries", "sizes"] as const;
type RoomRule = (typeof roomRules)[number];

/** Rooms and files that may be larger, each with the reason. */
const sizeExceptions: SizeExceptions = {};

export const packageNames = (sources: readonly SourceFile[]): string[] => [
  ...new Set(sources.map((file) => file.package)),
];

/** Every breach in one package, by rule. */
export function roomBreaches(
  name: string,
  sources: readonly SourceFile[],
  entries: readonly PackageEntries[],
): Record<RoomRule, string[]> {
  const files = sources.filter((file) => file.package === name);
  const own = entries.find((owner) => owner.package === name);
  return {
    "file cycles": fileCycles(files).map(cycleLines),
    "room cycles": roomCycles(files).map(cycleLines),
    "room rules": roomRuleBreaches(files),
    entries: own === undefined ? [] : entryBreaches(own, sources),
    sizes: sizeBreaches(files, sizeExceptions),
  };
}

/** A line for each breach in the tree. */
export const allRoomBreaches = (sources: readonly SourceFile[], entries: readonly PackageEntries[]): string[] =>
  packageNames(sources).flatMap((name) => {
    const found = roomBreaches(name, sources, entries);
    return roomRules.flatMap((rule) => found[rule].map((breach) => `${name}, ${rule}: ${breach}`));
  });
