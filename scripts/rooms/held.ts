// Lists for each package the rules of rooms that it keeps. `pnpm check` fails when one of them is broken. A package is
// added when `node scripts/rooms.ts <package>` prints nothing for it.
import { entryBreaches } from "./entries.ts";
import { cycleLines } from "./report.ts";
import { fileCycles, roomCycles } from "./room-cycles.ts";
import { roomRuleBreaches } from "./room-rules.ts";
import { type SizeExceptions, sizeBreaches } from "./sizes.ts";
import type { PackageEntries, SourceFile } from "./source-tree.ts";

export const roomRules = ["file cycles", "room cycles", "room rules", "entries", "sizes"] as const;
export type RoomRule = (typeof roomRules)[number];

/** The rules that each package must keep. */
export const heldRules: Readonly<Record<string, readonly RoomRule[]>> = {
  "executor-core": roomRules,
  foundation: roomRules,
  "k8s-executor": roomRules,
  mesos: roomRules,
  "mesos-local": roomRules,
  protocol: roomRules,
  scheduler: ["room rules", "entries", "sizes"],
  "scheduler-simulation": roomRules,
  "test-servers": roomRules,
  scripts: roomRules,
  test: roomRules,
  "vm-executor": roomRules,
  wrapper: roomRules,
  zookeeper: roomRules,
};

/** Rooms and files that may be larger, each with the reason. */
export const sizeExceptions: SizeExceptions = {};

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

/** A line for each breach of a rule that must be kept. */
export const heldBreaches = (sources: readonly SourceFile[], entries: readonly PackageEntries[]): string[] =>
  Object.entries(heldRules).flatMap(([name, rules]) => {
    const found = roomBreaches(name, sources, entries);
    return rules.flatMap((rule) => found[rule].map((breach) => `${name}, ${rule}: ${breach}`));
  });
