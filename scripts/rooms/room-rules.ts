// Lists which room must not import which other one, where the order of rooms alone does not say it. Also: no product
// imports a room named testing. Pure.
import { type ImportGraph, importGraph, isTest, isTesting } from "./import-graph.ts";
import { placeOf, type SourceFile } from "./source-tree.ts";

interface RoomRule {
  readonly package: string;
  /** Path below src/, ending with a slash. It includes the sub-rooms. */
  readonly room: string;
  /** Rooms that it must not import, neither directly nor through others. */
  readonly knowsNothingOf: readonly string[];
  readonly why: string;
}

export const roomRuleTable: readonly RoomRule[] = [
  {
    package: "mesos-local",
    room: "agent/",
    knowsNothingOf: ["master/", "simulation/"],
    why: "master and agent meet over the link only",
  },
  {
    package: "mesos-local",
    room: "master/",
    knowsNothingOf: ["agent/", "simulation/"],
    why: "master and agent meet over the link only",
  },
  {
    package: "mesos",
    room: "executor/",
    knowsNothingOf: [
      "scheduler/",
      "detection/master-detection.ts",
      "detection/zookeeper-detector.ts",
      "detection/zookeeper-group.ts",
    ],
    why: "what executors do not import is not packed into them",
  },
  {
    package: "scheduler",
    room: "workload/",
    knowsNothingOf: ["kubernetes/", "vm/", "framework/", "api/", "boot/"],
    why: "a workload may be of any kind",
  },
  {
    package: "scheduler",
    room: "framework/",
    knowsNothingOf: ["kubernetes/", "vm/", "api/", "boot/", "flags/"],
    why: "the framework is given the kinds of workloads, and what else it needs, by the program",
  },
  {
    package: "scheduler",
    room: "store/",
    knowsNothingOf: ["workload/", "kubernetes/", "vm/", "framework/", "api/", "boot/", "flags/"],
    why: "a store keeps values of any kind",
  },
  { package: "scheduler", room: "vm/", knowsNothingOf: ["kubernetes/"], why: "kinds do not know each other" },
  { package: "scheduler", room: "kubernetes/", knowsNothingOf: ["vm/"], why: "kinds do not know each other" },
];

/** A line for each breach in one package's files. */
export function roomRuleBreaches(files: readonly SourceFile[], table = roomRuleTable): string[] {
  const product = files.filter(({ path }) => !isTest(path) && !isTesting(path));
  const graph = importGraph(files);
  const testing = product.flatMap((file) =>
    (graph.get(file.path) ?? [])
      .filter(isTesting)
      .map((target) => `${placeOf(file)}: imports ${target}, which is for tests only`),
  );
  const rules = product.flatMap((file) =>
    table
      .filter((rule) => rule.package === file.package && file.path.startsWith(rule.room))
      .flatMap((rule) => {
        const way = wayTo(graph, file.path, (path) => rule.knowsNothingOf.some((room) => path.startsWith(room)));
        if (way === undefined) return [];
        return [`${placeOf(file)}: reaches ${way.join(" → ")}, but ${rule.why}`];
      }),
  );
  return [...testing, ...rules, ...deadNames(files, table)];
}

/** A rule about a room or file that is not there any more would hold nothing. */
function deadNames(files: readonly SourceFile[], table: readonly RoomRule[]): string[] {
  const isThere = (owner: string, name: string) =>
    files.some(({ package: of, path }) => of === owner && path.startsWith(name));
  return table
    .filter((rule) => files.some(({ package: of }) => of === rule.package))
    .flatMap(({ package: owner, room, knowsNothingOf }) =>
      [room, ...knowsNothingOf]
        .filter((name) => !isThere(owner, name))
        .map((name) => `scripts/rooms/room-rules.ts: packages/${owner} has no ${name}`),
    );
}

/** The shortest path of imports from a file to one that is meant, without the file itself. */
function wayTo(graph: ImportGraph, start: string, isMeant: (path: string) => boolean): readonly string[] | undefined {
  const seen = new Set([start]);
  let ways: (readonly string[])[] = [[start]];
  while (ways.length > 0) {
    const next: (readonly string[])[] = [];
    for (const way of ways) {
      for (const target of graph.get(way.at(-1) ?? "") ?? []) {
        if (isMeant(target)) return [...way.slice(1), target];
        if (seen.has(target)) continue;
        seen.add(target);
        next.push([...way, target]);
      }
    }
    ways = next;
  }
  return undefined;
}
